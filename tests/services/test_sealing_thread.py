"""The sealing happens by itself, survives every fault, tells of each once, and ends cleanly."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from consent.app import SEALER, create_app
from consent.services import builds, sealing_thread
from consent.services.keys import make_key_files
from consent.services.sealing_thread import Sealer, state_files_in
from consent.services.sealing_wait import wait_until_published
from consent.settings import load_settings
from consent.store.database import db
from consent.store.log import find_leaf, logs_that_wait, waiting_for
from consent.store.log_heads import latest_published, latest_signed
from tests.log import WorldLog, assert_whole
from tests.make import make_site, make_site_text
from tests.service import Clock, keys_of, make_app
from tests.world import Browser, World

NAME = "consent-sealing"
PATIENCE = 120


@pytest.fixture
def sealer(engine: Engine, world: World, tmp_path: Path) -> Iterator[Sealer]:
    sealer = Sealer(
        lambda: Session(engine),
        world.keys,
        lambda: world.now,
        state_files=state_files_in(tmp_path),
        at_once=True,
        every_seconds=0.05,
    )
    yield sealer
    sealer.stop()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def record(world: World) -> str:
    recorded = Browser(world).accept_all()
    assert recorded.stored is not None
    return recorded.stored.event.id


def test_a_round_seals_and_publishes_every_log(world: World, sealer: Sealer) -> None:
    done = sealer.run_once()
    log_id = world.site().deployment.log_id
    assert done.sealed == {log_id: 4}
    assert [head.size for head in done.published] == [4]
    assert done.refused == {}
    assert_whole(world.session, world.keys)
    again = sealer.run_once()
    assert (again.sealed, again.published) == ({}, [])


def test_a_round_records_the_builds_of_a_new_version(
    world: World, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealer.run_once()
    monkeypatch.setattr(builds, "script_build", lambda: "ab" * 32)
    later = Sealer(
        lambda: Session(world.session.get_bind()),
        world.keys,
        lambda: world.now,
        state_files=sealer._state_files,
    )
    assert sum(later.run_once().sealed.values()) == 1


def test_a_state_file_that_cannot_be_read_is_told_and_tried_again(
    world: World, sealer: Sealer
) -> None:
    log_id = world.site().deployment.log_id
    path = sealer._state_files.path(log_id)
    path.mkdir(parents=True)
    done = sealer.run_once()
    assert (done.sealed, done.published) == ({}, [])
    assert "cannot be read" in done.refused[log_id]
    path.rmdir()
    again = sealer.run_once()
    assert (again.refused, [head.size for head in again.published]) == ({}, [4])


def test_a_sealer_that_stands_by_remembers_what_another_machine_published(
    engine: Engine, world: World, sealer: Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without signing anything: if the database is set back later, it knows."""
    monkeypatch.setattr(sealing_thread, "LOOK_AT_IDLE_LOGS_SECONDS", 0)
    log_id = world.site().deployment.log_id
    there = Sealer(
        lambda: Session(engine),
        world.keys,
        lambda: world.now,
        state_files=state_files_in(tmp_path / "there"),
    )
    sealer.run_once()
    there.run_once()
    record(world)
    world.now += 1000
    [head] = sealer.run_once().published
    world.now += 1000
    assert there.run_once().published == []
    assert state_files_in(tmp_path / "there").read(log_id) == head.note


def test_the_thread_starts_once_seals_what_comes_and_ends(world: World, sealer: Sealer) -> None:
    assert threads() == []
    sealer.ensure_started()
    sealer.ensure_started()
    assert len(threads()) == 1
    assert threads()[0].daemon
    event_id = record(world)
    head = wait_until_published(world.session, event_id, wake=sealer.wake, seconds=PATIENCE)
    assert head is not None
    leaf = find_leaf(world.session, event_id)
    assert leaf is not None
    assert leaf.index < head.size
    sealer.stop()
    assert threads() == []
    sealer.ensure_started()
    assert threads() == []
    assert_whole(world.session, world.keys)


def test_waiting_for_a_head_ends_in_time(world: World) -> None:
    event_id = record(world)
    asked: list[bool] = []
    began = time.monotonic()
    found = wait_until_published(
        world.session, event_id, wake=lambda: asked.append(True), seconds=0.1
    )
    assert found is None
    assert asked == [True]
    assert time.monotonic() - began < PATIENCE


