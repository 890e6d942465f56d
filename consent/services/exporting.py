"""Export events as a stream: recorded as an officer's action before the first byte and at the end.

A period is [from, to), UTC. By default the pseudonyms of an export are keyed anew, with a key
that lives only as long as the export, so that two exports cannot be joined by person.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy.orm import Session

from consent.core.ids import uuid7
from consent.core.model import ConsentEvent, EventName
from consent.core.notice import recipient_ids
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339, rfc3339
from consent.errors import NotFoundError, NotPermittedError, RuleError, StoreUnavailableError
from consent.export import FORMATS, FORMS
from consent.export.columns import Links, OriginalLinks, RekeyedLinks, row_of
from consent.export.digested import Digested
from consent.export.purposes import Purpose
from consent.store.database import AnySession, write_transaction
from consent.store.events import (
    EventFilter,
    count_events,
    first_id_of,
    site_is_known,
    stream_events,
)
from consent.store.officers import Officer, OfficerAction, list_actions, record_action
from consent.store.publications import find_notice, list_publications

CREATE, FINISH, ABORT = "export:create", "export:finish", "export:abort"
KEY_BYTES = 32
ABANDONED_AFTER_MS = MILLIS_PER_DAY  # whoever made it was killed before it could say so

_CATEGORY = re.compile(r"[a-z][a-z0-9]{0,23}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_NOTICE = re.compile(r"[0-9a-f]{64}")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{0,31}")

_log = logging.getLogger(__name__)


class ExportState(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an officer asks for. With a `reason`, pseudonyms and links stay as they are stored.

    The console asks what it is for; who exports in another way need not say.
    """

    wanted: EventFilter
    format_name: str
    reason: str | None = None
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """An export that has been recorded; `asked` names its sites."""

    id: str
    officer: str
    asked: Asked
    created_at: int


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What is known of an export; `rows`, `size` and `sha256` are those of the whole one."""

    id: str
    state: ExportState
    officer: str
    format_name: str
    wanted: EventFilter
    reason: str | None
    rows: int | None
    size: int | None
    sha256: str | None
    created_at: int
    ended_at: int | None


def start_export(session: AnySession, asked: Asked, *, officer: Officer, now: int) -> Export:
    """Record that an officer exports, and return the export; nothing has been read yet.

    Raises NotPermittedError for a site that is not the officer's, and RuleError for a filter
    that cannot match anything.
    """
    export = prepare_export(session, asked, officer=officer, now=now)
    with write_transaction(session):
        record_start(session, export)
    return export


def prepare_export(session: AnySession, asked: Asked, *, officer: Officer, now: int) -> Export:
    """Return the export that `start_export` would record, or raise what it would."""
    _check_reach(officer, asked.wanted)
    _check_filter(session, asked)
    wanted = asked.wanted
    if wanted.sites is None and not officer.sees_all_sites:
        wanted = replace(wanted, sites=officer.sites)
    _check_category(session, wanted)
    asked = replace(asked, wanted=_with_provider(session, wanted))
    return Export(uuid7(now, os.urandom(10)), officer.name, asked, now)


def record_start(session: AnySession, export: Export, **more: Any) -> None:
    """Write down, within a transaction, who exports what; `more` says what for."""
    asked = export.asked
    detail = {
        "filter": filter_record(asked.wanted),
        "format": asked.format_name,
        "reason": asked.reason,
        **more,
    }
    record_step(session, export, CREATE, detail, export.created_at)


def record_step(
    session: AnySession, export: Export, action: str, detail: dict[str, Any], now: int
) -> None:
    """Write down, within a transaction, what becomes of an export."""
    record_action(
        session,
        officer=export.officer,
        action=action,
        subject_id=export.id,
        detail=detail,
        now=now,
    )


def count_rows(session: AnySession, export: Export) -> int:
    """Return how many rows an export has, to show how far it is."""
    return count_events(session, export.asked.wanted)


class Body(Protocol):
    """What an export gives; rows, size and digest speak of what was given so far."""

    @property
    def rows(self) -> int: ...

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class ExportStream:
    """The bytes of an export; closing it early records that it was broken off.

    The session is the stream's own until it is closed: it reads in one transaction. The last
    chunk is held back until the end is recorded, so that who has every byte finds the digest.
    """

    def __init__(
        self,
        session: Session,
        export: Export,
        clock: Callable[[], int],
        body: Body | None = None,
    ) -> None:
        self._session = session
        self._export = export
        self._clock = clock
        self._ended = False
        self._body = Rows(session, export.asked) if body is None else body
        self._chunks = self._run()

    @property
    def rows(self) -> int:
        return self._body.rows

    @property
    def sha256(self) -> str:
        return self._body.sha256

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        self._chunks.close()
        self._body.close()
        try:
            if not self._ended:
                self._end(ABORT)
        except StoreUnavailableError:
            _log.warning("export %s: that it was broken off is not recorded", self._export.id)
        finally:
            self._session.close()

    def _run(self) -> Generator[bytes, None, None]:
        held = b""
        for chunk in self._body:
            if held:
                yield held
            held = chunk
        self._end(FINISH)
        yield held

    def _end(self, action: str) -> None:
        self._ended = True
        detail: dict[str, Any] = {"rows": self.rows}
        if action == FINISH:
            detail |= {"size": self._body.size, "sha256": self.sha256}
        with write_transaction(self._session):
            record_step(self._session, self._export, action, detail, self._clock())


class Rows(Digested):
    """The rows of an export, as its format writes them."""

    def __init__(self, session: AnySession, asked: Asked) -> None:
        self._events = events_of(session, asked.wanted)
        links = links_of(asked)
        rows = (row_of(event, links) for event in self._events)
        super().__init__(FORMATS[asked.format_name].write, rows)

    def close(self) -> None:
        self._events.close()


def events_of(session: AnySession, wanted: EventFilter) -> Generator[ConsentEvent, None, None]:
    """Give the events of an export, oldest first.

    Those for one provider say what was answered to its own categories, and nothing of the others.
    """
    with closing(stream_events(session, wanted)) as stream:
        for stored in stream:
            event = stored.event
            if wanted.granted_under is not None:
                own = wanted.granted_under[event.notice]
                choices = {key: answer for key, answer in event.choices.items() if key in own}
                event = replace(event, choices=choices)
            yield event


def links_of(asked: Asked) -> Links:
    """Return how pseudonyms and links between events are shown."""
    if asked.reason is not None:
        return OriginalLinks()
    first_id = None
    if asked.wanted.has_only_sites_and_period:
        first_id = first_id_of(asked.wanted.from_ or 0)
    return RekeyedLinks(os.urandom(KEY_BYTES), first_id)


def find_export(session: AnySession, export_id: str, *, officer: Officer, now: int) -> ExportReport:
    """Return what is known of an export; NotFoundError where it covers others' sites as well.

    One that has not ended after a day never will: it is reported as broken off.
    """
    actions = {action.action: action for action in list_actions(session, export_id)}
    created = actions.get(CREATE)
    if created is None:
        raise NotFoundError(f"there is no export {export_id}")
    wanted = read_filter_record(created.detail["filter"])
    if not officer.may_see(wanted.sites):
        raise NotFoundError(f"there is no export {export_id}")
    state, ended = _end_of(actions, now)
    detail = ended.detail if ended is not None else {}
    return ExportReport(
        id=export_id,
        state=state,
        officer=created.officer,
        format_name=created.detail["format"],
        wanted=wanted,
        reason=created.detail["reason"],
        rows=detail.get("rows"),
        size=detail.get("size"),
        sha256=detail.get("sha256"),
        created_at=created.at,
        ended_at=ended.at if ended is not None else None,
    )


def filter_record(wanted: EventFilter) -> dict[str, Any]:
    """Return a filter in the words of the API, without what it leaves open."""
    record = {
        "site": None if wanted.sites is None else list(wanted.sites),
        "from": None if wanted.from_ is None else rfc3339(wanted.from_),
        "to": None if wanted.to is None else rfc3339(wanted.to),
        "event": None if wanted.event is None else wanted.event.value,
        "category": wanted.category,
        "language": wanted.language,
        "notice": wanted.notice,
        "provider": wanted.provider,
    }
    return {key: value for key, value in record.items() if value is not None}


def read_filter_record(record: dict[str, Any]) -> EventFilter:
    """Return the filter that `filter_record` described."""
    return EventFilter(
        sites=tuple(record["site"]) if "site" in record else None,
        from_=parse_rfc3339(record["from"]) if "from" in record else None,
        to=parse_rfc3339(record["to"]) if "to" in record else None,
        event=EventName(record["event"]) if "event" in record else None,
        category=record.get("category"),
        language=record.get("language"),
        notice=record.get("notice"),
        provider=record.get("provider"),
    )


def _check_reach(officer: Officer, wanted: EventFilter) -> None:
    if wanted.sites is not None and not officer.may_see(wanted.sites):
        raise NotPermittedError("this officer may not see every site that is asked for")


def _check_filter(session: AnySession, asked: Asked) -> None:
    wanted = asked.wanted
    if asked.format_name not in FORMS:
        raise RuleError(f"format {asked.format_name!r} is none of {', '.join(FORMS)}")
    if asked.reason is not None and not asked.reason.strip():
        raise RuleError("a reason has to be named, not left empty")
    if wanted.from_ is not None and wanted.to is not None and wanted.from_ >= wanted.to:
        raise RuleError("the period is empty: `from` is its first instant, `to` the first after it")
    for site in wanted.sites or ():
        if not site_is_known(session, site):
            raise RuleError(f"there is no site {site!r}")
    for name, value, form, spelling in (
        ("category", wanted.category, _CATEGORY, "small letters and digits"),
        ("language", wanted.language, _LANGUAGE, "a language tag in small letters, such as nl"),
        ("notice", wanted.notice, _NOTICE, "64 hexadecimal digits"),
        ("provider", wanted.provider, _PROVIDER, "small letters, digits and hyphens"),
    ):
        if value is not None and not form.fullmatch(value):
            raise RuleError(f"{name} {value!r} is not written as {spelling}")


def _check_category(session: AnySession, wanted: EventFilter) -> None:
    """Refuse a category that no notice of the sites ever named; no notice at all names none."""
    if wanted.category is None:
        return
    shown = {
        one.notice_hash
        for one in list_publications(session)
        if wanted.sites is None or one.site in wanted.sites
    }
    documents = [document for one in shown if (document := find_notice(session, one))]
    named = {category["id"] for document in documents for category in document["categories"]}
    if documents and wanted.category not in named:
        raise RuleError(f"no notice of these sites names a category {wanted.category!r}")


def _with_provider(session: AnySession, wanted: EventFilter) -> EventFilter:
    """Look up under which notices a provider received data, and for which categories."""
    if wanted.provider is None:
        return wanted
    granted_under = {}
    for notice_hash in {one.notice_hash for one in list_publications(session)}:
        document = find_notice(session, notice_hash) or {"categories": ()}
        categories = tuple(
            category["id"]
            for category in document["categories"]
            if wanted.provider in recipient_ids(document, category["id"])
        )
        if categories and (wanted.sites is None or document["site"] in wanted.sites):
            granted_under[notice_hash] = categories
    if not granted_under:
        raise RuleError(f"no notice of these sites names a provider {wanted.provider!r}")
    return replace(wanted, granted_under=granted_under)


def _end_of(
    actions: dict[str, OfficerAction], now: int
) -> tuple[ExportState, OfficerAction | None]:
    if FINISH in actions:
        return ExportState.FINISHED, actions[FINISH]
    if ABORT in actions:
        return ExportState.ABORTED, actions[ABORT]
    is_abandoned = now - actions[CREATE].at > ABANDONED_AFTER_MS
    return (ExportState.ABORTED if is_abandoned else ExportState.RUNNING), None
