"""Erased events that stay: unchanged, shown to nobody but to who checks the proof (GDPR 18(2)).

The list is working data. An event leaves it only together with its row, when its retention ends.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, literal, select

from consent.core.model import ConsentEvent
from consent.core.ranges import Range, ranges_of
from consent.core.retention import DisposalClass
from consent.store.database import AnySession
from consent.store.events import EVENT_COLUMNS, event_of, site_beside_its_index
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    LogIndexRow,
    RestrictionRow,
)

_Queue = DisposalQueueRow
_ERASURE = DisposalClass.ERASURE.value
HIDDEN_VERSION = 1


def restrict_erased(
    session: AnySession, site: str, *, asked_from: int, asked_until: int, now: int
) -> int:
    """Restrict what was queued for erasure on a site between two instants; return how much."""
    chosen = _asked(site, asked_from, asked_until)
    taken = select(_Queue.event_id, literal(now)).where(*chosen)
    session.execute(insert(RestrictionRow).from_select(["event_id", "restricted_at"], taken))
    moved = delete(_Queue).where(_Queue.reason == _ERASURE, _is_restricted())
    return int(getattr(session.execute(moved), "rowcount", 0))


def count_erased(session: AnySession, site: str, *, asked_from: int, asked_until: int) -> int:
    """Return how much was queued for erasure on a site between two instants."""
    chosen = _asked(site, asked_from, asked_until)
    return session.scalar(select(func.count()).select_from(_Queue).where(*chosen)) or 0


def restrict_events(session: AnySession, ids: Collection[str], now: int) -> int:
    """Restrict events that are stored and not restricted yet; return how many."""
    chosen = (
        ConsentEventRow.id.in_(ids),
        ~exists(
            select(RestrictionRow.event_id).where(RestrictionRow.event_id == ConsentEventRow.id)
        ),
    )
    count = session.scalar(select(func.count()).select_from(ConsentEventRow).where(*chosen)) or 0
    taken = select(ConsentEventRow.id, literal(now)).where(*chosen)
    session.execute(insert(RestrictionRow).from_select(["event_id", "restricted_at"], taken))
    return count


def list_all_of_subject(session: AnySession, site: str, subject: str) -> list[ConsentEvent]:
    """Return every event of a subject that is stored, hidden or not, oldest first."""
    query = select(*EVENT_COLUMNS).where(
        ConsentEventRow.subject == subject, site_beside_its_index() == site
    )
    return [event_of(*row) for row in session.execute(query.order_by(ConsentEventRow.id))]


def hidden_leaves(session: AnySession, log_id: str, *, below: int) -> dict[str, Any]:
    """Return which leaves of a log are of erased events that are still there: numbers, no more.

    After a restore of a backup it says what is to be hidden again.
    """
    queued = select(_Queue.event_id).where(_Queue.reason == _ERASURE)
    restricted = select(RestrictionRow.event_id)
    return {
        "v": HIDDEN_VERSION,
        "restricted": _leaves(session, log_id, restricted, below),
        "queued": _leaves(session, log_id, queued, below),
    }


def _leaves(session: AnySession, log_id: str, ids: Any, below: int) -> list[Range]:
    query = select(LogIndexRow.leaf_index).where(
        LogIndexRow.log_id == log_id, LogIndexRow.leaf_index < below, LogIndexRow.event_id.in_(ids)
    )
    return list(ranges_of(session.scalars(query)))


def _asked(site: str, from_: int, until: int) -> tuple[ColumnElement[bool], ...]:
    is_of_site = exists(
        select(ConsentEventRow.id).where(
            ConsentEventRow.id == _Queue.event_id, ConsentEventRow.site == site
        )
    )
    return (
        _Queue.reason == _ERASURE,
        _Queue.queued_at >= from_,
        _Queue.queued_at <= until,
        is_of_site,
    )


def _is_restricted() -> ColumnElement[bool]:
    return exists(select(RestrictionRow.event_id).where(RestrictionRow.event_id == _Queue.event_id))
