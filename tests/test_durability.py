"""What was answered with 201 is on disk: the real server, killed in the middle of its work."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from consent.audit.entry import commitment
from consent.store.migrate import upgrade
from consent.store.tables import ConsentEventRow
from tests.log import entries_of_the_log
from tests.ports import free_port
from tests.world import new_id

pytestmark = pytest.mark.slow

API = "/consent/api/v1/sites/programme"
WRITERS = 4
FEWEST_ANSWERS = 20
START_SECONDS = 120


@contextmanager
def running_demo(home: Path, database_url: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Start `consent demo` as a person would, in a process group of its own."""
    port = free_port()
    program = Path(sys.executable).with_name("consent")
    environ = {
        **os.environ,
        "CONSENT_HOME": str(home),
        "CONSENT_DATABASE_URL": database_url,
        "CONSENT_WRITES_PER_MINUTE": "0",
    }
    with (home / "output").open("wb") as output:
        process = subprocess.Popen(
            [program, "demo", "--port", str(port)],
            env=environ,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            wait_until_it_answers(port, process, home / "output")
            yield port, process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(output.read_text())
        try:
            if ask(port, "GET", "/consent/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the demo did not answer within {START_SECONDS} s")


def ask(port: int, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def submit_until_it_dies(port: int, token: str, answered: list[str]) -> None:
    choices = {"functional": True, "personalisation": False, "ads": True}
    while True:
        body = {
            "submission_id": new_id(),
            "notice_token": token,
            "control": "save",
            "layer": "dialog",
            "choices": choices,
        }
        try:
            status, answer = ask(port, "POST", f"{API}/consents", body)
        except (OSError, http.client.HTTPException):
            return
        if status == 201:
            answered.append(json.loads(answer)["id"])


def test_nothing_acknowledged_is_lost_at_kill_9(database_url: str, tmp_path: Path) -> None:
    upgrade(database_url)
    answered: list[str] = []
    with running_demo(tmp_path, database_url) as (port, process):
        token = json.loads(ask(port, "GET", f"{API}/notice")[1])["notice_token"]
        writers = [
            threading.Thread(target=submit_until_it_dies, args=(port, token, answered))
            for _ in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + START_SECONDS
        while len(answered) < FEWEST_ANSWERS and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        for writer in writers:
            writer.join()
    assert len(answered) >= FEWEST_ANSWERS
    assert_stored_whole(database_url, answered)


def assert_stored_whole(database_url: str, answered: list[str]) -> None:
    """Every acknowledged event is there and opens its commitment, in the log or on its way."""
    engine = create_engine(database_url)
    with Session(engine) as session:
        if engine.dialect.name == "sqlite":
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        rows = {row.id: row for row in session.scalars(select(ConsentEventRow))}
        logged = entries_of_the_log(session)
        for event_id in answered:
            row = rows[event_id]
            assert commitment(row.payload.encode(), row.salt) == row.entry == logged[event_id]
        assert rows.keys() <= logged.keys()
    engine.dispose()
