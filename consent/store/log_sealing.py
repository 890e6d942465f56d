"""What moves a log's tree on, within the sealer's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from consent.store.database import AnySession
from consent.store.log import OK
from consent.store.tables import (
    LogCheckpointRow,
    LogIndexRow,
    LogPendingRow,
    LogStateRow,
    LogTileRow,
    SealedActionRow,
)

_LOCK_NAMESPACE = b"consent seals "
_Pending = LogPendingRow
_IDS_AT_ONCE = 500  # SQLite takes a limited number of parameters in a statement


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that waits, and whether it is of an officer's act. `enqueued_at` is in ms."""

    event_id: str
    entry: bytes
    enqueued_at: int
    is_action: bool


def elect_sealer(session: AnySession, log_id: str) -> bool:
    """Say whether this transaction is the one that seals a log; it is until it ends.

    On SQLite everyone may try: compare-and-swap lets one succeed.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    locked = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(session.scalar(locked, {"key": _lock_key(log_id)}))


def lock_log(session: AnySession, log_id: str) -> None:
    """Hold sealers back until the writing transaction ends; SQLite needs no help."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(log_id)})


def take_pending(session: AnySession, log_id: str, limit: int) -> list[Pending]:
    """Return committed entries that wait, whichever they are, in the order of their ids.

    On PostgreSQL their rows are held until the transaction ends; rows that another transaction
    holds are left for the next batch.
    """
    is_action = exists(select(SealedActionRow.id).where(SealedActionRow.id == _Pending.event_id))
    query = (
        select(_Pending.event_id, _Pending.entry, _Pending.enqueued_at, is_action)
        .where(_Pending.log_id == log_id)
        .order_by(_Pending.event_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Pending(*row) for row in session.execute(query)]


def insert_state(session: AnySession, log_id: str, root: bytes, now: int) -> bool:
    """Begin a log with an empty tree; return False when it has begun already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(LogStateRow).values(
        log_id=log_id, size=0, root=root, status=OK, detail="", since=now
    )
    begun = statement.on_conflict_do_nothing().returning(LogStateRow.log_id)
    return session.scalar(begun) is not None


def has_remains(session: AnySession, log_id: str) -> bool:
    """Say whether anything of a sealed tree is stored; then its state cannot be missing."""
    return any(
        session.scalar(select(1).where(table.log_id == log_id).limit(1)) is not None
        for table in (LogTileRow, LogIndexRow, LogCheckpointRow)
    )


def has_sealed_pending(session: AnySession, log_id: str) -> bool:
    """Say whether something waits for a log that is in one already."""
    query = (
        select(1)
        .join_from(LogPendingRow, LogIndexRow, LogIndexRow.event_id == LogPendingRow.event_id)
        .where(LogPendingRow.log_id == log_id)
        .limit(1)
    )
    return session.scalar(query) is not None


def put_tiles(session: AnySession, log_id: str, tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Store tiles whole, replacing what they grew from."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(LogTileRow)
    upsert = statement.on_conflict_do_update(
        index_elements=["log_id", "level", "n"], set_={"data": statement.excluded.data}
    )
    rows = [
        {"log_id": log_id, "level": level, "n": n, "data": data}
        for (level, n), data in sorted(tiles.items())
    ]
    session.execute(upsert, rows)


def index_leaves(session: AnySession, log_id: str, ids: Sequence[str], first: int) -> None:
    """Remember that these records are the leaves from `first` on."""
    rows = [
        {"event_id": event_id, "log_id": log_id, "leaf_index": first + offset}
        for offset, event_id in enumerate(ids)
    ]
    session.execute(insert(LogIndexRow), rows)


def drop_pending(session: AnySession, ids: Sequence[str]) -> int:
    """Take entries off the queue; return how many were in it."""
    removed = 0
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[start : start + _IDS_AT_ONCE]
        result = session.execute(delete(LogPendingRow).where(LogPendingRow.event_id.in_(some)))
        removed += int(getattr(result, "rowcount", 0))
    return removed


def advance_state(
    session: AnySession, log_id: str, *, size: int, root: bytes, new_size: int, new_root: bytes
) -> bool:
    """Move the head on from `size` and `root`; return False when it is no longer there."""
    statement = (
        update(LogStateRow)
        .where(
            LogStateRow.log_id == log_id,
            LogStateRow.size == size,
            LogStateRow.root == root,
            LogStateRow.status == OK,
        )
        .values(size=new_size, root=new_root)
    )
    return getattr(session.execute(statement), "rowcount", 0) == 1


def refuse(session: AnySession, log_id: str, status: str, detail: str, now: int) -> None:
    """Have a log signed no more; why it was refused first stays."""
    _set_status(session, log_id, status, detail, now, LogStateRow.status == OK)


def set_status(session: AnySession, log_id: str, status: str, detail: str, now: int) -> None:
    """Say whether a log may be signed, and why not."""
    _set_status(session, log_id, status, detail, now)


def _set_status(
    session: AnySession,
    log_id: str,
    status: str,
    detail: str,
    now: int,
    *conditions: ColumnElement[bool],
) -> None:
    session.execute(
        update(LogStateRow)
        .where(LogStateRow.log_id == log_id, *conditions)
        .values(status=status, detail=detail, since=now)
    )


def _lock_key(log_id: str) -> int:
    digest = hashlib.sha256(_LOCK_NAMESPACE + log_id.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
