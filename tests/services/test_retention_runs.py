"""A run that somebody asks for: on both engines, once at a time, its end told whatever it is."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from consent.core.model import ConsentEvent
from consent.core.retention import DisposalClass
from consent.core.times import parse_rfc3339
from consent.errors import NotFoundError, RuleError
from consent.services.housekeeping import TASK
from consent.services.retention import Due
from consent.services.retention_runs import (
    BEGIN,
    RetentionRuns,
    RunState,
    has_grown,
    plan_run,
    total_of,
)
from consent.store.database import sole_worker, write_transaction
from consent.store.disposal import queue_exactly
from consent.store.officers import record_action
from consent.store.tables import ConsentEventRow
from tests.disposing import disposals, make_log, make_sealing
from tests.make_events import insert_event, make_event

NOW = parse_rfc3339("2029-01-01T12:00:00Z")
HOUR = 3_600_000
NAME = "0196d5f0-0000-7000-8000-000000000001"


@pytest.fixture
def erased(session: Session) -> None:
    """Something that a visitor had erased before the daily removal of this day."""
    make_log(session)
    insert_erased(session, make_event(at="2028-12-31"), NOW - 12 * HOUR)


def insert_erased(session: Session, event: ConsentEvent, asked_at: int) -> None:
    insert_event(session, event)
    with write_transaction(session):
        queue_exactly(session, [event.id], DisposalClass.ERASURE, asked_at)


def make_runs(engine: Engine, open_session: Callable[[], Session] | None = None) -> RetentionRuns:
    return RetentionRuns(open_session or (lambda: Session(engine)), lambda: NOW, make_sealing())


def rows(session: Session) -> int:
    count = session.scalar(select(func.count()).select_from(ConsentEventRow)) or 0
    session.rollback()
    return count


@pytest.mark.legal("RR-01")
def test_a_run_removes_what_is_due_and_says_so(
    engine: Engine, session: Session, erased: None
) -> None:
    insert_erased(session, make_event(at="2028-12-30"), NOW - HOUR)
    plan = plan_run(session, NOW)
    assert plan == [Due("programme", DisposalClass.ERASURE, 1)]
    runs = make_runs(engine)
    run_id = runs.begin(session, "programme", "Olga", total_of(plan))
    runs.wait()
    run = runs.find(session, "programme", run_id)
    assert (run.state, run.officer, run.planned, run.removed) == (RunState.DONE, "Olga", 1, 1)
    assert (run.at, run.ended_at, run.waiting) == (NOW, NOW, 0)
    assert rows(session) == 1
    (record,) = disposals(session)
    assert (record["reason"], record["role"]) == ("erasure", "operator")
    last = runs.last_of(session, "programme")
    assert last is not None
    assert last.id == run_id
    assert runs.last_of(session, "library") is None


def test_only_one_run_goes_on_at_a_time(engine: Engine, session: Session) -> None:
    make_log(session)
    may_begin = threading.Event()

    def open_session() -> Session:
        may_begin.wait()
        return Session(engine)

    runs = make_runs(engine, open_session)
    try:
        run_id = runs.begin(session, "programme", "Olga", 0)
        assert runs.find(session, "programme", run_id).state is RunState.RUNNING
        with pytest.raises(RuleError, match="going on already"):
            runs.begin(session, "programme", "Omar", 0)
    finally:
        may_begin.set()
        runs.wait()
    assert runs.find(session, "programme", run_id).state is RunState.DONE


def test_while_another_process_is_at_it_a_run_is_not_needed(
    engine: Engine, session: Session, erased: None
) -> None:
    runs = make_runs(engine)
    with sole_worker(session, TASK):
        run_id = runs.begin(session, "programme", "Olga", 1)
        runs.wait()
    is_postgres = engine.dialect.name == "postgresql"  # SQLite has one process
    run = runs.find(session, "programme", run_id)
    assert run.state is (RunState.BUSY if is_postgres else RunState.DONE)
    assert rows(session) == (1 if is_postgres else 0)


def test_a_run_that_fails_says_so_and_tells_nothing_of_any_record(
    engine: Engine, session: Session, erased: None, caplog: pytest.LogCaptureFixture
) -> None:
    stored = session.scalars(select(ConsentEventRow.id)).one()
    session.execute(text("ALTER TABLE disposal_queue RENAME TO elsewhere"))
    session.commit()
    runs = make_runs(engine)
    run_id = runs.begin(session, "programme", "Olga", 1)
    runs.wait()
    assert runs.find(session, "programme", run_id).state is RunState.FAILED
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert stored not in caplog.text
    session.rollback()
    session.execute(text("ALTER TABLE elsewhere RENAME TO disposal_queue"))
    session.commit()
    run_id = runs.begin(session, "programme", "Olga", 1)
    runs.wait()
    assert runs.find(session, "programme", run_id).state is RunState.DONE
    assert rows(session) == 0


def test_a_run_whose_process_ended_is_told_as_broken_off(engine: Engine, session: Session) -> None:
    make_log(session)
    with write_transaction(session):
        record_action(
            session,
            officer="Olga",
            action=BEGIN,
            subject_id=NAME,
            detail={"site": "programme", "planned": 7},
            now=NOW,
        )
    runs = make_runs(engine)
    run = runs.find(session, "programme", NAME)
    assert (run.state, run.planned, run.removed) == (RunState.BROKEN_OFF, 7, 0)
    if engine.dialect.name == "postgresql":
        with Session(engine) as other, sole_worker(other, TASK):
            assert runs.find(session, "programme", NAME).state is RunState.RUNNING
    for site, name in (("programme", NAME.replace("1", "2")), ("library", NAME)):
        with pytest.raises(NotFoundError):
            runs.find(session, site, name)


@pytest.mark.parametrize(
    ("seen", "found", "expected"),
    [(0, 10, False), (0, 11, True), (5, 15, False), (5, 16, True), (10_000, 10_100, False),
     (10_000, 10_101, True), (5, 1, False)],
)  # fmt: skip
def test_what_comes_to_its_end_meanwhile_is_tolerated_up_to_a_hundredth(
    *, seen: int, found: int, expected: bool
) -> None:
    due = Due("programme", DisposalClass.RETENTION_GRANT, found)
    assert has_grown({"programme retention_grant": seen}, [due]) is expected
    locked = Due("programme", DisposalClass.ERASURE, found, is_restricted=True)
    assert has_grown({"programme locked": seen}, [locked]) is expected
