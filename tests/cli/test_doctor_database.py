"""`consent doctor` finds what is wrong with a real database on either engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from consent.services.clock import now_ms
from consent.services.diagnosis.database import judge_space
from consent.services.diagnosis.findings import Level
from consent.services.diagnosis.installation import Clock
from consent.store.inspection import opened
from tests import databases
from tests.cli.findings import diagnosed, installation_at, levels, sentence
from tests.cli.installations import Home
from tests.cli.proxies import publish_in, site_at
from tests.databases import PostgresServer, running_postgres

HTTPS = "https://programme.example"


@contextmanager
def database_of(home: Home) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home.database, isolation_level=None)) as connection:
        yield connection


def test_a_missing_database_is_a_problem_and_is_not_made(home: Home) -> None:
    home.database.unlink()
    found = sentence(home.findings(), "database", "reachable", "problem")
    assert found == f"There is no database at {home.database}. Run `consent init`."
    assert not home.database.exists()


def test_what_is_no_database_is_a_problem(home: Home) -> None:
    home.database.write_bytes(b"a letter to my aunt" * 100)
    found = sentence(home.findings(), "database", "reachable", "problem")
    assert "file is not a database" in found


def test_a_server_that_does_not_answer_is_a_problem(home: Home) -> None:
    url = "postgresql://olga@127.0.0.1:1/consent"
    found = sentence(home.findings(CONSENT_DATABASE_URL=url), "database", "reachable", "problem")
    assert "cannot be used: connection failed" in found


def test_a_database_without_tables_is_a_problem(home: Home) -> None:
    home.database.write_bytes(b"")
    found = sentence(home.findings(), "database", "schema", "problem")
    assert found == "It has no tables of this service. Run `consent init`."


def test_an_unknown_schema_is_a_problem(home: Home) -> None:
    with database_of(home) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
    found = sentence(home.findings(), "database", "schema", "problem")
    assert "9999_from_tomorrow, which this version does not know" in found


@pytest.mark.parametrize(
    ("pragma", "words"),
    [
        ("synchronous = OFF", "Commits do not wait"),
        ("journal_mode = DELETE", "journal mode is delete"),
    ],
)
def test_a_commit_that_does_not_wait_for_the_disk_is_a_problem(
    home: Home, pragma: str, words: str
) -> None:
    def spoil(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(Engine, "connect", spoil)
    try:
        found = sentence(home.findings(), "database", "durability", "problem")
    finally:
        event.remove(Engine, "connect", spoil)
    assert words in found


@pytest.mark.parametrize("trigger", ["consent_event_refuses_update", "notice_refuses_replace"])
def test_a_dropped_trigger_is_a_problem(home: Home, trigger: str) -> None:
    with database_of(home) as database:
        database.execute(f"DROP TRIGGER {trigger}")
    assert trigger in sentence(home.findings(), "database", "append-only", "problem")


def test_a_trigger_that_refuses_nothing_is_a_problem(home: Home) -> None:
    with database_of(home) as database:
        database.execute("DROP TRIGGER log_refuses_delete")
        database.execute(
            "CREATE TRIGGER log_refuses_delete BEFORE DELETE ON log BEGIN SELECT 1; END"
        )
    assert "log_refuses_delete" in sentence(home.findings(), "database", "append-only", "problem")


def test_a_record_from_the_future_is_a_problem(home: Home) -> None:
    publish_in(home, site_at(HTTPS))
    behind = Clock(lambda: now_ms() - 7_200_000, now_ms)
    found = diagnosed(installation_at(home, clock=behind), "database")["newest record"]
    assert found.level is Level.PROBLEM
    assert "seconds in the future" in found.found


def test_a_database_that_others_may_read_is_a_warning(home: Home) -> None:
    home.database.chmod(0o640)
    assert "chmod 600" in sentence(home.findings(), "database", "file", "warning")


@pytest.mark.parametrize(
    ("megabytes", "level"), [(99, Level.PROBLEM), (900, Level.WARNING), (2000, Level.OK)]
)
def test_a_full_disk_is_told_in_time(megabytes: int, level: Level) -> None:
    assert judge_space(megabytes << 20).level is level


# PostgreSQL


@pytest.fixture
def server_url(postgres_server: PostgresServer) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url


@pytest.mark.postgres
def test_a_server_that_does_not_wait_for_the_disk_is_a_problem(home: Home, server_url: str) -> None:
    """The tests' own server is fast and forgetful."""
    findings = home.findings(CONSENT_DATABASE_URL=server_url)
    lacking = [one["found"].split()[0] for one in findings if one["check"] == "durability"]
    assert lacking == ["synchronous_commit", "fsync", "full_page_writes"]
    assert levels(findings, "database", "disk space") == ["skipped"]
    assert levels(findings, "database", "append-only") == ["ok"]
    assert levels(findings, "database", "server clock") == ["ok"]


@pytest.mark.postgres
def test_a_server_that_waits_for_the_disk_is_fine(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    monkeypatch.setattr(databases, "SETTINGS", databases.SETTINGS | careful)
    with running_postgres() as server:
        server.migrate_template()
        with server.database() as url:
            findings = home.findings(CONSENT_DATABASE_URL=url)
    assert levels(findings, "database", "durability") == ["ok"]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE consent_event DISABLE TRIGGER consent_event_refuses_truncate",
        "DROP TRIGGER consent_event_refuses_truncate ON consent_event",
        "ALTER TABLE consent_event ENABLE TRIGGER consent_event_refuses_truncate",
    ],
)
def test_a_trigger_that_is_off_is_a_problem(home: Home, server_url: str, statement: str) -> None:
    engine = create_engine(server_url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    findings = home.findings(CONSENT_DATABASE_URL=server_url)
    found = sentence(findings, "database", "append-only", "problem")
    assert "are gone or off: consent_event_refuses_truncate." in found


@pytest.mark.postgres
@pytest.mark.parametrize("ahead", [120_000, -120_000])
def test_two_clocks_that_differ_are_a_problem(home: Home, server_url: str, ahead: int) -> None:
    clock = Clock(lambda: now_ms() + ahead, now_ms)
    found = diagnosed(installation_at(home, server_url, clock=clock), "database")
    assert found["server clock"].level is Level.PROBLEM
    assert "by 120 seconds" in found["server clock"].found


@pytest.mark.postgres
def test_a_lost_password_is_not_printed(home: Home, server_url: str) -> None:
    with opened(server_url) as engine:
        assert engine.dialect.name == "postgresql"
    url = server_url.replace("postgres@", "postgres:hunter2@").replace("@/t", "@/no_such_")
    found = sentence(home.findings(CONSENT_DATABASE_URL=url), "database", "reachable", "problem")
    assert "does not exist" in found
    assert "hunter2" not in found
