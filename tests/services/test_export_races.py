"""A job is made once, on each engine, however many are after it and whoever dies."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.services.export_files import ExportFiles
from consent.services.export_worker import SILENT_MS, ExportWorker
from consent.services.exporting import ABORT, CREATE, FINISH
from consent.store.export_jobs import JobState
from tests.exports import Office
from tests.packs import make_world


@pytest.fixture
def office(session: Session, engine: Engine, tmp_path: Path) -> Office:
    return Office(make_world(session, tmp_path / "state"), engine, ExportFiles(tmp_path))


def test_of_two_who_claim_one_succeeds(office: Office) -> None:
    job = office.order()
    assert office.claim(job, "a")
    assert not office.claim(job, "b")
    assert office.job(job).worker == "a"


def test_two_workers_at_the_same_time_make_a_job_once(office: Office) -> None:
    job = office.order()
    together = threading.Barrier(2)

    def work(worker: ExportWorker) -> int:
        together.wait(120)
        return worker.run_once()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, [office.worker(), office.worker()])) == 1
    assert office.actions(job) == [CREATE, FINISH]
    assert len(office.left) == 1


def test_a_job_whose_worker_died_is_taken_over_and_its_remains_go(office: Office) -> None:
    job, dead = office.order(), "0196d5f0-0000-4000-8000-000000000000"
    assert office.claim(job, dead)
    office.files.folder.mkdir()
    (office.files.folder / f"{job.id}.{dead}.part").write_bytes(b"half")
    office.world.now += SILENT_MS
    assert office.worker().run_once() == 0
    office.world.now += 1
    worker = office.worker()
    assert worker.run_once() == 1
    made = office.job(job)
    assert (made.state, made.attempts) == (JobState.DONE, 2)
    worker.clear_up()
    assert office.left == [f"{job.id}.{made.worker}"]


def test_a_job_that_kills_three_workers_is_given_up(office: Office) -> None:
    job = office.order()
    for name in ("a", "b", "c"):
        assert office.claim(office.job(job), name)
        office.world.now += SILENT_MS + 1
    assert office.worker().run_once() == 0
    ended = office.job(job)
    assert (ended.state, ended.fault) == (JobState.FAILED, "interrupted")
    assert office.actions(job) == [ABORT, CREATE]
