"""`consent log`: seal by hand or in a loop, and see how each log stands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from consent.services.publishing import propose, publish
from consent.store.log import find_state, waiting_for
from consent.store.log_heads import latest_published
from tests.cli.installations import Home, command, process_environment
from tests.make import make_site

LOG = "leiden-university/1"
WAITS = 120


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{home.database}")
    yield engine
    engine.dispose()


@pytest.fixture
def published(engine: Engine) -> None:
    """A site was published a minute ago; what the log says of it waits."""
    with Session(engine) as session:
        publish(session, propose(session, make_site()), now=now_ms() - 30_000)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def statuses(home: Home, *, exit_code: int = 0) -> list[dict[str, Any]]:
    result = home.run("log", "status", "--json")
    assert result.exit_code == exit_code, result.output
    logs: list[dict[str, Any]] = json.loads(result.stdout)["logs"]
    return logs


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_without_a_site_there_is_no_log(home: Home) -> None:
    result = home.run("log", "status")
    assert result.exit_code == 0
    assert "There is no log yet" in result.output
    assert home.run("log", "seal").output == "Nothing waits to be sealed.\n"


@pytest.mark.usefixtures("published")
def test_sealing_by_hand_seals_all_and_publishes_the_head(home: Home, engine: Engine) -> None:
    (before,) = statuses(home)
    assert (before["size"], before["pending"], before["published_size"]) == (0, 1, None)
    assert before["oldest_pending"] is not None
    result = home.run("log", "seal")
    assert result.exit_code == 0
    assert result.output == f"{LOG}: sealed 4.\n{LOG}: published the head of 4 entries.\n"
    (after,) = statuses(home)
    assert (after["size"], after["pending"], after["published_size"]) == (4, 0, 4)
    assert after["status"] == "ok"
    assert after["log"] == LOG
    assert after["origin"] == "programme.example/consent/log/leiden-university/1"
    assert after["unanchored_since"] == after["published_at"]
    assert home.run("log", "seal").output == "Nothing waits to be sealed.\n"
    assert (home.path / "log-state" / "leiden-university-1.note").is_file()


@pytest.mark.usefixtures("published")
def test_status_is_told_to_people(home: Home) -> None:
    result = home.run("log", "status")
    assert "  waiting   1, the oldest for 3" in result.output
    assert "  head      none published yet" in result.output
    home.run("log", "seal")
    result = home.run("log", "status")
    assert result.output.startswith(f"{LOG}\n  origin    programme.example/")
    assert "  waiting   nothing\n" in result.output
    assert "  head      4 entries, published 20" in result.output
    assert "  anchors   unanchored since 20" in result.output
    assert "  status    ok since 20" in result.output


@pytest.mark.usefixtures("published")
def test_a_refused_log_is_told_with_the_evidence(home: Home, engine: Engine) -> None:
    home.run("log", "seal")
    change(engine, "UPDATE log_state SET root = zeroblob(32)")
    change(engine, "INSERT INTO log_pending VALUES ('a', 'leiden-university/1', 'e', 1)")
    result = home.run("log", "seal")
    assert result.exit_code == 1
    assert result.output == (
        f"Error: log {LOG} is not signed, since it is tampered; `consent log status` says more\n"
    )
    (status,) = statuses(home, exit_code=1)
    assert status["status"] == "tampered"
    assert status["is_late"]
    shown = home.run("log", "status")
    assert shown.exit_code == 1
    assert "  status    tampered since 20" in shown.output
    assert "give another root" in shown.output
    assert "which is late" in shown.output


@pytest.mark.usefixtures("published")
def test_a_log_that_is_late_ends_the_status_with_exit_code_1(home: Home, engine: Engine) -> None:
    change(engine, "UPDATE log_pending SET enqueued_at = enqueued_at - 60000")
    (status,) = statuses(home, exit_code=1)
    assert status["is_late"]
    assert status["status"] == "ok"


@pytest.mark.usefixtures("published")
def test_a_superseded_epoch_is_marked(home: Home, engine: Engine) -> None:
    change(engine, "INSERT INTO log VALUES ('leiden-university/2', 'x/log/leiden-university/2', 1)")
    old, new = statuses(home)
    assert (old["in_force"], new["in_force"]) == (False, True)
    assert f"{LOG} (superseded)\n" in home.run("log", "status").output


@pytest.mark.usefixtures("published")
def test_where_a_command_seals_only_it_needs_the_keys_of_the_log(home: Home) -> None:
    settings = {"CONSENT_SEALING": "command"}
    assert home.run("log", "seal", **settings).exit_code == 0
    for name in ("log.pem", "clock.pem"):
        (home.keys / name).unlink()
    assert home.run("log", "status", **settings).exit_code == 0
    result = home.run("log", "seal", **settings)
    assert result.exit_code == 1
    assert "CONSENT_LOG_KEY: there is no file" in result.output
    assert "CONSENT_CLOCK_KEY: there is no file" in result.output


@pytest.mark.slow
@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_loop_seals_what_comes_until_it_is_told_to_end(
    home: Home, engine: Engine, number: int
) -> None:
    process = subprocess.Popen(
        command("log", "seal", "--loop"),
        env=process_environment(home.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with Session(engine) as session:
            wait_until(lambda: latest_published(session, LOG) is not None, session)
            insert = "INSERT INTO log_pending VALUES ('a', :log, zeroblob(32), :now)"
            session.execute(text(insert), {"log": LOG, "now": now_ms()})
            session.commit()
            wait_until(lambda: waiting_for(session, LOG).count == 0, session)
            state = find_state(session, LOG)
        assert state is not None
        assert state.size == 5
        os.kill(process.pid, number)
        output, _ = process.communicate(timeout=WAITS)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0
    assert output == "Sealing every second (Ctrl-C ends it).\nEnded.\n"


def wait_until(is_so: Any, session: Session) -> None:
    deadline = time.monotonic() + WAITS
    while not is_so():
        session.rollback()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    session.rollback()


def test_the_state_files_lie_in_the_home_folder(home: Home) -> None:
    from consent.services.sealing_thread import state_files_in

    assert state_files_in(home.path).path("a-b/12") == Path(home.path, "log-state", "a-b-12.note")
