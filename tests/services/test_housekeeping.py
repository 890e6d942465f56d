"""The daily run happens by itself, once at a time, and fails without telling whose records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from consent.app import CHECKING, EXPORTS, create_app
from consent.core.retention import DisposalClass
from consent.core.times import parse_rfc3339
from consent.services.housekeeping import TASK, Housekeeping
from consent.services.keys import make_key_files
from consent.services.sealing import begin_log, get_log
from consent.settings import load_settings
from consent.store.database import db, write_transaction
from consent.store.disposal import queue_subject
from consent.store.log import TAMPERED
from consent.store.log_sealing import set_status
from consent.store.tables import ConsentEventRow
from tests.disposing import LOG, make_log, make_sealing
from tests.make_events import ALICE, insert_event, make_event, make_refusal
from tests.service import make_app
from tests.world import make_keys

NOW = parse_rfc3339("2029-01-01")
NAME = "consent-housekeeping"


@pytest.fixture
def old_refusal(session: Session) -> None:
    make_log(session)
    insert_event(session, make_refusal(at="2028-07-01"))


def make_housekeeping(
    engine: Engine, clock: Callable[[], int] = lambda: NOW, **options: float
) -> Housekeeping:
    return Housekeeping(lambda: Session(engine), clock, make_sealing(), **options)


def rows(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(ConsentEventRow)) or 0


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


@pytest.mark.legal("RR-01")
def test_the_first_request_starts_what_removes_old_records(
    engine: Engine, old_refusal: None
) -> None:
    began = threading.Event()

    def clock() -> int:
        began.set()
        return NOW

    housekeeping = make_housekeeping(engine, clock, first_seconds=0)
    assert threads() == []
    housekeeping.ensure_started()
    housekeeping.ensure_started()
    assert len(threads()) == 1
    assert began.wait(30)
    housekeeping.stop()
    assert rows(engine) == 0
    assert threads() == []


def test_the_first_run_waits_a_moment(engine: Engine, old_refusal: None) -> None:
    housekeeping = make_housekeeping(engine)
    housekeeping.ensure_started()
    housekeeping.stop()
    housekeeping.ensure_started()
    assert threads() == []
    assert rows(engine) == 1


def test_a_failure_is_logged_without_any_record_and_the_next_run_tries_again(
    engine: Engine, old_refusal: None, caplog: pytest.LogCaptureFixture
) -> None:
    with Session(engine) as session:
        stored = session.scalars(select(ConsentEventRow.id)).one()
        session.execute(text("ALTER TABLE log_pending RENAME TO elsewhere"))
        session.commit()
    housekeeping = make_housekeeping(engine)
    housekeeping.run_once()
    assert rows(engine) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "the next try is in an hour" in caplog.text
    assert stored not in caplog.text
    assert "Traceback" not in caplog.text
    with Session(engine) as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO log_pending"))
        session.commit()
    housekeeping.run_once()
    assert rows(engine) == 0


@pytest.mark.legal("RR-01")
def test_once_a_day_it_looks_for_all_that_is_due_and_every_hour_for_erasures(
    engine: Engine, old_refusal: None
) -> None:
    now = NOW
    housekeeping = make_housekeeping(engine, lambda: now)
    housekeeping.run_once()
    assert rows(engine) == 0
    with Session(engine) as session:
        insert_event(session, make_refusal(at="2028-07-01"))
        erased = make_event(at="2028-12-31")
        insert_event(session, erased)
        with write_transaction(session):
            queue_subject(session, "programme", ALICE, DisposalClass.ERASURE, now)
    now = parse_rfc3339("2029-01-01T01:59:59Z")
    housekeeping.run_once()
    assert rows(engine) == 2
    now = parse_rfc3339("2029-01-01T02:00:00Z")
    housekeeping.run_once()
    assert rows(engine) == 0


def test_what_has_to_wait_for_the_log_is_told(
    engine: Engine, old_refusal: None, caplog: pytest.LogCaptureFixture
) -> None:
    with Session(engine) as session:
        begin_log(session, get_log(session, LOG), make_keys(), now=NOW)
        with write_transaction(session):
            set_status(session, LOG, TAMPERED, "for this test", NOW)
    make_housekeeping(engine).run_once()
    assert rows(engine) == 1
    assert "1 records are to be removed and wait until the log can be sealed" in caplog.text


@pytest.mark.postgres
def test_one_process_at_a_time_does_it(postgres_server: Any) -> None:
    from sqlalchemy import create_engine

    with postgres_server.database() as url:
        engine = create_engine(url)
        with Session(engine) as session:
            make_log(session)
            insert_event(session, make_refusal(at="2028-07-01"))
        housekeeping = make_housekeeping(engine)
        with engine.begin() as other:
            other.execute(text("SELECT pg_advisory_xact_lock(:task)"), {"task": TASK})
            housekeeping.run_once()
            assert rows(engine) == 1
        housekeeping.run_once()
        assert rows(engine) == 0
        engine.dispose()


@pytest.fixture
def housekept(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    made: list[Housekeeping] = []
    make_key_files(tmp_path / "keys")
    original = Housekeeping.ensure_started

    def remember(self: Housekeeping) -> None:
        made.append(self)
        original(self)

    monkeypatch.setattr(Housekeeping, "ensure_started", remember)
    environ = {"CONSENT_HOME": str(tmp_path), "CONSENT_DATABASE_URL": sqlite_url}
    app = create_app(load_settings(environ), sealing=False)
    yield app
    for housekeeping in made:
        housekeeping.stop()
    app.extensions[EXPORTS].stop()
    app.extensions[CHECKING].stop()
    with app.app_context():
        db.engine.dispose()


def test_a_serving_process_keeps_house_from_its_first_request_on(housekept: Any) -> None:
    assert threads() == []
    assert housekept.test_client().get("/healthz").status_code == 200
    assert len(threads()) == 1
    assert threads()[0].daemon


def test_a_serving_process_makes_exports_from_its_first_request_on(housekept: Any) -> None:
    def names() -> list[str]:
        return [thread.name for thread in threading.enumerate()]

    assert "consent-exports" not in names()
    housekept.test_client().get("/healthz")
    assert names().count("consent-exports") == 1


def test_a_serving_process_checks_itself_from_its_first_request_on(housekept: Any) -> None:
    def checkers() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name == "consent-checking"]

    assert checkers() == []
    housekept.test_client().get("/healthz")
    assert [one.daemon for one in checkers()] == [True]


def test_an_application_can_be_made_without_it(sqlite_url: str, tmp_path: Path) -> None:
    make_app(sqlite_url, tmp_path).test_client().get("/healthz")
    assert threads() == []
