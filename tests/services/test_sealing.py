"""Sealing: what waits becomes leaves, a batch at a time, and contradictions stop the signing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select, text, update

from consent.audit.notes import split_note
from consent.errors import LogRefusedError, NotFoundError
from consent.services.sealing import seal_once
from consent.store.database import AnySession, write_transaction
from consent.store.log import (
    TAMPERED,
    Leaf,
    find_leaf,
    find_state,
    logs_that_wait,
    pending_log_of,
    waiting_for,
)
from consent.store.log_heads import latest_published, latest_signed
from consent.store.tables import (
    LogCheckpointRow,
    LogIndexRow,
    LogPendingRow,
    LogStateRow,
    LogTileRow,
)
from tests.log import WorldLog, assert_tree, assert_whole
from tests.world import Browser, World

OF_PUBLISHING = 4  # three keys and what the site shows


def test_what_waits_becomes_leaves(world: World, log: WorldLog) -> None:
    recorded = Browser(world).accept_all()
    assert recorded.stored is not None
    event_id = recorded.stored.event.id
    assert pending_log_of(world.session, event_id) == log.log_id
    assert logs_that_wait(world.session) == [log.log_id]
    sealed = seal_once(world.session, log.log_id, world.keys, now=world.now)
    assert sealed is not None
    assert (sealed.count, sealed.size) == (OF_PUBLISHING + 1, OF_PUBLISHING + 1)
    assert pending_log_of(world.session, event_id) is None
    leaf = find_leaf(world.session, event_id)
    assert leaf is not None
    assert leaf.log_id == log.log_id
    assert waiting_for(world.session, log.log_id).oldest is None
    assert logs_that_wait(world.session) == []
    assert_whole(world.session, world.keys)


def test_nothing_waiting_is_nothing_to_do(world: World, log: WorldLog) -> None:
    log.seal()
    head = latest_signed(world.session, log.log_id)
    assert seal_once(world.session, log.log_id, world.keys, now=world.now) is None
    assert latest_signed(world.session, log.log_id) == head


def test_batches_add_up_to_the_same_tree(world: World, log: WorldLog) -> None:
    log.act(7)
    for size in (1, 2, 3):
        sealed = seal_once(world.session, log.log_id, world.keys, now=world.now, batch=size)
        assert sealed is not None
        assert sealed.count == size
        assert_whole(world.session, world.keys)
    assert log.seal() == OF_PUBLISHING + 7 - 6
    assert_whole(world.session, world.keys)


def test_a_tree_grows_across_full_tiles(world: World, log: WorldLog) -> None:
    fill(world.session, log.log_id, 600)
    assert log.seal(batch=250) == OF_PUBLISHING + 600
    levels = world.session.execute(
        select(LogTileRow.level, func.count()).group_by(LogTileRow.level)
    )
    assert dict(iter(levels)) == {-1: 3, 0: 3, 1: 1}
    assert_tree(world.session, log.log_id, world.keys)
    world.session.rollback()


def fill(session: AnySession, log_id: str, count: int) -> None:
    """Have entries wait that open to nothing: the tree does not ask what they are."""
    with write_transaction(session):
        for number in range(count):
            row = LogPendingRow(
                event_id=f"{number:036}", log_id=log_id, entry=number.to_bytes(32), enqueued_at=1
            )
            session.add(row)


def test_any_committed_entry_is_taken_whatever_its_id(world: World, log: WorldLog) -> None:
    log.act(1)
    log.seal()
    world.session.add(
        LogPendingRow(event_id="0" * 36, log_id=log.log_id, entry=b"e" * 32, enqueued_at=world.now)
    )
    world.session.commit()
    log.seal()
    assert find_leaf(world.session, "0" * 36) == Leaf(log.log_id, OF_PUBLISHING + 1)


def test_logs_are_sealed_apart(world: World, log: WorldLog) -> None:
    other = "other/1"
    fill(world.session, other, 3)
    log.seal()
    assert waiting_for(world.session, other).count == 3
    with pytest.raises(NotFoundError):
        seal_once(world.session, other, world.keys, now=world.now)


def test_a_head_is_signed_by_log_and_clock(world: World, log: WorldLog) -> None:
    log.seal()
    head = latest_signed(world.session, log.log_id)
    assert head is not None
    assert (head.size, head.created, head.published) == (OF_PUBLISHING, world.now, False)
    text_signed, lines = split_note(head.note)
    assert text_signed.splitlines()[:2] == [world.site().log_origin, str(OF_PUBLISHING)]
    assert len(lines) == 2
    assert latest_published(world.session, log.log_id) is None


def test_a_process_without_the_keys_cannot_seal(world: World, log: WorldLog) -> None:
    without = replace(world.keys, log=None)
    with pytest.raises(LogRefusedError, match="does not hold the key"):
        seal_once(world.session, log.log_id, without, now=world.now)
    assert waiting_for(world.session, log.log_id).count == OF_PUBLISHING


def tamper_tile(session: AnySession) -> None:
    session.execute(update(LogTileRow).where(LogTileRow.level == 0).values(data=b"\0" * 32 * 6))


def tamper_missing_tile(session: AnySession) -> None:
    session.execute(text("DELETE FROM log_tile WHERE level = 0"))


def tamper_short_tile(session: AnySession) -> None:
    session.execute(update(LogTileRow).where(LogTileRow.level == 0).values(data=b"\0" * 31))


def tamper_root(session: AnySession) -> None:
    session.execute(update(LogStateRow).values(root=b"\1" * 32))


def tamper_size(session: AnySession) -> None:
    session.execute(update(LogStateRow).values(size=LogStateRow.size - 1))


def tamper_no_heads(session: AnySession) -> None:
    session.execute(text("DELETE FROM log_checkpoint"))


def tamper_head(session: AnySession) -> None:
    session.execute(update(LogCheckpointRow).values(note="not a note\n"))


def tamper_no_state(session: AnySession) -> None:
    session.execute(text("DELETE FROM log_state"))


def tamper_sealed_again(session: AnySession) -> None:
    row = session.scalars(select(LogIndexRow)).first()
    assert row is not None
    session.add(
        LogPendingRow(event_id=row.event_id, log_id=row.log_id, entry=b"e" * 32, enqueued_at=1)
    )


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (tamper_tile, "another root"),
        (tamper_missing_tile, "A tile is faulty: tile 0 of level 0 of log"),
        (tamper_short_tile, "A tile is faulty"),
        (tamper_root, "another root"),
        (tamper_size, "another root"),
        (tamper_no_heads, "signed heads of the log are missing"),
        (tamper_head, "fault in the database's newest head"),
        (tamper_no_state, "The state of a sealed log was removed"),
        (tamper_sealed_again, "in the log already"),
    ],
)
def test_a_tree_that_was_tampered_with_is_not_signed(
    world: World, log: WorldLog, tamper: object, words: str
) -> None:
    log.act(2)
    log.seal()
    assert callable(tamper)
    tamper(world.session)
    world.session.commit()
    heads = count(world.session, LogCheckpointRow)
    log.act(1)
    waiting = waiting_for(world.session, log.log_id).count
    world.session.rollback()
    for _ in range(2):
        with pytest.raises(LogRefusedError, match="is tampered"):
            seal_once(world.session, log.log_id, world.keys, now=world.now + 5)
    found, detail = log.status()
    assert found == TAMPERED
    assert words in detail
    assert count(world.session, LogCheckpointRow) == heads
    assert waiting_for(world.session, log.log_id).count == waiting
    world.session.rollback()
    log.act(1)  # consent is still accepted
    assert waiting_for(world.session, log.log_id).count == waiting + 1


def count(session: AnySession, table: type) -> int:
    number = session.scalar(select(func.count()).select_from(table)) or 0
    session.rollback()
    return number


def test_the_first_reason_for_refusing_stays(world: World, log: WorldLog) -> None:
    log.seal()
    tamper_root(world.session)
    world.session.commit()
    log.act(1)
    with pytest.raises(LogRefusedError):
        log.seal()
    first = find_state(world.session, log.log_id)
    world.session.rollback()
    tamper_no_heads(world.session)
    world.session.commit()
    world.now += 1000
    with pytest.raises(LogRefusedError):
        log.seal()
    assert find_state(world.session, log.log_id) == first
