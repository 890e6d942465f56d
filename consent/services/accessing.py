"""All that is held of a person, for whoever shows a cookie or a receipt: GDPR, Articles 15 and 20.

Nothing else is asked for. Whoever shows neither learns nothing, not even whether there is anything.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.core.ids import parse_reference_code, uuid7
from consent.core.keeping import each_kept_until
from consent.core.notice import Notice
from consent.core.roles import BY_SUBJECT
from consent.errors import NotFoundError, RuleError
from consent.services.keys import Keys
from consent.services.looks import Look, link_look, told_looks
from consent.services.noticing import find_published_policy
from consent.services.presenting import Presented
from consent.services.proving import prove
from consent.services.sites import LiveSite, get_notice
from consent.services.standing import find_by_receipt, find_history
from consent.store.database import AnySession, write_transaction
from consent.store.events import StoredEvent, list_of_subject
from consent.store.officers import record_action
from consent.store.publications import Document
from consent.store.record_lists import list_ids_of_code

ACCESS = "subject:access"


@dataclass(frozen=True, slots=True)
class Held:
    """Everything about one person: events, newest first, with what belongs to each.

    `proofs` and `ends` (the instants, in milliseconds, until which events are kept) are by id,
    `notices` by hash; `policy` is what the site says of its records now; `looks` are those that
    officers had at them, newest first.
    """

    events: tuple[StoredEvent, ...]
    proofs: Mapping[str, str]
    ends: Mapping[str, int]
    notices: Mapping[str, Notice]
    policy: Document
    looks: tuple[Look, ...] = ()


def access_by_cookie(
    session: AnySession, site: LiveSite, presented: Presented, *, keys: Keys, now: int
) -> Held:
    """Return everything about the holder of an id cookie, and note that it was asked for.

    Raises NotFoundError, without a hint, to anyone else.
    """
    return _hand_out(session, site, find_history(session, site, presented, keys=keys), now)


def access_by_receipt(
    session: AnySession, site: LiveSite, receipt: str, *, keys: Keys, now: int
) -> Held:
    """Return everything that a receipt gives access to, and note that it was asked for.

    Raises NotFoundError, without a hint, unless the receipt is genuine and its event is there.
    """
    return _hand_out(session, site, find_by_receipt(session, site, receipt, keys=keys), now)


def access_by_code(session: AnySession, site: LiveSite, code: str, *, look: str) -> Held:
    """Return everything about whom a reference code stands for, for an officer who hands it out.

    `look` names the action that the access log gets for it. Raises what `events_of_code` does.
    """
    events = events_of_code(session, site.id, code)
    held = _held(session, site, events[::-1])
    link_look(session, look, events[-1].event.id)
    return held


def events_of_code(session: AnySession, site: str, code: str) -> list[StoredEvent]:
    """Return what a site has of whom a reference code stands for, oldest first.

    Raises NotFoundError for no code and for one that nobody has, RuleError where two browsers
    share it.
    """
    try:
        digits = parse_reference_code(code)
    except ValueError as error:
        raise NotFoundError("this is no reference code") from error
    found = list_ids_of_code(session, [site], digits)
    if len(found) > 1:
        raise RuleError("two browsers share this code; ask for the receipt or the id of a record")
    events = events_of_subject(session, site, found[0][1]) if found else []
    if not events:  # there were none, or they were erased in this moment
        raise NotFoundError("this site has no records under this code")
    return events


def events_of_subject(session: AnySession, site: str, subject: str) -> list[StoredEvent]:
    """Return what a site has of a subject, oldest first."""
    return [one for one in list_of_subject(session, subject) if one.event.site == site]


def find_ends(session: AnySession, events: Sequence[StoredEvent]) -> dict[str, int]:
    """Return the instants until which the events of one subject are kept, by id."""
    return _ends(events, _notices_of(session, events))


def _ends(events: Sequence[StoredEvent], notices: Mapping[str, Notice]) -> dict[str, int]:
    months = {name: notice.proof_months for name, notice in notices.items()}
    return each_kept_until([stored.event for stored in events], months)


def _notices_of(session: AnySession, events: Sequence[StoredEvent]) -> dict[str, Notice]:
    names = dict.fromkeys(stored.event.notice for stored in events)
    return {name: get_notice(session, name) for name in names}


def _hand_out(session: AnySession, site: LiveSite, events: Sequence[StoredEvent], now: int) -> Held:
    held = _held(session, site, events)
    _note_access(session, site, now)
    return held


def _held(session: AnySession, site: LiveSite, events: Sequence[StoredEvent]) -> Held:
    notices = _notices_of(session, events)
    proofs = {stored.event.id: prove(session, stored) for stored in events}
    held = Held(
        events=tuple(events),
        proofs={event_id: proof for event_id, proof in proofs.items() if proof is not None},
        ends=_ends(events, notices),
        notices=notices,
        policy=find_published_policy(session, site).document,
        looks=told_looks(session, [stored.event.id for stored in events]),
    )
    session.rollback()
    return held


def _note_access(session: AnySession, site: LiveSite, now: int) -> None:
    """Write down that a request was answered, and when: nothing of whose it was."""
    with write_transaction(session):
        record_action(
            session,
            officer=BY_SUBJECT,
            action=ACCESS,
            subject_id=uuid7(now, os.urandom(10)),
            detail={"site": site.id, "result": "answered"},
            now=now,
        )
