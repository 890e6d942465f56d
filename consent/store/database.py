"""The database handle, its durability settings and the one way to begin a writing transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session

from consent.errors import StoreUnavailableError

AnySession = Session | scoped_session[Any]

BUSY_TIMEOUT_MS = 10_000
BUSY_PAUSE_S = 0.01
LOCK_TIMEOUT_MS = 5_000
PRIMARY_RESULT = 0xFF  # SQLite's extended result codes keep the primary one in the lowest byte


class Base(DeclarativeBase):
    """Every constraint has a name, so that a migration can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Make a commit on SQLite durable, and leave the transactions to us.

    `isolation_level = None` stops the driver from beginning transactions of its own: a deferred
    transaction that has read cannot become a writer once another has written.
    """
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _enter_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.close()


def _enter_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to the write-ahead log, in turn with other processes that open a new database.

    SQLite tells a connection that would deadlock that it is busy at once, whatever its
    `busy_timeout`: two that both read the header and both want to rewrite it. So we try again.
    """
    give_up_at = monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & PRIMARY_RESULT == sqlite3.SQLITE_BUSY
            if not busy or monotonic() > give_up_at:
                raise
            sleep(BUSY_PAUSE_S)
        else:
            return


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def write_transaction(session: AnySession) -> Iterator[None]:
    """Begin as a writer, commit durably at the end, roll back on any error.

    Raises StoreUnavailableError when the database cannot take the write: it is locked, full,
    read-only, restarting or gone. Nothing is stored then.
    """
    session.rollback()
    try:
        connection = session.connection(execution_options={"writes": True})
        if connection.dialect.name == "postgresql":  # SQLite has its busy_timeout
            session.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
        yield
        session.commit()
    except (OperationalError, PoolTimeoutError) as error:
        session.rollback()
        raise StoreUnavailableError("the database cannot take the write now") from error
    except DBAPIError as error:
        session.rollback()
        if error.connection_invalidated:
            raise StoreUnavailableError("the database closed the connection") from error
        raise
    except BaseException:
        session.rollback()
        raise


def lock_subject(session: AnySession, subject: str) -> None:
    """Hold other acts of this subject back until the transaction ends; SQLite needs no help."""
    if session.get_bind().dialect.name == "postgresql":
        key = int(subject[:15], 16)
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


@contextmanager
def sole_worker(session: AnySession, task: int) -> Iterator[bool]:
    """Say whether no other process does this task now, and keep others from it meanwhile.

    The lock belongs to a transaction of its own, so that it also holds behind a pooler that
    gives each transaction another connection. SQLite has one process.
    """
    engine = session.get_bind()
    if engine.dialect.name != "postgresql" or not isinstance(engine, Engine):
        yield True
        return
    with engine.connect() as connection, connection.begin():
        locked = text("SELECT pg_try_advisory_xact_lock(:task)")
        yield bool(connection.scalar(locked, {"task": task}))


def is_worked_at(session: AnySession, task: int) -> bool:
    """Say whether some process does this task now, without keeping any from it."""
    if session.get_bind().dialect.name != "postgresql":
        return False
    held = text(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND classid::bigint = :high AND objid::bigint = :low AND objsubid = 1)"
    )
    return bool(session.scalar(held, {"high": task >> 32, "low": task & 0xFFFFFFFF}))
