"""Sealers race each other and the writers: every entry is sealed once, whoever is faster."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from consent.core.times import MILLIS_PER_DAY
from consent.services import sealing, sealing_publication
from consent.services.log_keys import signers_of
from consent.services.sealing import get_log, seal_all, seal_once
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import publish_checkpoint
from consent.store.database import write_transaction
from consent.store.log import (
    OK,
    logs_that_wait,
    pending_log_of,
)
from consent.store.log_heads import stream_checkpoints
from consent.store.log_sealing import elect_sealer, lock_log
from consent.store.tables import (
    LogPendingRow,
)
from tests.log import WorldLog, assert_tree, assert_whole
from tests.world import Browser, World

OF_PUBLISHING = 4  # three keys and what the site shows

# On SQLite sealers compete with what they computed; on PostgreSQL a lock keeps all but one out.
SQLITE_ONLY = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRES_ONLY = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


def test_racing_sealers_seal_each_entry_once(engine: Engine, world: World, log: WorldLog) -> None:
    """Threads write while others seal; every interleaving leaves one tree with everything."""
    log_id, keys, writers, acts = log.log_id, world.keys, 3, 8
    ended = threading.Event()

    def write(_: int) -> None:
        with Session(engine) as session:
            own = World(session, keys=keys)
            for _ in range(acts):
                Browser(own).refuse_all()

    def seal(_: int) -> int:
        sealed = 0
        with Session(engine) as session:
            while True:
                is_last = ended.is_set()
                done = seal_once(session, log_id, keys, now=world.now, batch=5)
                sealed += 0 if done is None else done.count
                if is_last and done is None and not logs_that_wait(session):
                    return sealed
                session.rollback()

    with ThreadPoolExecutor(writers + 3) as pool:
        sealers = [pool.submit(seal, number) for number in range(3)]
        list(pool.map(write, range(writers)))
        ended.set()
        total = sum(sealer.result() for sealer in sealers)
    assert total == OF_PUBLISHING + writers * acts
    assert_whole(world.session, keys)
    assert log.status() == (OK, "")


@SQLITE_ONLY
def test_a_batch_computed_from_an_old_head_is_dropped(
    engine: Engine, world: World, log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another sealer is faster, in the moment between computing and storing."""
    log.act(3)
    original = sealing._store

    def overtaken(session: Session, batch: sealing._Batch) -> None:
        monkeypatch.setattr(sealing, "_store", original)
        session.rollback()
        with Session(engine) as faster:
            assert seal_all(faster, log.log_id, world.keys, now=world.now, batch=2) is not None
        with write_transaction(session):
            original(session, batch)

    monkeypatch.setattr(sealing, "_store", overtaken)
    assert seal_once(world.session, log.log_id, world.keys, now=world.now) is None
    assert_whole(world.session, world.keys)


