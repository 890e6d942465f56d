"""Exports are made beside the service: once, whole or not at all, whatever dies meanwhile."""

from __future__ import annotations

import csv
import hashlib
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotPermittedError, RuleError
from consent.services import export_bodies
from consent.services.export_files import ExportFiles
from consent.services.export_jobs import Order, export_of, order_again, stop_job
from consent.services.export_worker import Beat, Making
from consent.services.exporting import ABORT, CREATE, FINISH
from consent.store import export_jobs as store
from consent.store.events import EventFilter
from consent.store.export_jobs import JobState
from tests.exports import CSV, OLGA, Office
from tests.packs import CHIEF, make_world


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite, where the engine makes no difference; test_export_races.py has both."""
    return sqlite_url


@pytest.fixture
def office(session: Session, engine: Engine, tmp_path: Path) -> Office:
    return Office(make_world(session, tmp_path / "state"), engine, ExportFiles(tmp_path))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen when a worker has begun to write an export."""
    original = export_bodies.body_of

    def arrange(happen: Callable[[], Any]) -> None:
        def body_of(*args: Any, **options: Any) -> Any:
            body = original(*args, **options)
            chunks = iter(body)

            class Interrupted(type(body)):  # type: ignore[misc]
                def __iter__(self) -> Iterator[bytes]:
                    happen()
                    while (chunk := next(chunks, None)) is not None:
                        yield chunk

            body.__class__ = Interrupted
            return body

        monkeypatch.setattr("consent.services.export_worker.body_of", body_of)

    return arrange


@pytest.mark.legal("AE-06")
def test_a_job_is_made_into_a_private_file_and_both_ends_are_recorded(office: Office) -> None:
    job = office.order()
    assert (job.state, office.actions(job)) == (JobState.WAITING, [CREATE])
    assert office.worker().run_once() == 1
    made, content = office.job(job), office.content(job)
    assert (made.state, made.rows, made.size) == (JobState.DONE, 4, len(content))
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert made.expires_at == office.world.now + 7 * MILLIS_PER_DAY
    assert len(list(csv.DictReader(content.decode().splitlines()))) == 4
    assert office.actions(job) == [CREATE, FINISH]
    assert stat.S_IMODE(office.files.folder.stat().st_mode) == 0o700
    (name,) = office.left
    assert stat.S_IMODE((office.files.folder / name).stat().st_mode) == 0o600
    assert office.worker().run_once() == 0


def test_who_asks_twice_gets_the_same_job_until_it_has_ended(office: Office) -> None:
    job = office.order()
    assert office.order() == job
    assert office.order(replace(CSV, form="jsonl")).id != job.id
    office.worker().run_once()
    again = order_again(office.world.session, job, officer=CHIEF, now=office.world.now)
    assert again.id != job.id
    assert (again.officer, again.filter, again.purpose) == ("Chief", job.filter, job.purpose)


@pytest.mark.legal("AE-05", "AE-06")
def test_what_may_not_be_asked_for_is_refused_and_not_recorded(office: Office) -> None:
    refused: list[tuple[Order, type[Exception], str]] = [
        (replace(CSV, as_stored=True), RuleError, "a reason has to be named"),
        (replace(CSV, form="xlsx"), RuleError, "cannot be made as 'xlsx'"),
        (replace(CSV, wanted=EventFilter(sites=("library",))), NotPermittedError, "may not see"),
        (
            replace(CSV, wanted=EventFilter(sites=("programme",), category="zzz")),
            RuleError,
            "names a category 'zzz'",
        ),
    ]
    for order, error, message in refused:
        with pytest.raises(error, match=message):
            office.order(order)
    assert store.list_jobs(office.world.session, "programme", most=9) == []


