"""What a database says about itself: durability settings, triggers, clock, newest record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, func, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from consent.errors import StoreUnavailableError
from consent.store.migrate import opening_url, sqlite_path
from consent.store.tables import EVIDENCE_TABLES, ConsentEventRow, PublicationRow

_REFUSED = {
    "sqlite": ("update", "delete", "replace"),
    "postgresql": ("update", "delete", "truncate"),
}

_SQLITE_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(%'"
_POSTGRES_TRIGGERS = (
    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    " AND tgrelid::regclass::text = ANY(:tables)"
)
_POSTGRES_SETTINGS = ("synchronous_commit", "fsync", "full_page_writes")


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Give an engine on a database that exists, opened as the service opens it.

    Raises StoreUnavailableError with one line, without the password, when it cannot be opened.
    """
    engine = create_engine(opening_url(url), poolclass=NullPool)
    try:
        with engine.connect():
            pass
        yield engine
    except SQLAlchemyError as error:
        raise StoreUnavailableError(_first_line(error, make_url(url))) from error
    finally:
        engine.dispose()


def public_name(url: str) -> str:
    """Return the address of a database without its password and options."""
    return make_url(url).set(query={}).render_as_string(hide_password=True)


def embedded_file(url: str) -> Path | None:
    """Return the file of an embedded database; None for a server."""
    return sqlite_path(make_url(url))


def durability(connection: Connection) -> dict[str, str]:
    """Return the settings that decide whether a commit survives a power cut."""
    if connection.dialect.name == "sqlite":
        return {
            "journal_mode": str(connection.scalar(text("PRAGMA journal_mode"))),
            "synchronous": str(connection.scalar(text("PRAGMA synchronous"))),
        }
    return {name: str(connection.scalar(text(f"SHOW {name}"))) for name in _POSTGRES_SETTINGS}


def missing_triggers(connection: Connection) -> list[str]:
    """Return the names of append-only triggers that are gone, switched off or no longer refuse."""
    dialect = connection.dialect.name
    expected = {
        f"{table}_refuses_{verb}" for table in EVIDENCE_TABLES for verb in _REFUSED[dialect]
    }
    if dialect == "sqlite":
        found = connection.scalars(text(_SQLITE_TRIGGERS))
    else:
        found = connection.scalars(text(_POSTGRES_TRIGGERS), {"tables": list(EVIDENCE_TABLES)})
    return sorted(expected - set(found))


def clock_ms(connection: Connection) -> int | None:
    """Return the clock of the database server, in milliseconds; None where it is this machine's."""
    if connection.dialect.name == "sqlite":
        return None
    seconds = connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
    return int(1000 * (seconds or 0))


def newest_record_ms(connection: Connection) -> int:
    """Return the time of the newest consent event or publication; 0 when there is none."""
    event = connection.scalar(select(func.max(ConsentEventRow.at)))
    publication = connection.scalar(select(func.max(PublicationRow.published_at)))
    return max(event or 0, publication or 0)


def _first_line(error: SQLAlchemyError, url: URL) -> str:
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    return lines[0].replace(str(url.password), "***") if url.password else lines[0]