@SQLITE_ONLY
def test_a_head_that_moved_by_other_entries_is_seen_to_have_moved(
    engine: Engine, world: World, log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our entry still waits, so that only the head itself tells."""
    log.seal()
    log.act(1)
    original = signers_of

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(sealing, "signers_of", original)
        with Session(engine) as faster:
            row = LogPendingRow(
                event_id="0" * 36, log_id=log.log_id, entry=b"e" * 32, enqueued_at=world.now
            )
            faster.add(row)
            faster.commit()
            assert seal_once(faster, log.log_id, world.keys, now=world.now, batch=1) is not None
        return original(*arguments)

    monkeypatch.setattr(sealing, "signers_of", overtaken)
    assert seal_once(world.session, log.log_id, world.keys, now=world.now) is None
    assert log.status() == (OK, "")
    assert log.seal() == 1
    assert_tree(world.session, log.log_id, world.keys)
    world.session.rollback()


@POSTGRES_ONLY
def test_on_postgresql_one_transaction_at_a_time_seals_a_log(
    engine: Engine, world: World, log: WorldLog
) -> None:
    log.seal()
    log.act(1)
    with Session(engine) as other:
        assert elect_sealer(other, log.log_id)
        assert seal_once(world.session, log.log_id, world.keys, now=world.now) is None
        with write_transaction(world.session):
            assert not elect_sealer(world.session, log.log_id)
            assert elect_sealer(world.session, "other/1")
        other.rollback()
        lock_log(other, log.log_id)
        assert seal_once(world.session, log.log_id, world.keys, now=world.now) is None
        other.rollback()
    assert log.seal() == 1


@POSTGRES_ONLY
def test_an_entry_that_another_transaction_holds_waits_for_the_next_batch(
    engine: Engine, world: World, log: WorldLog
) -> None:
    log.seal()
    log.act(2)
    with Session(engine) as other:
        held = other.scalars(select(LogPendingRow).limit(1).with_for_update()).one()
        assert log.seal() == 1
        assert pending_log_of(world.session, held.event_id) == log.log_id
        world.session.rollback()
        other.rollback()
    assert log.seal() == 1
    assert_whole(world.session, world.keys)


@SQLITE_ONLY
def test_an_entry_that_vanishes_meanwhile_is_not_sealed(
    engine: Engine, world: World, log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is dropped whole, and the next one has what is left."""
    log.seal()
    log.act(2)
    original = signers_of

    def remove_one(*arguments: Any) -> Any:
        monkeypatch.setattr(sealing, "signers_of", original)
        with Session(engine) as other, write_transaction(other):
            row = other.scalars(select(LogPendingRow).limit(1)).one()
            other.delete(row)
        return original(*arguments)

    monkeypatch.setattr(sealing, "signers_of", remove_one)
    assert seal_once(world.session, log.log_id, world.keys, now=world.now) is None
    assert log.seal() == 1
    assert get_log(world.session, log.log_id).epoch == 1


def test_a_log_that_another_process_has_begun_meanwhile_is_not_taken_for_tampered(
    world: World, log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look, one begins and seals; the other then begins what has begun."""
    log.seal()
    with monkeypatch.context() as before_the_other:
        before_the_other.setattr(sealing, "find_state", lambda _session, _log_id: None)
        log_row = get_log(world.session, log.log_id)
        sealing.begin_log(world.session, log_row, world.keys, now=world.now)
    assert log.status() == (OK, "")


@SQLITE_ONLY
def test_of_two_that_publish_one_head_in_the_same_instant_one_does(
    engine: Engine, world: World, log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.seal()
    original = sealing_publication._store

    def overtaken(*arguments: Any) -> None:
        session: Session = arguments[0]
        monkeypatch.setattr(sealing_publication, "_store", original)
        session.rollback()
        with Session(engine) as faster:
            own = WorldLog(World(faster, now=world.now), log.folder)
            assert own.publish() is not None
        with write_transaction(session):
            original(*arguments)

    monkeypatch.setattr(sealing_publication, "_store", overtaken)
    assert log.publish() is None
    published = list(stream_checkpoints(world.session, log.log_id))
    assert len(published) == 1
    assert log.state_files.read(log.log_id) == published[0].note


@SQLITE_ONLY
def test_a_head_that_another_signed_since_our_snapshot_is_no_roll_back(
    engine: Engine, log: WorldLog
) -> None:
    """The file is read after the snapshot was taken: it may know more than the snapshot."""
    log.seal()
    log.publish()
    log.world.now += MILLIS_PER_DAY
    overtaking: list[Session] = []

    class ReadLate(StateFiles):
        def read(self, log_id: str) -> str | None:
            if not overtaking:
                with Session(engine) as faster:
                    overtaking.append(faster)
                    own = WorldLog(World(faster, now=log.world.now), log.folder)
                    own.act(1)
                    own.seal()
                    assert own.publish() is not None
            return super().read(log_id)

    publish_checkpoint(
        log.world.session,
        log.log_id,
        log.world.keys,
        now=log.world.now,
        state_files=ReadLate(log.folder),
        at_once=True,
    )
    assert overtaking
    assert log.status() == (OK, "")
    assert_whole(log.world.session, log.world.keys)