def test_a_site_cannot_fill_the_queue(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.services.export_jobs.MOST_GOING", 2)
    office.order()
    office.order(replace(CSV, reference="12"))
    with pytest.raises(RuleError, match="too many exports"):
        office.order(replace(CSV, reference="13"))


def test_who_was_silent_too_long_leaves_the_job_to_the_other(
    office: Office, meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    job = office.order()

    def take_over() -> None:
        assert office.claim(office.job(job), "b")

    meanwhile(take_over)
    assert office.worker().run_once() == 0
    assert (office.job(job).state, office.job(job).worker) == (JobState.RUNNING, "b")
    assert office.actions(job) == [CREATE]
    assert office.left == []


def test_what_is_stopped_while_it_is_made_leaves_no_file(
    office: Office, meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    """And nobody has to wait for the file: no lock is held while it is written."""
    job = office.order()

    def stop() -> None:
        with Session(office.engine) as session:
            assert stop_job(session, job, officer=OLGA, now=office.world.now)

    meanwhile(stop)
    assert office.worker().run_once() == 0
    assert (office.job(job).state, office.left) == (JobState.CANCELLED, [])
    assert office.actions(job) == [ABORT, CREATE]


def test_a_worker_that_is_ended_leaves_the_job_to_the_next(
    office: Office, meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    job, worker = office.order(), office.worker()
    meanwhile(worker.stop)
    assert worker.run_once() == 0
    waiting = office.job(job)
    assert (waiting.state, waiting.attempts, office.left) == (JobState.WAITING, 0, [])
    assert office.worker().run_once() == 1
    assert office.actions(job) == [CREATE, FINISH]


def test_a_beat_tells_how_far_it_is_and_notices_that_the_job_was_lost(office: Office) -> None:
    job = office.order()
    assert office.claim(job, "a")
    making = Making(office.job(job), export_of(job), expected=4)
    beat = Beat(making, lambda: Session(office.engine), lambda: office.world.now + 5)
    beat.tell()
    told = office.job(job)
    assert (told.beat_at, told.rows_done, told.rows_expected) == (office.world.now + 5, 0, 4)
    assert not making.lost.is_set()
    stop_job(office.world.session, job, officer=OLGA, now=office.world.now)
    beat.tell()
    assert making.lost.is_set()


def test_why_a_job_failed_is_told_without_any_record(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.files.folder.write_text("in the way")
    job = office.order()
    office.worker().run_once()
    assert (office.job(job).state, office.job(job).fault) == (JobState.FAILED, "disk")
    assert office.actions(job) == [ABORT, CREATE]
    assert f"export {job.id} could not be made (FileExistsError)" in caplog.text


def test_a_full_disk_is_told_apart(
    office: Office, meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    def fill() -> None:
        raise OSError(28, "No space left on device")

    meanwhile(fill)
    job = office.order()
    office.worker().run_once()
    assert (office.job(job).fault, office.left) == ("full", [])


@pytest.mark.legal("RR-01")
def test_files_go_after_a_week_and_jobs_after_a_quarter(office: Office) -> None:
    job = office.order()
    worker = office.worker()
    worker.run_once()
    stranger = office.files.folder / "notes.txt"
    stranger.write_text("not ours")
    office.world.pass_days(7)
    office.world.now -= 1
    worker.clear_up()
    assert len(office.left) == 2
    office.world.now += 1
    worker.clear_up()
    assert (office.job(job).state, office.left) == (JobState.EXPIRED, ["notes.txt"])
    office.world.pass_days(83)
    worker.clear_up()
    assert office.job(job).state is JobState.EXPIRED
    office.world.now += 1
    worker.clear_up()
    assert store.find_job(office.world.session, job.id) is None


def test_the_thread_makes_what_is_asked_for_and_ends_when_told(office: Office) -> None:
    worker = office.worker()
    worker.ensure_started()
    job = office.order()
    worker.wake()
    given_up = monotonic() + 60
    while office.job(job).state is not JobState.DONE and monotonic() < given_up:
        sleep(0.02)
    worker.stop()
    assert office.job(job).state is JobState.DONE
    assert [
        one.name for one in threading.enumerate() if one.name.startswith("consent-export")
    ] == []
