"""What officers did and what is sealed of it, row by row as it is stored, for a check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select

from consent.store.database import AnySession
from consent.store.paging import by_pages
from consent.store.sealed_actions import StoredAction, stored_action
from consent.store.tables import (
    ConsentEventRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    OfficerActionRow,
    SealedActionRow,
)

_Action, _Sealed, _Index = OfficerActionRow, SealedActionRow, LogIndexRow
_Event, _Record = ConsentEventRow, LogRecordRow


@dataclass(frozen=True, slots=True)
class SealedAction:
    """What is sealed of an action. `acted` is its row, None where that is gone."""

    id: str
    at: int
    payload: bytes
    salt: bytes
    entry: bytes
    acted: StoredAction | None


def find_sealed(session: AnySession, ids: Sequence[str]) -> dict[str, SealedAction]:
    """Return by id what is sealed of these actions."""
    query = select(_Sealed, _Action).outerjoin(_Action, _Action.id == _Sealed.id)
    rows = session.execute(query.where(_Sealed.id.in_(ids)))
    return {sealed.id: _sealed(sealed, acted) for sealed, acted in rows}


def earliest_sealed(session: AnySession) -> int | None:
    """Return since when acts are sealed, in milliseconds; None while none is."""
    return session.scalar(select(func.min(_Sealed.at)))


def stream_sealed(
    session: AnySession, log_id: str, below: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """Give leaf, record and salt of the actions in a log below a size."""
    query = (
        select(_Index.leaf_index, _Sealed.payload, _Sealed.salt)
        .join(_Sealed, _Sealed.id == _Index.event_id)
        .where(_Index.log_id == log_id, _Index.leaf_index < below)
    )
    for row in by_pages(session, query, (_Index.leaf_index,)):
        yield row.leaf_index, row.payload.encode(), row.salt


def stream_waiting(session: AnySession, log_id: str) -> Iterator[SealedAction]:
    """Give the actions that wait for a log."""
    query = (
        select(_Sealed.id)
        .join(LogPendingRow, LogPendingRow.event_id == _Sealed.id)
        .where(LogPendingRow.log_id == log_id)
    )
    for row in by_pages(session, query, (_Sealed.id,)):
        yield from find_sealed(session, [row.id]).values()


def stream_unlogged_actions(session: AnySession) -> Iterator[str]:
    """Give the ids of actions without a record, or whose record no log has or waits for."""
    has_leaf = exists(select(_Index.event_id).where(_Index.event_id == _Action.id))
    waits = exists(select(LogPendingRow.event_id).where(LogPendingRow.event_id == _Action.id))
    is_sealed = exists(select(_Sealed.id).where(_Sealed.id == _Action.id))
    query = select(_Action.id).where(or_(~is_sealed, ~or_(has_leaf, waits)))
    for row in by_pages(session, query, (_Action.id,)):
        yield row.id


def stream_unknown_records(session: AnySession) -> Iterator[str]:
    """Give the ids of records that are in no log, and of no action."""
    is_known = exists(select(_Action.id).where(_Action.id == _Sealed.id))
    has_leaf = exists(select(_Index.event_id).where(_Index.event_id == _Sealed.id))
    query = select(_Sealed.id).where(~is_known, ~has_leaf)
    for row in by_pages(session, query, (_Sealed.id,)):
        yield row.id


def stream_shared_ids(session: AnySession) -> Iterator[str]:
    """Give the ids that stand in two of the tables of records, looked up from the smaller one."""
    for smaller, larger in ((_Record, _Sealed), (_Record, _Event), (_Sealed, _Event)):
        query = select(smaller.id).where(exists(select(larger.id).where(larger.id == smaller.id)))
        for row in by_pages(session, query, (smaller.id,)):
            yield row.id


def _sealed(row: SealedActionRow, acted: OfficerActionRow | None) -> SealedAction:
    return SealedAction(
        row.id,
        row.at,
        row.payload.encode(errors="replace"),
        row.salt,
        row.entry,
        None if acted is None else stored_action(acted),
    )
