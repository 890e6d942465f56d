"""The public keys that sign, or have signed, for a log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from consent.store.database import AnySession
from consent.store.tables import LogKeyRow

LOG, CLOCK, RECEIPT = "log", "clock", "receipt"


@dataclass(frozen=True, slots=True)
class LogKey:
    """One public key as C2SP writes it. Instants are in milliseconds.

    `role` is log, clock or receipt; a key without `retired_at` signs.
    """

    log_id: str
    vkey: str
    role: str
    added_at: int
    retired_at: int | None


def list_keys(session: AnySession, log_id: str) -> list[LogKey]:
    """Return the keys of a log, in the order they were added."""
    query = select(LogKeyRow).where(LogKeyRow.log_id == log_id)
    ordered = query.order_by(LogKeyRow.added_at, LogKeyRow.role, LogKeyRow.vkey)
    return [
        LogKey(row.log_id, row.vkey, row.role, row.added_at, row.retired_at)
        for row in session.scalars(ordered)
    ]


def list_roles(session: AnySession) -> list[str]:
    """Return the roles of which any log knows a key."""
    return list(session.scalars(select(LogKeyRow.role).distinct()))


def list_ended(session: AnySession) -> list[str]:
    """Return the keys of any log that sign no more."""
    return list(session.scalars(select(LogKeyRow.vkey).where(LogKeyRow.retired_at.is_not(None))))


def keys_version(session: AnySession) -> tuple[int, int]:
    """Return what changes with every key that is added or ends."""
    number, ended = session.execute(
        select(func.count(), func.count(LogKeyRow.retired_at)).select_from(LogKeyRow)
    ).one()
    return number, ended


def insert_key(session: AnySession, key: LogKey) -> bool:
    """Add a key; return False when the log knows it already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(LogKeyRow).values(
        log_id=key.log_id,
        vkey=key.vkey,
        role=key.role,
        added_at=key.added_at,
        retired_at=key.retired_at,
    )
    added = statement.on_conflict_do_nothing().returning(LogKeyRow.vkey)
    return session.scalar(added) is not None


def retire_key(session: AnySession, key: LogKey, at: int) -> bool:
    """Let a key sign no more; return False when it did not sign any more."""
    signs = LogKeyRow.retired_at.is_(None)
    ended = (
        update(LogKeyRow)
        .where(LogKeyRow.log_id == key.log_id, LogKeyRow.vkey == key.vkey, signs)
        .values(retired_at=at)
    )
    return getattr(session.execute(ended), "rowcount", 0) == 1
