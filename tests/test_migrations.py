"""The migrations make exactly the tables of the code, on both engines, and hold evidence fixed."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Connection,
    Engine,
    TextClause,
    create_engine,
    delete,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from consent.bundled import bundled
from consent.store.migrate import (
    current_revision,
    downgrade,
    head_revision,
    is_current,
    opening_url,
    upgrade,
)
from consent.store.tables import EVIDENCE_TABLES, NoticeRow
from tests.make_events import insert_event, make_event

METADATA = NoticeRow.metadata
VERSIONS = bundled("migrations") / "versions"

EVIDENCE: dict[str, dict[str, Any]] = {
    "notice": {
        "notice_hash": "0a" * 32,
        "site": "programme",
        "scope_hash": "5c" * 32,
        "document": "{}",
        "stored_at": 1,
    },
    "policy": {"version": "90" * 32, "site": "programme", "document": "{}", "stored_at": 1},
    "publication": {
        "id": 1,
        "site": "programme",
        "notice_hash": "0a" * 32,
        "scope_hash": "5c" * 32,
        "policy_version": "90" * 32,
        "deployment": "{}",
        "published_at": 1,
    },
    "log": {"log_id": "university/1", "origin": "example.org/log/university/1", "created_at": 1},
    "officer_action": {
        "id": "0196d5f0-0000-7000-8000-000000000000",
        "at": 1,
        "officer": "Olga",
        "action": "export:create",
        "subject_id": "0196d5f0-0000-7000-8000-000000000001",
        "detail": "{}",
    },
    "sealed_action": {
        "id": "0196d5f0-0000-7000-8000-000000000000",
        "at": 1,
        "payload": "{}",
        "salt": b"s" * 64,
        "entry": b"e" * 32,
    },
    "log_record": {
        "id": "0196d5f0-0000-7000-8000-000000000000",
        "log_id": "university/1",
        "type": "config",
        "at": 1,
        "payload": "{}",
        "salt": b"s" * 64,
        "entry": b"e" * 32,
    },
    "build": {"digest": "bd" * 32, "kind": "script", "content": b"", "stored_at": 1},
    "picture": {
        "id": "0196d5f0-0000-7000-8000-000000000000",
        "notice_hash": "0a" * 32,
        "build": "bd" * 32,
        "language": "en",
        "layer": "banner",
        "viewport": "phone",
        "media_type": "image/png",
        "sha256": "ab" * 32,
        "content": b"",
        "taken_at": 1,
    },
}


@contextmanager
def disposing(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def store_evidence(session: Session, table: str) -> None:
    if table == "consent_event":
        insert_event(session, make_event())
        return
    session.execute(METADATA.tables[table].insert().values(EVIDENCE[table]))
    session.commit()


def schema_of(engine: Engine) -> dict[str, Any]:
    """Everything the server itself says of the tables, leaving out Alembic's own."""
    inspector = inspect(engine)
    parts: dict[str, Callable[[str], Any]] = {
        "columns": inspector.get_columns,
        "key": inspector.get_pk_constraint,
        "unique": inspector.get_unique_constraints,
        "indexes": inspector.get_indexes,
        "checks": inspector.get_check_constraints,
        "foreign": inspector.get_foreign_keys,
    }
    tables = [name for name in inspector.get_table_names() if name != "alembic_version"]
    return {table: {part: _plain(read(table)) for part, read in parts.items()} for table in tables}


def _plain(value: Any) -> Any:
    """Types and conditions compare by identity, so their spelling stands for them.

    Only columns have an order.
    """
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return items if all(isinstance(item, str) for item in items) else sorted(items, key=repr)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in sorted(value.items())}
    if isinstance(value, str | int | bool | None):
        return value
    return str(value) if isinstance(value, TextClause) else repr(value)


def triggers_of(connection: Connection) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'",
    }[connection.dialect.name]
    return set(connection.scalars(text(query)))


def test_each_migration_is_numbered_and_named_after_its_file() -> None:
    files = sorted(VERSIONS.glob("*.py"))
    previous = None
    for number, file in enumerate(files, start=1):
        names: dict[str, Any] = {}
        exec(compile(file.read_text(), file, "exec"), names)  # noqa: S102 -- our own file
        assert file.stem.startswith(f"{number:04d}_")
        assert names["revision"] == file.stem
        assert names["down_revision"] == previous
        previous = file.stem
    assert previous == head_revision()