def test_a_refused_log_is_told_of_once_and_keeps_no_other_from_being_sealed(
    world: World, sealer: Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    sealer.run_once()
    world.session.execute(text("UPDATE log_state SET status = 'forked'"))
    world.session.commit()
    text_of_other = make_site_text(site_id="library", origin="https://library.example")
    world.publish_site(replace(make_site(text=text_of_other), log_name="library"))
    record(world)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            sealer._run_safely()
    messages = [entry.message for entry in caplog.records]
    refused = world.site().deployment.log_id
    assert messages == [
        f"log {refused} is not signed, since it is forked; it is tried again every second"
    ]
    assert logs_that_wait(world.session) == [refused]
    assert waiting_for(world.session, refused).count == 1
    assert waiting_for(world.session, "library/1").count == 0


def test_a_fault_of_the_database_is_told_without_any_record_and_survived(
    world: World, sealer: Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    event_id = record(world)
    world.session.execute(text("ALTER TABLE log_pending RENAME TO elsewhere"))
    world.session.commit()
    with caplog.at_level(logging.WARNING):
        sealer._run_safely()
        sealer._run_safely()
        world.session.execute(text("ALTER TABLE elsewhere RENAME TO log_pending"))
        world.session.commit()
        sealer._run_safely()
    assert [entry.levelname for entry in caplog.records] == ["ERROR", "WARNING"]
    assert "the log could not be sealed (" in caplog.records[0].message
    assert caplog.records[1].message == "the log is sealed again"
    assert event_id not in caplog.text
    assert "Traceback" not in caplog.text
    assert find_leaf(world.session, event_id) is not None


def test_the_first_round_compares_with_the_state_file_before_it_seals(
    world: World, sealer: Sealer, tmp_path: Path
) -> None:
    log = WorldLog(world, state_files_in(tmp_path).folder)
    log.seal()
    log.publish()
    note = log.state_files.read(log.log_id)
    assert note is not None
    for table in ("log_index", "log_tile", "log_checkpoint", "log_state"):
        world.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 -- names
    world.session.commit()
    event_id = record(world)
    done = sealer.run_once()
    assert done.sealed == {}
    assert done.refused == {log.log_id: f"log {log.log_id} is not signed, since it is rolled back"}
    assert find_leaf(world.session, event_id) is None
    assert latest_signed(world.session, log.log_id) is None


def test_a_sealer_that_is_told_to_end_makes_no_further_round(sealer: Sealer) -> None:
    sealer.end()
    sealer.run_until_ended()


def test_the_application_seals_from_its_first_request_on(database_url: str, tmp_path: Path) -> None:
    clock = Clock()
    app = make_app(database_url, tmp_path, make_site(), clock=clock, sealing=True)
    assert threads() == []
    assert app.test_client().get("/healthz").status_code == 200
    assert len(threads()) == 1
    sealer = app.extensions[SEALER]
    with app.app_context():
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            sealer.wake()
            if latest_published(db.session, "leiden-university/1") is not None:
                break
            db.session.rollback()
            time.sleep(0.02)
        else:
            pytest.fail("nothing was published")
        db.session.remove()
    assert (tmp_path / "log-state" / "leiden-university-1.note").is_file()


@pytest.mark.parametrize(
    "options", [{"sealing": False}, {"sealing": True, "CONSENT_SEALING": "command"}]
)
def test_an_application_can_leave_sealing_to_others(
    sqlite_url: str, tmp_path: Path, options: dict[str, Any]
) -> None:
    app = make_app(sqlite_url, tmp_path, make_site(), **options)
    app.test_client().get("/healthz")
    assert threads() == []
    assert SEALER not in app.extensions


def test_a_process_that_does_not_seal_needs_no_key_of_the_log(
    sqlite_url: str, tmp_path: Path
) -> None:
    make_key_files(tmp_path / "keys")
    for name in ("log.pem", "clock.pem"):
        (tmp_path / "keys" / name).rename(tmp_path / name)

    environ = {
        "CONSENT_HOME": str(tmp_path),
        "CONSENT_DATABASE_URL": sqlite_url,
        "CONSENT_SEALING": "command",
    }
    app = create_app(load_settings(environ), housekeeping=False)
    assert keys_of(app).log is None
    with app.app_context():
        db.engine.dispose()


def test_a_round_of_a_process_without_keys_is_refused(world: World, tmp_path: Path) -> None:
    bind = world.session.get_bind()
    sealer = Sealer(
        lambda: Session(bind),
        replace(world.keys, log=None),
        lambda: world.now,
        state_files=state_files_in(tmp_path),
    )
    (reason,) = sealer.run_once().refused.values()
    assert "does not hold the key" in reason
