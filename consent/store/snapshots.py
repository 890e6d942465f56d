"""Several queries over the same state of the database."""

from __future__ import annotations

from consent.store.database import AnySession


def begin_snapshot(session: AnySession) -> None:
    """Begin to read: until the transaction ends, every query sees what was there at its start."""
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":  # on SQLite each transaction reads so
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
