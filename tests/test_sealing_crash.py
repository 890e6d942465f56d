"""Sealers race each other and the writers, and die at every step: nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from consent.services.keys import make_key_files
from consent.services.sealing import seal_all
from consent.services.sealing_head import check_against
from consent.services.sealing_thread import state_files_in
from consent.store.log import OK, find_state, waiting_for
from consent.store.log_heads import latest_published, stream_checkpoints
from consent.store.tables import ConsentEventRow, LogRecordRow
from tests.log import assert_whole
from tests.sealing_process import STEPS, keys_in, stop_file
from tests.world import START, World

pytestmark = pytest.mark.slow

WRITERS = 2
PATIENCE = 120


@contextmanager
def running(what: str, home: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process of `tests.sealing_process`; leave none behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sealing_process", what, str(home), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended(process: subprocess.Popen[str]) -> list[str]:
    """Return what a process printed that ended well."""
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    return output.splitlines()


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_sealer_that_dies_at_any_step_leaves_one_whole_log(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    make_key_files(tmp_path / "keys")
    keys = keys_in(tmp_path)
    shown: set[str] = set()
    with Session(engine) as session, ExitStack() as stack:
        site = World(session, now=START, keys=keys).publish()
        log_id = site.deployment.log_id

        def start(what: str) -> subprocess.Popen[str]:
            return stack.enter_context(running(what, tmp_path, database_url))

        writers = [start("write") for _ in range(WRITERS)]
        rival = start("seal")
        victims = start("die")
        while victims.poll() is None:
            head = latest_published(session, log_id)
            session.rollback()
            shown.update([] if head is None else [head.note])
            time.sleep(0.1)
        output, errors = victims.communicate(timeout=PATIENCE)
        assert output.splitlines() == [f"-9 {step}" for step in STEPS], errors
        stop_file(tmp_path).touch()
        answered = [event_id for writer in writers for event_id in ended(writer)]
        ended(rival)
        assert_one_whole_log(session, log_id, tmp_path, answered, shown)


def assert_one_whole_log(
    session: Session, log_id: str, home: Path, answered: list[str], shown: set[str]
) -> None:
    keys = keys_in(home)
    assert_whole(session, keys)  # whatever the dead have left
    seal_all(session, log_id, keys, now=time.time_ns() // 1_000_000)
    assert_whole(session, keys)
    state = find_state(session, log_id)
    assert state is not None
    assert state.status == OK
    assert waiting_for(session, log_id).count == 0
    assert state.size == count(session, ConsentEventRow) + count(session, LogRecordRow)
    stored = set(session.scalars(select(ConsentEventRow.id)))
    assert set(answered) <= stored
    assert len(answered) >= len(STEPS)
    published = {head.note for head in stream_checkpoints(session, log_id)}
    assert shown
    assert shown <= published  # what was shown is never taken back
    note = state_files_in(home).read(log_id)
    assert note is not None
    assert check_against(session, log_id, note, keys) is None
    session.rollback()
