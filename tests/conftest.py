"""Fixtures every test may ask for: a migrated database on each engine, and a session on it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from tests.databases import (
    PostgresServer,
    copy_sqlite,
    migrate_sqlite_template,
    running_postgres,
)
from tests.remembered import remember
from tests.service import close_apps

pytest_plugins = [
    "consent.testing",
    "tests.legal.plugin",
    "tests.browser.versions",
    "tests.drilling",
]


# Timings never decide a test: a busy machine is no fault.
settings.register_profile("unhurried", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=20)
settings.load_profile("unhurried")

remember()

WIRED = tuple(Path(__file__).parent / folder for folder in ("cli", "services", "web"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs the whole service, which takes minutes in all."""
    for item in items:
        if any(folder in item.path.parents for folder in WIRED):
            item.add_marker(pytest.mark.wired)


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over what stays: it took a sixth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure() -> None:
    """Let what was passed over go in order at the end."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def close_applications() -> Iterator[None]:
    """Leave no connection of a test's application open."""
    yield
    close_apps()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server of this process's own, with a migrated template; fails when there is none."""
    with running_postgres() as server:
        server.migrate_template()
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrate_sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database of this test's own, on each engine in turn."""
    if request.param == "sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a migrated, empty SQLite database, where the engine makes no difference."""
    return copy_sqlite(sqlite_template, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table: on SQLite, of a file that does not exist yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'consent.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(template="template0") as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session
