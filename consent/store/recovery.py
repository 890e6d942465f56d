"""What a log needs to be put right after a restore: rows without a leaf, and leaves given back.

Everything is a part of the caller's writing transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, exists, func, insert, select, update

from consent.core.ranges import Range
from consent.store.database import AnySession
from consent.store.log_keys import LogKey, insert_key
from consent.store.log_records import LogRecord
from consent.store.tables import (
    ConsentEventRow,
    LogIndexRow,
    LogKeyRow,
    LogPendingRow,
    LogRecordRow,
    SealedActionRow,
)

_IDS_AT_ONCE = 500


def entries_without_leaf(session: AnySession, log_id: str) -> dict[bytes, str]:
    """Return the ids of records that no leaf is known of, by what is committed to of them."""
    waiting = select(LogPendingRow.entry, LogPendingRow.event_id).where(
        LogPendingRow.log_id == log_id
    )
    own = select(LogRecordRow.entry, LogRecordRow.id).where(
        LogRecordRow.log_id == log_id, *_is_in_no_log(LogRecordRow)
    )
    events = select(ConsentEventRow.entry, ConsentEventRow.id).where(
        *_is_in_no_log(ConsentEventRow)
    )
    actions = select(SealedActionRow.entry, SealedActionRow.id).where(
        *_is_in_no_log(SealedActionRow)
    )
    return {
        bytes(entry): record_id
        for query in (events, actions, own, waiting)
        for entry, record_id in session.execute(query)
    }


def give_leaves(session: AnySession, log_id: str, leaves: Mapping[str, int]) -> None:
    """Remember which leaf each of these records is; none of them waits any more."""
    ids = list(leaves)
    for some in _chunks(ids):
        rows = [{"event_id": id_, "log_id": log_id, "leaf_index": leaves[id_]} for id_ in some]
        session.execute(insert(LogIndexRow), rows)


def add_sealed_record(session: AnySession, record: LogRecord) -> None:
    """Store a record of the log's own that is sealed already."""
    session.execute(
        insert(LogRecordRow).values(
            id=record.id,
            log_id=record.log_id,
            type=record.type,
            at=record.at,
            payload=record.payload.decode(),
            salt=record.salt,
            entry=record.entry,
        )
    )


def restore_key(session: AnySession, key: LogKey) -> None:
    """Know a public key since it was announced, also where it was made known anew meanwhile."""
    insert_key(session, key)
    session.execute(
        update(LogKeyRow)
        .where(
            LogKeyRow.log_id == key.log_id,
            LogKeyRow.vkey == key.vkey,
            LogKeyRow.added_at > key.added_at,
        )
        .values(added_at=key.added_at)
    )


def known_records(session: AnySession, ids: Collection[str]) -> set[str]:
    """Return which of these records of the log's own are stored."""
    found: set[str] = set()
    for some in _chunks(list(ids)):
        found.update(session.scalars(select(LogRecordRow.id).where(LogRecordRow.id.in_(some))))
    return found


def events_at(session: AnySession, log_id: str, ranges: Iterable[Range]) -> list[str]:
    """Return the consent events that are stored for leaves of a log."""
    found: list[str] = []
    for first, last in ranges:
        query = (
            select(LogIndexRow.event_id)
            .join(ConsentEventRow, ConsentEventRow.id == LogIndexRow.event_id)
            .where(LogIndexRow.log_id == log_id, LogIndexRow.leaf_index.between(first, last))
        )
        found.extend(session.scalars(query.order_by(LogIndexRow.leaf_index)))
    return found


def waiting_records(session: AnySession, log_id: str) -> list[LogRecord]:
    """Return the records of the log's own that wait for it."""
    query = (
        select(LogRecordRow)
        .join(LogPendingRow, LogPendingRow.event_id == LogRecordRow.id)
        .where(LogPendingRow.log_id == log_id)
        .order_by(LogRecordRow.id)
    )
    return [
        LogRecord(row.id, row.log_id, row.type, row.at, row.payload.encode(), row.salt, row.entry)
        for row in session.scalars(query)
    ]


def lowest_waiting(session: AnySession, log_id: str) -> str | None:
    """Return the lowest id that waits for a log, which is sealed first."""
    return session.scalar(
        select(func.min(LogPendingRow.event_id)).where(LogPendingRow.log_id == log_id)
    )


def move_waiting(session: AnySession, log_id: str, to: str) -> int:
    """Have what waits for a log wait for another one; return how much that is."""
    moved = update(LogPendingRow).where(LogPendingRow.log_id == log_id).values(log_id=to)
    return int(getattr(session.execute(moved), "rowcount", 0))


def _is_in_no_log(
    table: type[ConsentEventRow | LogRecordRow | SealedActionRow],
) -> Sequence[ColumnElement[bool]]:
    return (
        ~exists(select(LogIndexRow.event_id).where(LogIndexRow.event_id == table.id)),
        ~exists(select(LogPendingRow.event_id).where(LogPendingRow.event_id == table.id)),
    )


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
