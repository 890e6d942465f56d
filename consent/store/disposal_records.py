"""The records of disposals that logs tell of: what was removed, when, and where that is sealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from consent.core.retention import Disposal, DisposalClass, Role
from consent.store.database import AnySession
from consent.store.events import first_id_of
from consent.store.tables import LogIndexRow, LogRecordRow

_Record, _Index = LogRecordRow, LogIndexRow
_TYPE = "disposal"


@dataclass(frozen=True, slots=True)
class StoredDisposal:
    """A disposal, the log that tells of it with its leaf there (None while it waits), its bytes."""

    disposal: Disposal
    log_id: str
    leaf: int | None
    payload: bytes
    salt: bytes
    entry: bytes


def list_disposals(
    session: AnySession, log_ids: Sequence[str], *, before: str | None = None, limit: int
) -> list[StoredDisposal]:
    """Return what these logs tell, newest first, from behind an id on."""
    query = _query().where(_Record.log_id.in_(log_ids))
    if before is not None:
        query = query.where(_Record.id < before)
    return [
        _stored(*row) for row in session.execute(query.order_by(_Record.id.desc()).limit(limit))
    ]


def list_disposals_between(
    session: AnySession, log_ids: Sequence[str], first: int, last: int
) -> list[StoredDisposal]:
    """Return what these logs tell of a period [first, last] in milliseconds, newest first."""
    query = _query().where(
        _Record.log_id.in_(log_ids),
        _Record.id >= first_id_of(first),
        _Record.id < first_id_of(last + 1),
    )
    return [_stored(*row) for row in session.execute(query.order_by(_Record.id.desc()))]


def find_disposal(session: AnySession, disposal_id: str) -> StoredDisposal | None:
    row = session.execute(_query().where(_Record.id == disposal_id)).first()
    return None if row is None else _stored(*row)


def count_removed_at(session: AnySession, instant: int) -> int:
    """Return how many records went, by any log, in the run of an instant so far."""
    query = select(_Record.payload).where(
        _Record.type == _TYPE,
        _Record.id >= first_id_of(instant),
        _Record.id < first_id_of(instant + 1),
    )
    return sum(json.loads(payload)["count"] for payload in session.scalars(query))


def _query() -> Select[Any]:
    columns: Any = (
        _Record.payload,
        _Record.log_id,
        _Record.salt,
        _Record.entry,
        _Index.leaf_index,
    )
    joined: Select[Any] = select(*columns).outerjoin(_Index, _Index.event_id == _Record.id)
    return joined.where(_Record.type == _TYPE)


def _stored(
    payload: str, log_id: str, salt: bytes, entry: bytes, leaf: int | None
) -> StoredDisposal:
    record = json.loads(payload)
    disposal = Disposal(
        id=record["id"],
        at=record["at"],
        reason=DisposalClass(record["reason"]),
        policy=record["policy"],
        role=Role(record["role"]),
        count=record["count"],
        leaves=tuple((first, last) for first, last in record["leaves"]),
        log=record.get("log"),
    )
    return StoredDisposal(disposal, log_id, leaf, payload.encode(), salt, entry)
