"""A refused log is signed again when nothing contradicts it any more, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.errors import LogRefusedError, StateFileError
from consent.services.log_keys import signers_of
from consent.services.sealing import get_log
from consent.services.sealing_head import Contradiction, refuse_to_sign
from consent.services.sealing_publication import REPEAT_AFTER_MS
from consent.services.sealing_recheck import recheck
from consent.store.log import FORKED, OK, ROLLED_BACK, TAMPERED, find_state
from consent.store.tables import LogIndexRow, LogPendingRow, LogStateRow
from tests.log import WorldLog, assert_whole
from tests.world import Browser, World


@pytest.fixture
def log(session: Session, tmp_path: Path) -> WorldLog:
    """A log with a published head."""
    world = World(session)
    world.publish()
    log = WorldLog(world, tmp_path / "log-state")
    log.seal()
    log.publish()
    world.now += 1000
    return log


def again(log: WorldLog) -> Contradiction | None:
    world = log.world
    return recheck(
        world.session, log.log_id, world.keys, now=world.now, state_files=log.state_files
    )


def status_of(log: WorldLog) -> str:
    state = find_state(log.world.session, log.log_id)
    log.world.session.rollback()
    assert state is not None
    return state.status


def signed(log: WorldLog, size: int, root: bytes) -> str:
    """Sign a head of this log, whatever it may be."""
    world = log.world
    own = get_log(world.session, log.log_id)
    signers = signers_of(world.session, own, world.keys)
    head = Checkpoint(own.origin, size, root)
    note = sign_checkpoint(head, signers.log, signers.clock, world.now // 1000)
    world.session.rollback()
    return note


def refuse(log: WorldLog, status: str, detail: str) -> None:
    refuse_to_sign(log.world.session, log.log_id, Contradiction(status, detail), now=log.world.now)


def test_a_log_whose_state_file_was_damaged_is_signed_again_once_it_is_back(log: WorldLog) -> None:
    path = log.state_files.path(log.log_id)
    note = path.read_text()
    path.write_text("damaged")
    log.world.now += REPEAT_AFTER_MS
    with pytest.raises(LogRefusedError, match="is tampered"):
        log.publish()
    still = again(log)
    assert still is not None
    assert (still.status, status_of(log)) == (TAMPERED, TAMPERED)
    path.write_text(note)
    assert again(log) is None
    assert status_of(log) == OK
    Browser(log.world).accept_all()
    assert log.seal() == 1
    assert log.publish() is not None
    assert_whole(log.world.session, log.world.keys)


def test_a_log_whose_tree_was_changed_is_signed_again_once_it_is_put_back(log: WorldLog) -> None:
    session = log.world.session
    state = find_state(session, log.log_id)
    assert state is not None
    session.execute(update(LogStateRow).values(root=b"x" * 32))
    session.commit()
    log.world.now += REPEAT_AFTER_MS
    with pytest.raises(LogRefusedError, match="is tampered"):
        log.publish()
    assert again(log) is not None
    session.execute(update(LogStateRow).values(root=state.root))
    session.commit()
    assert again(log) is None
    assert status_of(log) == OK


def test_the_head_that_a_log_was_refused_for_must_agree_with_it(log: WorldLog) -> None:
    state = find_state(log.world.session, log.log_id)
    assert state is not None
    log.world.session.rollback()
    larger = f"A head was signed:\n\n{signed(log, state.size + 1, b'r' * 32)}"
    refuse(log, ROLLED_BACK, larger)
    still = again(log)
    assert still is not None
    assert (still.status, status_of(log)) == (ROLLED_BACK, ROLLED_BACK)
    set_status(log, f"A head was signed:\n\n{signed(log, state.size, state.root)}")
    assert again(log) is None


def set_status(log: WorldLog, detail: str, status: str = ROLLED_BACK) -> None:
    log.world.session.execute(update(LogStateRow).values(status=status, detail=detail))
    log.world.session.commit()


@pytest.mark.parametrize("detail", ["", "x", "Witness dpo: a larger one.\n\nnote"])
def test_a_log_stays_refused_where_the_evidence_cannot_be_checked(
    log: WorldLog, detail: str
) -> None:
    for status in (FORKED, ROLLED_BACK):
        set_status(log, detail, status)
        assert again(log) is not None
        assert status_of(log) == status


def test_two_heads_that_cannot_both_be_true_stay_a_fork(log: WorldLog) -> None:
    log_note = log.state_files.read(log.log_id)
    assert log_note is not None
    log.state_files.write(log.log_id, signed(log, 2, b"r" * 32))
    log.world.now += REPEAT_AFTER_MS
    with pytest.raises(LogRefusedError, match="is forked"):
        log.publish()
    log.state_files.write(log.log_id, log_note)
    still = again(log)
    assert still is not None
    assert status_of(log) == FORKED


def test_an_entry_that_is_in_the_log_already_contradicts_it(log: WorldLog) -> None:
    session = log.world.session
    sealed = session.query(LogIndexRow).first()
    assert sealed is not None
    session.add(
        LogPendingRow(
            event_id=sealed.event_id, log_id=log.log_id, entry=b"e" * 32, enqueued_at=log.world.now
        )
    )
    session.commit()
    with pytest.raises(LogRefusedError, match="is tampered"):
        log.seal()
    assert again(log) is not None
    session.query(LogPendingRow).delete()
    session.commit()
    assert again(log) is None


def test_a_state_that_was_removed_is_not_taken_for_a_new_log(log: WorldLog) -> None:
    session = log.world.session
    session.query(LogStateRow).delete()
    session.commit()
    Browser(log.world).accept_all()
    with pytest.raises(LogRefusedError, match=r"is (tampered|rolled back)"):
        log.seal()
    still = again(log)
    assert still is not None
    assert still.detail == "The state of a sealed log was removed."


def test_a_sound_log_is_left_alone_and_an_unreadable_memory_decides_nothing(log: WorldLog) -> None:
    assert again(log) is None
    refuse(log, TAMPERED, "for this test")
    path = log.state_files.path(log.log_id)
    note = path.read_text()
    path.unlink()
    path.mkdir()
    with pytest.raises(StateFileError):
        again(log)
    assert status_of(log) == TAMPERED
    path.rmdir()
    path.write_text(note)
    assert again(log) is None
