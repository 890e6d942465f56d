"""The daily checks: made once a day and on request, by one process, in a process of their own."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from consent.core.checks import KEPT_DAYS, CheckKind, Outcome, latest_check, next_check
from consent.core.times import parse_rfc3339
from consent.services.check_commands import CheckCommands, Result, interpreter, read_result
from consent.services.checking import TASK, Checking, ask_for_checks, checked, latest_checks
from consent.store.checks import CheckRun, insert_run, list_open, mark_started
from consent.store.database import write_transaction
from tests.service import Clock, make_app

MORNING = parse_rfc3339("2026-11-23T05:00:00Z")
VERIFIED = {
    "verdict": "ok",
    "logs": [
        {
            "origin": "site.example/log/university/1",
            "size": 41_233,
            "signed_at": "2026-11-23T02:59:00Z",
            "checkpoints": 7,
            "opened": 41_000,
            "anchored_at": None,
            "counts": {"unanchored": 1},
            "findings": [{"type": "unanchored", "text": "nobody", "record": "a record's id"}],
        }
    ],
}
LOOKED_AT = {
    "summary": {"ok": 30, "warning": 1, "problem": 1, "skipped": 0},
    "findings": [
        {"group": "keys", "check": "keys", "level": "ok", "found": "fine", "advice": ""},
        {"group": "sites", "check": "https", "level": "warning", "found": "w", "advice": "a"},
        {"group": "clock", "check": "year", "level": "problem", "found": "p", "advice": "b"},
    ],
}


def program(verify: str = "", doctor: str = "") -> list[str]:
    """Return a program that prints these reports."""
    reports = {"verify": verify or json.dumps(VERIFIED), "doctor": doctor or json.dumps(LOOKED_AT)}
    return [sys.executable, "-c", f"import sys; print({reports!r}[sys.argv[1]])"]


def make_checking(engine: Engine, clock: Clock, commands: CheckCommands | None = None) -> Checking:
    made = commands or CheckCommands(program())
    return Checking(lambda: Session(engine), clock.now_ms, made, first_seconds=0)


@pytest.fixture
def clock() -> Clock:
    return Clock(MORNING)


def ended(engine: Engine, kind: CheckKind = CheckKind.LOG) -> list[CheckRun]:
    with Session(engine) as session:
        return latest_checks(session)[kind]


def test_the_checks_of_a_day_begin_at_three() -> None:
    assert latest_check(MORNING) == parse_rfc3339("2026-11-23T03:00:00Z")
    assert next_check(MORNING) == parse_rfc3339("2026-11-24T03:00:00Z")
    assert latest_check(latest_check(MORNING) - 1) == parse_rfc3339("2026-11-22T03:00:00Z")


def test_both_are_made_once_a_day_and_kept_without_naming_records(
    engine: Engine, clock: Clock
) -> None:
    checking = make_checking(engine, clock)
    checking.run_once()
    checking.run_once()
    (log,), (service,) = ended(engine), ended(engine, CheckKind.SERVICE)
    assert (log.outcome, log.asked_by, log.ended_at) == (Outcome.OK, None, MORNING)
    assert log.result["logs"][0]["size"] == 41_233
    assert "record's id" not in json.dumps(log.result)
    assert service.outcome is Outcome.PROBLEM
    assert [one["found"] for one in service.result["findings"]] == ["p", "w"]
    clock.pass_days(1)
    checking.run_once()
    assert len(ended(engine)) == 2


def test_they_are_forgotten_after_more_than_a_year(engine: Engine, clock: Clock) -> None:
    checking = make_checking(engine, clock)
    checking.run_once()
    clock.pass_days(KEPT_DAYS)
    checking.run_once()
    assert len(ended(engine)) == 2
    clock.pass_days(1)
    checking.run_once()
    assert [run.ended_at for run in ended(engine)] == [clock.now, clock.now - 86_400_000]


def test_who_asks_waits_for_the_one_that_runs(engine: Engine, clock: Clock) -> None:
    checking = make_checking(engine, clock)
    checking.run_once()
    with Session(engine) as session:
        assert ask_for_checks(session, by="Olga", now=clock.now + 1)
        assert not ask_for_checks(session, by="Otto", now=clock.now + 2)
        waiting = checked(session)[CheckKind.LOG].open
        assert waiting is not None
        assert (waiting.asked_by, waiting.started_at) == ("Olga", None)
    checking.run_once()
    assert [run.asked_by for run in ended(engine)] == ["Olga", None]
    with Session(engine) as session:
        assert list_open(session) == []


def test_what_could_not_be_made_leaves_the_last_verdict(engine: Engine, clock: Clock) -> None:
    make_checking(engine, clock).run_once()
    clock.pass_days(1)
    unchecked = json.dumps({"verdict": "unchecked", "error": "nothing was sealed yet"})
    broken = make_checking(engine, clock, CheckCommands(program(unchecked, "no report")))
    broken.run_once()
    with Session(engine) as session:
        log, service = checked(session)[CheckKind.LOG], checked(session)[CheckKind.SERVICE]
    assert log.newest is not None
    assert log.verdict is not None
    assert (log.newest.outcome, log.verdict.outcome) == (Outcome.FAILED, Outcome.OK)
    assert log.newest.result["reason"] == "nothing was sealed yet"
    assert service.newest is not None
    assert service.newest.result == {
        "reason": "the command ended with code 0 and no report",
        "said": ["the command ended with code {code} and no report", {"code": "0"}],
    }


def test_a_program_that_is_not_there_is_told(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    make_checking(engine, clock, CheckCommands([str(tmp_path / "none")])).run_once()
    reason = ended(engine)[0].result["reason"]
    assert reason == "the command could not be started (FileNotFoundError)"


def test_what_a_process_left_behind_is_made_again(engine: Engine, clock: Clock) -> None:
    with Session(engine) as session, write_transaction(session):
        insert_run(session, CheckKind.LOG, None, clock.now)
        mark_started(session, list_open(session)[0].id, clock.now)
    clock.now += 1
    make_checking(engine, clock).run_once()
    assert [run.outcome for run in ended(engine)] == [Outcome.OK, Outcome.INTERRUPTED]


def test_only_one_process_checks(engine: Engine, clock: Clock) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as other, other.begin():
        other.execute(text("SELECT pg_advisory_xact_lock(:task)"), {"task": TASK})
        make_checking(engine, clock).run_once()
        assert ended(engine) == []
    make_checking(engine, clock).run_once()
    assert len(ended(engine)) == 1


def test_the_end_of_a_process_ends_its_check(engine: Engine, clock: Clock) -> None:
    began = threading.Event()

    class Watched(CheckCommands):
        def run(self, kind: CheckKind) -> Result:
            began.set()
            return super().run(kind)

    sleeping = Watched([sys.executable, "-c", "import time; time.sleep(600)"])
    checking = make_checking(engine, clock, sleeping)
    checking.ensure_started()
    checking.ensure_started()
    assert began.wait(60)
    checking.stop()
    assert not [one for one in threading.enumerate() if one.name == "consent-checking"]
    assert [run.outcome for run in ended(engine)] == [Outcome.INTERRUPTED]


def test_the_real_commands_check_a_real_installation(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_app(sqlite_url, tmp_path)
    monkeypatch.setenv("CONSENT_HOME", str(tmp_path))
    monkeypatch.setenv("CONSENT_DATABASE_URL", sqlite_url)
    commands = CheckCommands()
    log, service = commands.run(CheckKind.LOG), commands.run(CheckKind.SERVICE)
    assert log.outcome is Outcome.FAILED
    assert log.summary["reason"].startswith("nothing was sealed into any log yet")
    assert service.outcome.is_verdict
    assert "No site is published." in [one["found"] for one in service.summary["findings"]]


def test_the_interpreter_is_python_even_within_a_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert interpreter() == sys.executable
    monkeypatch.setattr(sys, "executable", "/usr/sbin/uwsgi")
    assert interpreter() == str(Path(sys.prefix) / "bin" / "python3")


def test_what_is_kept_of_a_report_does_not_say_for_whom_it_was() -> None:
    found = "alpha: dpo@alpha.nl did not get the report of 2026-10: 550 <dpo@alpha.nl>: no"
    finding = {"group": "reports", "check": "delivery", "level": "problem", "advice": "b"}
    output = json.dumps({"summary": {"problem": 1}, "findings": [finding | {"found": found}]})
    (kept,) = read_result(CheckKind.SERVICE, output, 1).summary["findings"]
    told = "alpha: a recipient did not get the report of 2026-10: 550 <a recipient>: no"
    assert kept["found"] == told
