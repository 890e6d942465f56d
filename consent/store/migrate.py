"""Bring a database to the newest schema, and say which schema it has.

This is the only place that makes a database: everything else opens what exists, so that a wrong
path is an error and not a second, empty log.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from consent.bundled import bundled
from consent.store import database  # noqa: F401 -- listens to every connection: the pragmas

Target = str | URL | Engine

_one_at_a_time = threading.Lock()  # Alembic keeps its environment in module variables


def upgrade(target: Target, revision: str = "head") -> None:
    """Bring a database to a revision, in one transaction; make the SQLite file if there is none."""
    with _engine_of(target) as engine:
        _make_sqlite_file(engine.url)
        with _migrating(engine) as config:
            command.upgrade(config, revision)


def downgrade(target: Target, revision: str) -> None:
    """Take a database back to a revision; refused when that would drop evidence."""
    with _engine_of(target) as engine, _migrating(engine) as config:
        command.downgrade(config, revision)


def head_revision() -> str:
    """Return the newest revision this installation knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise FileNotFoundError("this installation of consent has no migrations")
    return head


def known_revisions() -> list[str]:
    """Return every revision this installation knows, oldest first."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def current_revision(target: Target) -> str | None:
    """Return the revision of a database; None when it is empty or there is no such file."""
    with _engine_of(target) as engine:
        path = sqlite_path(engine.url)
        if path is not None and not path.exists():
            return None
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()


def is_current(target: Target) -> bool:
    """Say whether a database exists and has the newest schema."""
    return current_revision(target) == head_revision()


def opening_url(url: str) -> str:
    """Return the URL with which a SQLite database is opened but never made by accident."""
    parsed = make_url(url)
    path = sqlite_path(parsed)
    if path is None or parsed.query.get("uri"):
        return url
    file_uri = path.absolute().as_uri().replace("file://", "file:", 1)
    opened = parsed.set(database=file_uri).update_query_dict({"mode": "rw", "uri": "true"})
    return opened.render_as_string(hide_password=False)


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for other engines and for memory."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:":
        return None
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _make_sqlite_file(url: URL) -> None:
    """Make the file readable by its owner only; SQLite gives its companions the same mode."""
    path = sqlite_path(url)
    if path is None or path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


@contextmanager
def _engine_of(target: Target) -> Iterator[Engine]:
    if isinstance(target, Engine):
        yield target
        return
    engine = create_engine(target, poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _migrating(engine: Engine) -> Iterator[Config]:
    with _one_at_a_time, _begun(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        yield config


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(bundled("migrations")).replace("%", "%%"))
    return config
