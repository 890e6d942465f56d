"""The reading side of consent events: filters, counts and streams of any length.

Ids are UUIDv7, so a period of time is also a range of ids. A filter by time names that range too:
the rows come in order from an index, without a sort, and with partitions by id only those of the
period are read. Which instants belong to the period, `at` alone decides.

Events that were erased, and those that wait for their removal, are read by nobody but who checks
the proof: every query here begins with `kept`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from consent.core.ids import uuid7
from consent.core.model import ConsentEvent, Control, EventName, Layer
from consent.store.database import AnySession
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    LogIndexRow,
    PublicationRow,
    RestrictionRow,
)

ROWS_AT_ONCE = 1_000
ID_SLACK_MS = 60_000  # an id may be drawn a moment before or after the instant it is stored with

EVENT_COLUMNS = (
    ConsentEventRow.id,
    ConsentEventRow.at,
    ConsentEventRow.site,
    ConsentEventRow.event,
    ConsentEventRow.choices,
    ConsentEventRow.control,
    ConsentEventRow.layer,
    ConsentEventRow.language,
    ConsentEventRow.notice,
    ConsentEventRow.scope,
    ConsentEventRow.build,
    ConsentEventRow.valid_until,
    ConsentEventRow.page_group,
    ConsentEventRow.prev,
    ConsentEventRow.subject,
    ConsentEventRow.gpc,
)
_COLUMNS = (*EVENT_COLUMNS, ConsentEventRow.payload, ConsentEventRow.salt, ConsentEventRow.entry)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are meant; None means any.

    The period is [from_, to): its end is not part of it. An event has a `category` when that
    category was granted in it. It has a `provider` when a category was granted whose data that
    provider received, by the notice shown; `granted_under` says which categories of which notices
    those are, and has to be given with it.
    """

    sites: tuple[str, ...] | None = None
    from_: int | None = None
    to: int | None = None
    event: EventName | None = None
    category: str | None = None
    language: str | None = None
    notice: str | None = None
    provider: str | None = None
    granted_under: Mapping[str, tuple[str, ...]] | None = None

    @property
    def has_only_sites_and_period(self) -> bool:
        narrower = (self.event, self.category, self.language, self.notice, self.provider)
        return all(part is None for part in narrower)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with what proves it: the record verbatim, its salt and its entry in the log."""

    event: ConsentEvent
    payload: str
    salt: bytes
    entry: bytes


def first_id_of(millis: int) -> str:
    """Return the lowest id an event of this instant can have."""
    return uuid7(max(millis, 0), bytes(10))


def stream_events(session: AnySession, wanted: EventFilter) -> Generator[StoredEvent, None, None]:
    """Give the events in order of their ids, in constant memory (a cursor on the server).

    The session's transaction stays open until the last row or until the iterator is closed.
    """
    query = kept(*_COLUMNS).where(*conditions_of(wanted)).order_by(ConsentEventRow.id)
    result = session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    try:
        for row in result:
            yield _stored_event(row)
    finally:
        result.close()


def site_is_known(session: AnySession, site: str) -> bool:
    """Say whether a site was ever published or has any event."""
    published = select(PublicationRow.id).where(PublicationRow.site == site)
    recorded = kept(ConsentEventRow.id).where(ConsentEventRow.site == site)
    return any(session.execute(query.limit(1)).first() for query in (published, recorded))


def stream_openings(
    session: AnySession, log_id: str, wanted: EventFilter
) -> Generator[tuple[int, StoredEvent], None, None]:
    """Give the events that are sealed in a log with their leaves, in the order of the leaves."""
    query = (
        kept(LogIndexRow.leaf_index, *_COLUMNS)
        .join(LogIndexRow, LogIndexRow.event_id == ConsentEventRow.id)
        .where(LogIndexRow.log_id == log_id, *conditions_of(wanted))
        .order_by(LogIndexRow.leaf_index)
    )
    result = session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    try:
        for leaf, *row in result:
            yield leaf, _stored_event(row)
    finally:
        result.close()


def count_sealed(session: AnySession, log_id: str, size: int, wanted: EventFilter) -> int:
    """Return how many events a filter matches among the first `size` leaves of a log."""
    query = (
        kept(func.count())
        .select_from(ConsentEventRow)
        .join(LogIndexRow, LogIndexRow.event_id == ConsentEventRow.id)
        .where(LogIndexRow.log_id == log_id, LogIndexRow.leaf_index < size, *conditions_of(wanted))
    )
    return session.scalar(query) or 0


def count_events(session: AnySession, wanted: EventFilter) -> int:
    """Return how many events a filter matches."""
    query = kept(func.count()).select_from(ConsentEventRow).where(*conditions_of(wanted))
    return session.scalar(query) or 0


def find_event(session: AnySession, event_id: str) -> StoredEvent | None:
    """Return the event of this id, if there is one."""
    return _first(session, ConsentEventRow.id == event_id)


def find_event_to_prove(session: AnySession, event_id: str) -> StoredEvent | None:
    """Return the event of this id for who checks the proof: also one that was erased and stays."""
    queued = select(DisposalQueueRow.event_id).where(
        DisposalQueueRow.event_id == ConsentEventRow.id
    )
    query = select(*_COLUMNS).where(ConsentEventRow.id == event_id, ~exists(queued))
    row = session.execute(query).first()
    return None if row is None else _stored_event(row)


def list_events(session: AnySession, event_ids: Collection[str]) -> list[StoredEvent]:
    """Return the events of these ids, a page of them, oldest first."""
    if not event_ids:
        return []
    query = kept(*_COLUMNS).where(ConsentEventRow.id.in_(list(event_ids)))
    return [_stored_event(row) for row in session.execute(query.order_by(ConsentEventRow.id))]


def latest_of_subject(session: AnySession, subject: str) -> StoredEvent | None:
    """Return the newest event of a subject, if there is one."""
    return _first(session, ConsentEventRow.subject == subject)


def list_of_subject(session: AnySession, subject: str) -> list[StoredEvent]:
    """Return every event of a subject, oldest first."""
    query = kept(*_COLUMNS).where(ConsentEventRow.subject == subject)
    return [_stored_event(row) for row in session.execute(query.order_by(ConsentEventRow.id))]


def kept(*columns: Any) -> Select[Any]:
    """Select from the events that nobody has queued for removal or erased."""
    hidden = (
        select(table.event_id).where(table.event_id == ConsentEventRow.id)
        for table in (DisposalQueueRow, RestrictionRow)
    )
    return select(*columns).where(*(~exists(rows) for rows in hidden))


def site_beside_its_index() -> ColumnElement[str]:
    """The site, out of sight of its index: whose records they are, the index of subjects finds.

    SQLite cannot know that a site has many records and a subject few.
    """
    return ConsentEventRow.site.concat("")


def _first(session: AnySession, condition: ColumnElement[bool]) -> StoredEvent | None:
    query = kept(*_COLUMNS).where(condition).order_by(ConsentEventRow.id.desc()).limit(1)
    row = session.execute(query).first()
    return None if row is None else _stored_event(row)


def conditions_of(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.sites is not None:
        yield _is_one_of_the(wanted.sites)
    if wanted.from_ is not None:
        yield ConsentEventRow.at >= wanted.from_
        yield ConsentEventRow.id >= first_id_of(wanted.from_ - ID_SLACK_MS)
    if wanted.to is not None:
        yield ConsentEventRow.at < wanted.to
        yield ConsentEventRow.id < first_id_of(wanted.to + ID_SLACK_MS)
    if wanted.event is not None:
        yield ConsentEventRow.event == wanted.event.value
    if wanted.category is not None:
        yield _was_granted(wanted.category)
    if wanted.language is not None:
        yield ConsentEventRow.language == wanted.language
    if wanted.notice is not None:
        yield ConsentEventRow.notice == wanted.notice
    if wanted.provider is not None:
        yield or_(
            false(),
            *(
                and_(ConsentEventRow.notice == notice, or_(*map(_was_granted, categories)))
                for notice, categories in (wanted.granted_under or {}).items()
            ),
        )


def _was_granted(category: str) -> ColumnElement[bool]:
    """Choices are stored as JSON without blanks, with true and false only."""
    return ConsentEventRow.choices.contains(f'"{category}":true', autoescape=True)


def _is_one_of_the(sites: tuple[str, ...]) -> ColumnElement[bool]:
    """The index of site and id gives the order of one site's events, but not of several sites'.

    Those are taken in the order of the primary key, by hiding the column from the other index:
    sorting would write every row to disk before the first one comes.
    """
    if len(sites) == 1:
        return ConsentEventRow.site == sites[0]
    return site_beside_its_index().in_(sites)


def _stored_event(row: Sequence[Any]) -> StoredEvent:
    *values, payload, salt, entry = row
    event = event_of(*values)
    if event.gpc:
        signals = _signals_in(payload)
        event = replace(event, gpc="gpc" in signals, dnt="dnt" in signals, test="test" in signals)
    return StoredEvent(event, payload, salt, entry)


def _signals_in(payload: str) -> Collection[str]:
    """Return which signals of the browser mattered: the column says only that one did.

    A record that cannot be read was tampered with, which verification tells; it is still shown.
    """
    try:
        signals = json.loads(payload)["signals"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ("gpc",)
    return signals if isinstance(signals, dict) else ("gpc",)


def event_of(
    id_: str, at: int, site: str, event: str, choices: str, control: str, layer: str, *others: Any
) -> ConsentEvent:
    """Return the event in a row of EVENT_COLUMNS."""
    return ConsentEvent(
        id_,
        at,
        site,
        EventName(event),
        _parse_choices(choices),
        Control(control),
        Layer(layer),
        *others,
    )


@lru_cache(maxsize=1024)
def _parse_choices(choices: str) -> Mapping[str, bool]:
    """Few sets of choices exist, and a stream meets each of them many times."""
    parsed: dict[str, bool] = json.loads(choices)
    return MappingProxyType(parsed)
