"""A machine that stands by remembers what another one published, and nothing that contradicts."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.errors import LogRefusedError
from consent.services.log_keys import signers_of
from consent.services.sealing import get_log
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import is_behind, keep_up
from consent.store.log_heads import StoredCheckpoint, insert_checkpoint
from tests.log import WorldLog
from tests.world import Browser, World


@pytest.fixture
def log(session: Session, tmp_path: Path) -> WorldLog:
    """A log as another machine seals and publishes it."""
    world = World(session)
    world.publish()
    log = WorldLog(world, tmp_path / "there")
    log.seal()
    return log


@pytest.fixture
def here(tmp_path: Path) -> StateFiles:
    return StateFiles(tmp_path / "here")


def look(log: WorldLog, here: StateFiles) -> None:
    world = log.world
    keep_up(world.session, log.log_id, world.keys, now=world.now, state_files=here)


def grow(log: WorldLog) -> None:
    log.world.now += 1000
    Browser(log.world).refuse_all()
    log.seal()


def test_each_head_that_another_machine_publishes_is_kept(log: WorldLog, here: StateFiles) -> None:
    look(log, here)
    assert here.read(log.log_id) is None
    for _ in range(2):
        grow(log)
        head = log.publish()
        assert head is not None
        assert is_behind(log.world.session, log.log_id, here)
        look(log, here)
        assert here.read(log.log_id) == head.note
        assert not is_behind(log.world.session, log.log_id, here)
    assert here.path(log.log_id).stat().st_mode & 0o077 == 0


def test_a_database_that_was_set_back_takes_nothing_from_what_is_kept(
    log: WorldLog, here: StateFiles
) -> None:
    log.publish()
    here.write(log.log_id, signed(log, 9))
    assert not is_behind(log.world.session, log.log_id, here)
    with pytest.raises(LogRefusedError, match="is rolled back"):
        look(log, here)
    assert "\n9\n" in (here.read(log.log_id) or "")


def test_a_published_head_that_the_tree_does_not_begin_with_is_not_kept(
    log: WorldLog, here: StateFiles
) -> None:
    log.publish()
    look(log, here)
    kept = here.read(log.log_id)
    grow(log)
    grow(log)
    session = log.world.session
    other = StoredCheckpoint(log.log_id, 5, log.world.now, signed(log, 5), published=True)
    insert_checkpoint(session, other)
    session.commit()
    with pytest.raises(LogRefusedError, match="is forked"):
        look(log, here)
    assert here.read(log.log_id) == kept


def signed(log: WorldLog, size: int) -> str:
    """Sign a head of this log that it never had."""
    world = log.world
    own = get_log(world.session, log.log_id)
    signers = signers_of(world.session, own, world.keys)
    head = Checkpoint(own.origin, size, b"r" * 32)
    note = sign_checkpoint(head, signers.log, signers.clock, world.now // 1000)
    world.session.rollback()
    return note
