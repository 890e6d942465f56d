"""Publishing: when a head is shown, and what is compared before anything is signed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.core.times import MILLIS_PER_DAY
from consent.errors import LogRefusedError, RecordFormatError, StateFileError
from consent.services.log_keys import open_own, signers_of
from consent.services.sealing import get_log
from consent.services.sealing_head import StateFiles, check_against
from consent.services.sealing_publication import compare_with_state_file
from consent.store.log import FORKED, OK, ROLLED_BACK, TAMPERED, find_state
from consent.store.log_heads import (
    StoredCheckpoint,
    latest_published,
    latest_signed,
    stream_checkpoints,
)
from consent.store.tables import LogCheckpointRow, LogPendingRow, LogRow
from tests.log import WorldLog, assert_whole
from tests.world import Browser, World

SECOND = 1000
MINUTE = 60 * SECOND


@pytest.fixture
def log(world: World, tmp_path: Path) -> WorldLog:
    log = WorldLog(world, tmp_path / "log-state")
    log.seal()
    world.now += SECOND
    return log


def grow(log: WorldLog) -> None:
    Browser(log.world).refuse_all()
    log.seal()


def published(log: WorldLog) -> list[tuple[int, int]]:
    """Return size and age of each published head."""
    heads = [
        (head.size, head.created) for head in stream_checkpoints(log.world.session, log.log_id)
    ]
    log.world.session.rollback()
    return heads


def status_of(log: WorldLog) -> str:
    state = find_state(log.world.session, log.log_id)
    log.world.session.rollback()
    assert state is not None
    return state.status


def test_the_first_head_is_published_at_once(log: WorldLog) -> None:
    head = log.publish(at_once=False)
    assert head is not None
    assert head.published
    assert head == latest_published(log.world.session, log.log_id)
    opened = open_own(
        log.world.session, get_log(log.world.session, log.log_id), head.note, log.world.keys
    )
    assert opened.clock_time == log.world.now // 1000


def test_nothing_is_published_of_an_empty_log(world: World, tmp_path: Path) -> None:
    log = WorldLog(world, tmp_path)
    assert log.publish() is None
    compare_with_state_file(
        world.session, log.log_id, world.keys, now=world.now, state_files=log.state_files
    )


def test_a_grown_log_is_published_after_45_seconds(log: WorldLog) -> None:
    log.publish()
    grow(log)
    log.world.now += 45 * SECOND - 1
    assert log.publish(at_once=False) is None
    log.world.now += 1
    head = log.publish(at_once=False)
    assert head is not None
    assert (head.size, head.created) == (5, log.world.now)


def test_where_proofs_are_given_at_once_so_are_heads(log: WorldLog) -> None:
    log.publish()
    grow(log)
    log.world.now += 1
    assert log.publish(at_once=True) is not None
    log.world.now += 1
    assert log.publish(at_once=True) is None


def test_an_idle_log_is_published_anew_every_ten_minutes(log: WorldLog) -> None:
    first = log.world.now
    log.publish()
    log.world.now += 10 * MINUTE - 1
    assert log.publish() is None
    log.world.now += 1
    again = log.publish(at_once=False)
    assert again is not None
    assert published(log) == [(4, first), (4, log.world.now)]


def test_a_superseded_log_is_not_published_anew(log: WorldLog) -> None:
    log.publish()
    name, _, _ = log.log_id.rpartition("/")
    log.world.session.add(LogRow(log_id=f"{name}/2", origin="x/log/2", created_at=log.world.now))
    log.world.session.commit()
    superseded = get_log(log.world.session, f"{name}/1")
    log.world.session.rollback()
    log.world.now += 10 * MINUTE
    from consent.services.sealing_publication import publish_checkpoint

    assert (
        publish_checkpoint(
            log.world.session,
            superseded.log_id,
            log.world.keys,
            now=log.world.now,
            state_files=log.state_files,
        )
        is None
    )
    assert log.log_id == f"{name}/2"


def test_a_clock_that_was_set_back_does_not_stop_publishing(log: WorldLog) -> None:
    log.publish()
    log.world.now -= 60 * MINUTE
    grow(log)
    assert log.publish(at_once=False) is not None


def test_two_heads_of_one_size_and_instant_are_kept_apart(log: WorldLog) -> None:
    """The head of the batch has the same size, and on a fast machine the same millisecond."""
    grow(log)
    head = log.publish()
    assert head is not None
    assert head.created == log.world.now + 1


@pytest.mark.parametrize(("waits_ms", "is_published"), [(60_000, True), (60_001, False)])
def test_nothing_is_published_while_an_entry_waits_longer_than_promised(
    log: WorldLog, waits_ms: int, *, is_published: bool
) -> None:
    world = log.world
    world.session.add(
        LogPendingRow(
            event_id="f" * 36,
            log_id=log.log_id,
            entry=b"e" * 32,
            enqueued_at=world.now - waits_ms,
        )
    )
    world.session.commit()
    assert (log.publish() is not None) == is_published
    log.seal()
    assert log.publish(at_once=True) is not None


def test_heads_that_nobody_saw_go_after_a_day(log: WorldLog) -> None:
    world = log.world
    log.publish()
    for _ in range(3):
        grow(log)
        world.now += SECOND
    last = latest_signed(world.session, log.log_id)
    assert last is not None
    log.publish()
    world.now += MILLIS_PER_DAY
    grow(log)
    log.publish()
    rows = world.session.scalars(select(LogCheckpointRow).order_by(LogCheckpointRow.size))
    kept = [(row.size, row.published) for row in rows]
    assert kept == [(4, True), (7, True), (8, False), (8, True)]
    world.session.rollback()
    assert_whole(world.session, world.keys)


def test_the_state_file_has_the_newest_published_head(log: WorldLog) -> None:
    assert log.state_files.read(log.log_id) is None
    head = log.publish()
    assert head is not None
    path = log.state_files.path(log.log_id)
    assert path.name == "leiden-university-1.note"
    assert path.read_text() == head.note
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_state_file_is_written_before_anybody_sees_the_head(
    log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: StateFiles, _log_id: str, _note: str) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(StateFiles, "write", fail)
    with pytest.raises(OSError, match="no space left"):
        log.publish()
    assert published(log) == []


def test_a_crash_between_state_file_and_publication_is_no_contradiction(log: WorldLog) -> None:
    head = log.publish()
    assert head is not None
    log.world.session.execute(delete(LogCheckpointRow).where(LogCheckpointRow.published))
    log.world.session.commit()
    assert log.publish() is not None
    assert status_of(log) == OK


def test_a_database_that_was_rolled_back_is_not_signed(log: WorldLog) -> None:
    """The state file knows of a larger log: whoever restored a backup must recover it first."""
    larger = forged(log, size=9, root=b"r" * 32)
    log.state_files.write(log.log_id, larger)
    with pytest.raises(LogRefusedError, match="is rolled back"):
        log.publish()
    state = find_state(log.world.session, log.log_id)
    assert state is not None
    assert state.status == ROLLED_BACK
    assert state.since == log.world.now
    assert larger in state.detail
    log.world.session.rollback()
    Browser(log.world).refuse_all()
    with pytest.raises(LogRefusedError, match="is rolled back"):
        log.seal()


def test_a_start_compares_with_the_state_file_before_anything_is_signed(log: WorldLog) -> None:
    log.state_files.write(log.log_id, forged(log, size=9, root=b"r" * 32))
    with pytest.raises(LogRefusedError, match="is rolled back"):
        compare_with_state_file(
            log.world.session,
            log.log_id,
            log.world.keys,
            now=log.world.now,
            state_files=log.state_files,
        )
    assert status_of(log) == ROLLED_BACK


@pytest.mark.parametrize("size", [3, 4])
def test_another_history_of_the_same_or_a_smaller_size_is_a_fork(log: WorldLog, size: int) -> None:
    other = forged(log, size=size, root=b"r" * 32)
    log.state_files.write(log.log_id, other)
    with pytest.raises(LogRefusedError, match="is forked"):
        log.publish()
    state = find_state(log.world.session, log.log_id)
    ours = latest_signed(log.world.session, log.log_id)
    assert state is not None
    assert ours is not None
    assert state.status == FORKED
    assert other in state.detail  # both heads are the evidence
    assert ours.note in state.detail
    assert published(log) == []


def test_an_older_head_of_the_same_history_agrees(log: WorldLog) -> None:
    head = log.publish()
    assert head is not None
    for _ in range(3):
        grow(log)
    world = log.world
    assert check_against(world.session, log.log_id, head.note, world.keys) is None


@pytest.mark.parametrize("content", ["", "not a note\n", "x\n1\ny\n\n— x AAAA\n"])
def test_a_state_file_that_says_nothing_stops_the_signing(log: WorldLog, content: str) -> None:
    log.state_files.folder.mkdir()
    log.state_files.path(log.log_id).write_text(content)
    with pytest.raises(LogRefusedError, match="is tampered"):
        log.publish()
    state = find_state(log.world.session, log.log_id)
    assert state is not None
    assert state.status == TAMPERED
    assert str(log.state_files.path(log.log_id)) in state.detail


def test_nothing_is_signed_while_the_state_file_cannot_be_read_and_no_longer(
    log: WorldLog,
) -> None:
    """That it cannot be read contradicts nothing: the log is not marked for it."""
    path = log.state_files.path(log.log_id)
    path.mkdir(parents=True)
    with pytest.raises(StateFileError, match="cannot be read"):
        log.publish()
    assert (status_of(log), published(log)) == (OK, [])
    path.rmdir()
    assert log.publish() is not None


def test_a_head_that_cannot_be_kept_is_not_shown(log: WorldLog) -> None:
    log.state_files.folder.write_text("in the way")
    with pytest.raises(StateFileError, match="cannot be read"):
        log.publish()
    with pytest.raises(StateFileError, match="cannot be written"):
        log.state_files.write(log.log_id, "note")
    assert (status_of(log), published(log)) == (OK, [])


def test_what_root_writes_belongs_to_the_account_of_the_home_folder(
    log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda _path, uid, gid: given.append((uid, gid)))
    assert log.publish() is not None
    home = log.state_files.folder.parent.stat()
    assert given == [(home.st_uid, home.st_gid)] * 2  # the folder and the file
    given.clear()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    log.state_files.write(log.log_id, "note")
    assert given == []


def test_a_head_of_another_log_proves_nothing(log: WorldLog) -> None:
    world = log.world
    stranger = Checkpoint("elsewhere.example/log/1", 4, b"r" * 32)
    state_note = forged(log, size=4, root=b"r" * 32)
    from consent.audit.notes import NoteSigner

    assert world.keys.log is not None
    signer = NoteSigner(stranger.origin, world.keys.log.log[0])
    with pytest.raises(RecordFormatError):
        check_against(
            world.session, log.log_id, sign_checkpoint(stranger, [signer], [], 1), world.keys
        )
    with pytest.raises(RecordFormatError):
        check_against(world.session, log.log_id, state_note.replace("\n4\n", "\n5\n"), world.keys)


def test_a_head_that_was_removed_from_the_database_shows_when_it_is_larger(
    log: WorldLog,
) -> None:
    """Without a state file, the database's own newest head is what the state is held against."""
    world = log.world
    grow(log)
    note = forged(log, size=9, root=b"r" * 32)
    world.session.execute(
        update(LogCheckpointRow).where(LogCheckpointRow.size == 5).values(size=9, note=note)
    )
    world.session.commit()
    Browser(world).refuse_all()
    with pytest.raises(LogRefusedError, match="is rolled back"):
        log.seal()


def test_a_published_head_is_never_taken_back(log: WorldLog) -> None:
    log.publish()
    before = published(log)
    for _ in range(5):
        grow(log)
        log.world.now += MINUTE
        log.publish(at_once=False)
    assert published(log)[: len(before)] == before
    assert len(published(log)) == 6
    assert isinstance(latest_published(log.world.session, log.log_id), StoredCheckpoint)


def forged(log: WorldLog, *, size: int, root: bytes) -> str:
    """Return a head that the log's keys sign and its tree does not have."""
    session = log.world.session
    row = get_log(session, log.log_id)
    signers = signers_of(session, row, log.world.keys)
    session.rollback()
    return sign_checkpoint(Checkpoint(row.origin, size, root), signers.log, signers.clock, 1)