def test_the_schema_goes_up_down_and_up_again(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    with disposing(empty_database_url) as engine:
        first = schema_of(engine)
        downgrade(engine, "base")
        assert schema_of(engine) == {}
        with engine.connect() as connection:
            assert triggers_of(connection) == set()
        upgrade(engine)
        assert schema_of(engine) == first


def test_alembic_sees_no_difference_to_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_the_server_sees_no_difference_to_the_tables(engine: Engine) -> None:
    migrated = schema_of(engine)
    downgrade(engine, "base")
    METADATA.create_all(engine)
    assert migrated == schema_of(engine)


@pytest.fixture
def migrated_again(engine: Engine) -> Engine:
    upgrade(engine)
    return engine


def test_migrating_a_current_database_changes_nothing(migrated_again: Engine) -> None:
    assert is_current(migrated_again)


@pytest.mark.slow
def test_processes_that_start_together_take_turns(empty_database_url: str) -> None:
    program = "import sys; from consent.store.migrate import upgrade; upgrade(sys.argv[1])"
    command = [sys.executable, "-c", program, empty_database_url]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    assert is_current(empty_database_url)


def test_threads_that_start_together_take_turns(empty_database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, [empty_database_url] * 4)) == [None] * 4
    assert is_current(empty_database_url)


def test_a_migration_leaves_logging_alone(empty_database_url: str) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("consent").disabled)
    upgrade(empty_database_url)
    assert (root.level, list(root.handlers), logging.getLogger("consent").disabled) == before


@pytest.mark.legal("RP-07")
@pytest.mark.parametrize("table", EVIDENCE_TABLES)
def test_evidence_cannot_be_updated(session: Session, table: str) -> None:
    store_evidence(session, table)
    column = "site" if "site" in METADATA.tables[table].c else METADATA.tables[table].c.keys()[1]
    value = METADATA.tables[table].c[column]
    with pytest.raises(IntegrityError, match=f"{table} is evidence: UPDATE is refused"):
        session.execute(update(METADATA.tables[table]).values({column: value}))


@pytest.mark.legal("RP-07")
@pytest.mark.parametrize("table", EVIDENCE_TABLES)
def test_evidence_cannot_be_deleted(session: Session, table: str) -> None:
    store_evidence(session, table)
    with pytest.raises(IntegrityError, match=f"{table} is evidence: DELETE is refused"):
        session.execute(delete(METADATA.tables[table]))


