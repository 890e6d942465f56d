"""Somebody with every right on the database: the triggers that hold evidence are dropped first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from consent.store.database import AnySession

_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_POSTGRES = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"


@contextmanager
def without_triggers(session: AnySession) -> Iterator[None]:
    """Drop every trigger for good, and commit what is done then."""
    session.rollback()
    connection = session.connection(execution_options={"writes": True})
    if connection.dialect.name == "sqlite":
        for name in session.scalars(text(_SQLITE)).all():
            session.execute(text(f"DROP TRIGGER {name}"))
    else:
        for name, table in session.execute(text(_POSTGRES)).all():
            session.execute(text(f"DROP TRIGGER {name} ON {table}"))
    yield
    session.commit()
