"""No page of the console reads the table of records from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from consent.core.model import Site
from consent.core.roles import Role
from tests.databases import PostgresServer
from tests.service import Clock, engine_session
from tests.web.console.crawling import crawl
from tests.web.console.living import live, make_export
from tests.web.console.people import CONSOLE, Console

# How the two engines call the reading of a whole table or, on SQLite, a whole index.
WHOLE = re.compile(r"(?:SCAN|Seq Scan on) (?:consent_event|log_record|sealed_action)\b(.*)")
AS_WITH_MANY_ROWS = ("seqscan", "bitmapscan")

Sent = tuple[str, Any]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(request.getfixturevalue("sqlite_url"))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


def test_no_page_of_the_console_reads_all_records(
    console: Console, demo_site: Site, tmp_path: Path, clock: Clock
) -> None:
    code = live(console.app, tmp_path, clock, demo_site)
    make_export(console.app, tmp_path, clock)
    reader = console.person("Reader", {"programme": tuple(Role)})
    with engine_session(console.app) as session:
        engine = session.get_bind()
    assert isinstance(engine, Engine)
    with kept(engine) as sent:
        found = crawl(
            console.app, reader.client, CONSOLE, ("/console/", f"/console/search?q={code}")
        )
    assert len(found.pages) > 20, found.pages
    about_records = [one for one in sent if "FROM consent_event" in one[0]]
    assert len(about_records) > 10
    with engine.connect() as connection:
        whole = {
            statement: plan
            for statement, values in dict(about_records).items()
            if reads_all(statement, plan := plan_of(connection, statement, values))
        }
    assert not whole, "\n\n".join(f"{one}\n{plan}" for one, plan in whole.items())


def reads_all(statement: str, plan: str) -> bool:
    """Say whether a plan goes through all there is; along an index up to a limit it does not."""
    found = WHOLE.search(plan)
    return found is not None and not ("USING" in found[1] and "LIMIT" in statement)


@contextmanager
def kept(engine: Engine) -> Iterator[list[Sent]]:
    """Give the queries that are sent meanwhile."""
    sent: list[Sent] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    event.listen(engine, "before_cursor_execute", keep)
    yield sent
    event.remove(engine, "before_cursor_execute", keep)


def plan_of(connection: Connection, statement: str, values: Any) -> str:
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:
        for choice in AS_WITH_MANY_ROWS:
            connection.execute(text(f"SET LOCAL enable_{choice} = off"))
    explain = "EXPLAIN" if is_postgres else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{explain} {statement}", values)
    return "\n".join(str(row[-1]) for row in rows)