@pytest.mark.legal("RP-07")
@pytest.mark.parametrize("table", EVIDENCE_TABLES)
def test_evidence_cannot_be_replaced_or_emptied_at_once(session: Session, table: str) -> None:
    store_evidence(session, table)
    if session.get_bind().dialect.name == "postgresql":
        statement = text(f"TRUNCATE {table}")
        refusal = "TRUNCATE is refused"
    else:  # what INSERT OR REPLACE takes away, no trigger on DELETE sees
        statement = text(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608
        refusal = "exists already"
    with pytest.raises(IntegrityError, match=refusal):
        session.execute(statement)


@pytest.mark.postgres
def test_evidence_stays_fixed_for_a_replication_role(postgres_server: Any) -> None:
    with postgres_server.database() as url, disposing(url) as engine, Session(engine) as session:
        insert_event(session, make_event())
        session.execute(text("SET LOCAL session_replication_role = replica"))
        with pytest.raises(IntegrityError, match="DELETE is refused"):
            session.execute(text("DELETE FROM consent_event"))


@pytest.mark.parametrize("table", EVIDENCE_TABLES)
def test_a_schema_that_holds_evidence_is_not_dropped(
    session: Session, engine: Engine, table: str
) -> None:
    store_evidence(session, table)
    with pytest.raises(RuntimeError, match=f"{table} holds evidence"):
        downgrade(engine, "base")
    assert session.scalar(select(text("count(*)")).select_from(METADATA.tables[table])) == 1


def queue(session: Session, event_id: str) -> None:
    values = {"event_id": event_id, "reason": "erasure", "queued_at": 1}
    session.execute(METADATA.tables["disposal_queue"].insert().values(values))


@pytest.mark.legal("RP-07")
def test_an_event_can_be_deleted_only_while_the_queue_names_it(session: Session) -> None:
    queued, kept = make_event(), make_event()
    insert_event(session, queued)
    insert_event(session, kept)
    queue(session, queued.id)
    session.commit()
    table = METADATA.tables["consent_event"]
    with pytest.raises(IntegrityError, match="consent_event is evidence: DELETE is refused"):
        session.execute(delete(table))
    session.rollback()
    session.execute(delete(table).where(table.c.id == queued.id))
    session.commit()
    assert session.scalars(select(table.c.id)).all() == [kept.id]


@pytest.mark.legal("RP-07")
def test_a_queued_event_still_cannot_be_changed(session: Session) -> None:
    event = make_event()
    insert_event(session, event)
    queue(session, event.id)
    session.commit()
    with pytest.raises(IntegrityError, match="UPDATE is refused"):
        session.execute(update(METADATA.tables["consent_event"]).values(site="other"))


def test_a_reason_outside_the_list_is_refused(session: Session) -> None:
    values = {"event_id": "x", "reason": "because", "queued_at": 1}
    with pytest.raises(IntegrityError):
        session.execute(METADATA.tables["disposal_queue"].insert().values(values))


def test_rows_that_wait_for_removal_keep_the_schema_that_hides_them(
    session: Session, engine: Engine
) -> None:
    queue(session, make_event().id)
    session.commit()
    with pytest.raises(RuntimeError, match="disposal_queue holds rows to be removed"):
        downgrade(engine, "0001_initial")


@pytest.mark.legal("RP-07")
def test_without_disposal_no_event_can_be_deleted_again(session: Session, engine: Engine) -> None:
    insert_event(session, make_event())
    session.close()
    downgrade(engine, "0001_initial")
    with pytest.raises(IntegrityError, match="consent_event is evidence: DELETE is refused"):
        session.execute(text("DELETE FROM consent_event"))
    session.rollback()
    session.close()
    upgrade(engine)
    with pytest.raises(IntegrityError, match="consent_event is evidence: DELETE is refused"):
        session.execute(text("DELETE FROM consent_event"))


def test_no_evidence_table_has_a_foreign_key_or_another_unique_constraint(engine: Engine) -> None:
    schema = schema_of(engine)
    for table in EVIDENCE_TABLES:
        assert schema[table]["foreign"] == []
        assert schema[table]["unique"] == []
        assert not any(index["unique"] for index in schema[table]["indexes"])


def test_the_columns_have_no_place_for_what_is_never_stored(engine: Engine) -> None:
    columns = {
        column["name"]
        for name, table in schema_of(engine).items()
        for column in table["columns"]
        if (name, column["name"]) != ("officer", "email")  # of staff, to invite and to sign in
    }
    denied = ("ip", "user_agent", "referrer", "url", "email", "fingerprint", "cookie")
    assert not [name for name in columns for word in denied if word in [*name.split("_"), name]]


def test_commits_on_sqlite_are_durable_with_the_settings_of_every_engine(
    sqlite_template: Path,
) -> None:
    with disposing(f"sqlite:///{sqlite_template}") as engine, engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA trusted_schema")) == 0


def test_only_its_owner_can_read_the_sqlite_file(tmp_path: Path) -> None:
    path = tmp_path / "home" / "consent.db"
    upgrade(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with disposing(f"sqlite:///{path}") as engine, engine.connect() as connection:
        connection.execute(text("SELECT 1 FROM notice"))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == {0o600}


@pytest.mark.parametrize("name", ["consent.db", "with a blank/and %23 #.db"])
def test_asking_for_the_revision_makes_no_sqlite_file(tmp_path: Path, name: str) -> None:
    url = f"sqlite:///{tmp_path / name}"
    assert current_revision(url) is None
    assert not is_current(url)
    with disposing(opening_url(url)) as engine, pytest.raises(OperationalError):
        engine.connect()
    assert list(tmp_path.iterdir()) == []
    upgrade(url)
    assert is_current(opening_url(url))
    with disposing(opening_url(url)) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM notice")) == 0
