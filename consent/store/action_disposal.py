"""The end of what officers did: which acts are due, and their removal with all that is sealed.

An act goes whole: its row, its record and salt, and its place in the log. The queue names it only
within the transaction that removes it; without that the database refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, delete, func, insert, select, text

from consent.core.ranges import Range
from consent.core.roles import ALL_SITES
from consent.store.database import AnySession
from consent.store.events import first_id_of
from consent.store.tables import (
    ActionQueueRow,
    LogIndexRow,
    OfficerActionRow,
    SealedActionRow,
)

_Sealed, _Index = SealedActionRow, LogIndexRow
_IDS_AT_ONCE = 500  # SQLite takes a limited number of parameters in a statement


def count_due(session: AnySession, *, cutoff: int) -> dict[str, int]:
    """Return how many acts are due by site; ALL_SITES has those of several and of none."""
    site = func.coalesce(OfficerActionRow.site, ALL_SITES)
    query = (
        select(site.label("site"), func.count().label("due"))
        .join(_Sealed, _Sealed.id == OfficerActionRow.id)
        .join(_Index, _Index.event_id == _Sealed.id)
        .where(*_is_due(cutoff))
        .group_by(site)
    )
    return {row.site: row.due for row in session.execute(query)}


def count_due_in(session: AnySession, logs: Collection[str], *, cutoff: int) -> int:
    """Return how many acts are due whose leaves are in these logs."""
    query = (
        select(func.count())
        .select_from(_Sealed)
        .join(_Index, _Index.event_id == _Sealed.id)
        .where(*_is_due(cutoff), _Index.log_id.in_(sorted(logs)))
    )
    return session.scalar(query) or 0


def take_due(session: AnySession, log_id: str, *, cutoff: int, limit: int) -> list[tuple[str, int]]:
    """Return acts that were sealed into a log up to an instant, each with its leaf, by leaf.

    No other process is removing them now.
    """
    query = (
        select(_Sealed.id, _Index.leaf_index)
        .join(_Index, _Index.event_id == _Sealed.id)
        .where(*_is_due(cutoff), _Index.log_id == log_id)
        .order_by(_Index.leaf_index)
        .limit(limit)
        .with_for_update(of=_Sealed, skip_locked=True)
    )
    return [(row.id, row.leaf_index) for row in session.execute(query)]


def actions_at(session: AnySession, log_id: str, ranges: Iterable[Range]) -> list[str]:
    """Return the acts that are stored for leaves of a log."""
    found: list[str] = []
    for first, last in ranges:
        query = (
            select(_Sealed.id)
            .join(_Index, _Index.event_id == _Sealed.id)
            .where(_Index.log_id == log_id, _Index.leaf_index.between(first, last))
        )
        found.extend(session.scalars(query.order_by(_Index.leaf_index)))
    return found


def remove_actions(session: AnySession, ids: Collection[str]) -> int:
    """Remove acts with their records and salts; return how many. Nothing else removes one."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))
    removed, every = 0, list(ids)
    for start in range(0, len(every), _IDS_AT_ONCE):
        some = every[start : start + _IDS_AT_ONCE]
        session.execute(insert(ActionQueueRow), [{"action_id": one} for one in some])
        gone = session.execute(delete(_Sealed).where(_Sealed.id.in_(some)))
        session.execute(delete(OfficerActionRow).where(OfficerActionRow.id.in_(some)))
        session.execute(delete(_Index).where(_Index.event_id.in_(some)))
        session.execute(delete(ActionQueueRow).where(ActionQueueRow.action_id.in_(some)))
        removed += int(getattr(gone, "rowcount", 0))
    return removed


def _is_due(cutoff: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Records are made with their act or later: ids bound the search, `at` decides."""
    return _Sealed.id < first_id_of(cutoff + 1), _Sealed.at <= cutoff
