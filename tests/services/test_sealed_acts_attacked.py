"""Whoever has every right on the database does what a check of acts once passed over."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from consent.audit.entry import commitment
from consent.audit.records import action_record, disposal_record
from consent.core.canonical import record_bytes
from consent.core.ids import uuid7
from consent.core.retention import POLICIES, Disposal, DisposalClass, Role
from consent.core.times import MILLIS_PER_DAY
from consent.errors import LogRefusedError
from consent.services import sealing_thread
from consent.services.epochs import begin_epoch
from consent.services.keys import LogKeys
from consent.services.log_export import EVERYTHING, cut_log, log_files
from consent.services.rotating import announce_keys
from consent.services.sealing import seal_all
from consent.services.sealing_actions import stage_stragglers
from consent.services.sealing_publication import keep_count, publish_checkpoint
from consent.services.staging import stage_record
from consent.store.database import write_transaction
from consent.store.log import Leaf, find_leaf, log_name
from consent.store.log_records import stream_log_records
from consent.store.tables import (
    ActionCountRow,
    ConsentEventRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    OfficerActionRow,
    SealedActionRow,
)
from consent.verify.findings import Kind
from consent.verify.sources import UnreadableError
from tests.audit.make_keys import private_key
from tests.log import WorldLog
from tests.services.test_sealed_actions import LOOK, act, inserted
from tests.services.test_sealed_actions import log as log  # noqa: PLC0414 - the fixture
from tests.services.test_verifying import publish, tamper, verify
from tests.verify.make_log import check, kinds, put

pytestmark = pytest.mark.legal("AE-06")


def forged(one: str, record: dict[str, Any], *, waits_for: str | None = None) -> list[Any]:
    """Return the statements that put an act with a record of its own beside the log."""
    payload, salt = record_bytes(record), bytes(64)
    entry = commitment(payload, salt)
    at = record["at"]
    row = {"id": one, "at": record.get("acted_at", at), "subject_id": LOOK, "site": "programme"}
    row |= {key: record[key] for key in ("officer", "action", "detail")}
    statements: list[Any] = [
        insert(OfficerActionRow).values(row),
        insert(SealedActionRow).values(
            id=one, at=at, payload=payload.decode(), salt=salt, entry=entry
        ),
    ]
    if waits_for is not None:
        waiting = {"event_id": one, "log_id": waits_for, "entry": entry, "enqueued_at": at}
        statements.append(insert(LogPendingRow).values(waiting))
    return statements


def look(one: str, at: int, acted_at: int | None = None) -> dict[str, Any]:
    """Return the record of a look of Otto's."""
    said = {"officer": "Otto", "action": "record:show", "subject_id": LOOK, "detail": "{}"}
    payload = action_record(id=one, at=at, acted_at=acted_at, site="programme", **said)
    record: dict[str, Any] = json.loads(payload)
    return record


def test_an_act_whose_record_was_moved_to_those_of_the_log_is_found(log: WorldLog) -> None:
    session = log.world.session
    sealed = select(SealedActionRow.id).join(
        LogIndexRow, LogIndexRow.event_id == SealedActionRow.id
    )
    one = session.scalars(sealed.limit(1)).one()
    session.rollback()
    moved = text(
        "INSERT INTO log_record (id, log_id, type, at, payload, salt, entry) SELECT id, :log,"
        " 'action', at, payload, salt, entry FROM sealed_action WHERE id = :one"
    )
    tamper(
        log,
        text("PRAGMA ignore_check_constraints = ON"),
        moved.bindparams(log=log.log_id, one=one),
        delete(OfficerActionRow).where(OfficerActionRow.id == one),
        delete(SealedActionRow).where(SealedActionRow.id == one),
    )
    assert kinds(verify(log)) == {Kind.ALTERED}


def test_an_act_with_a_record_of_another_type_is_found(log: WorldLog) -> None:
    world = log.world
    world.pass_days(30)
    publish(log)
    long_ago = world.now - 20 * MILLIS_PER_DAY
    one = uuid7(long_ago, bytes(10))
    record = look(one, world.now, long_ago) | {"type": "acts"}
    tamper(log, *forged(one, record, waits_for=log.log_id))
    assert kinds(verify(log)) == {Kind.ALTERED}
    publish(log)  # the sealer counts it as an act, which its record is not
    assert kinds(verify(log)) == {Kind.ALTERED, Kind.MISSING}


@pytest.mark.parametrize("table", [ConsentEventRow, LogRecordRow])
def test_an_act_that_hides_behind_the_leaf_of_another_record_is_found(
    log: WorldLog, table: type[ConsentEventRow | LogRecordRow]
) -> None:
    session = log.world.session
    one, at = session.execute(select(table.id, table.at).order_by(table.id).limit(1)).one()
    session.rollback()
    tamper(log, *forged(one, look(one, at)))
    report = verify(log)
    assert kinds(report) == {Kind.ALTERED}
    assert one in {finding.record for finding in report.logs[0].findings}


def test_a_row_that_cannot_be_a_record_keeps_nothing_from_being_sealed(
    log: WorldLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise ValueError("about Alice")

    monkeypatch.setattr(sealing_thread, "stage_stragglers", fail)
    world = log.world
    sealer = sealing_thread.Sealer(
        lambda: Session(world.session.get_bind()),
        world.keys,
        lambda: world.now,
        state_files=log.state_files,
    )
    with caplog.at_level(logging.ERROR):
        assert sum(sealer.run_once().sealed.values()) == 1
    act(world)
    assert sum(sealer.run_once().sealed.values()) == 1
    assert "ValueError" in caplog.text
    assert "Alice" not in caplog.text


def test_an_epoch_that_takes_over_a_late_act_begins_with_its_own_record(log: WorldLog) -> None:
    world = log.world
    publish(log)
    tamper(
        log,
        text("UPDATE log_state SET status = 'rolled_back', detail = 'x'"),
        inserted(world, world.now),
    )
    world.now += 3_600_000
    assert stage_stragglers(world.session, now=world.now) == 1
    world.now += 60_000
    new = begin_epoch(
        world.session,
        log_name(log.log_id),
        "The copies were lost.",
        world.keys,
        state_files=log.state_files,
        now=world.now,
    )
    world.session.rollback()
    [record] = stream_log_records(world.session, new.log_id, "epoch")
    assert find_leaf(world.session, record.id) == Leaf(new.log_id, 0)
    assert record.at == world.now - 60_000


def sealed_acts(log: WorldLog) -> list[str]:
    """Return the acts that are in the log, by their leaves."""
    query = select(LogIndexRow.event_id).join(
        SealedActionRow, SealedActionRow.id == LogIndexRow.event_id
    )
    found = list(log.world.session.scalars(query.order_by(LogIndexRow.leaf_index)))
    log.world.session.rollback()
    return found


def take_away(log: WorldLog, one: str, *more: Any) -> None:
    """Take an act away, and have the log say that its leaf went by an erasure."""
    session, now = log.world.session, log.world.now
    leaf = find_leaf(session, one)
    assert leaf is not None
    tamper(
        log,
        delete(OfficerActionRow).where(OfficerActionRow.id == one),
        delete(SealedActionRow).where(SealedActionRow.id == one),
        delete(LogIndexRow).where(LogIndexRow.event_id == one),
        *more,
    )
    forged_disposal = Disposal(
        id=uuid7(now, bytes(10)),
        at=now,
        reason=DisposalClass.ERASURE,
        policy=POLICIES[DisposalClass.ERASURE],
        role=Role.SERVICE,
        count=1,
        leaves=((leaf.index, leaf.index),),
    )
    with write_transaction(session):
        stage_record(session, log.log_id, disposal_record(forged_disposal))
    publish(log)


def test_an_act_taken_away_under_a_false_erasure_is_missed(log: WorldLog) -> None:
    publish(log)
    assert not kinds(verify(log))
    take_away(log, sealed_acts(log)[1])
    report = verify(log)
    assert kinds(report) == {Kind.MISSING}
    assert any("taken away as something else" in one.text for one in report.logs[0].findings)


def test_the_last_act_with_its_count_is_missed_by_what_this_machine_remembers(
    log: WorldLog, caplog: pytest.LogCaptureFixture
) -> None:
    publish(log)
    counts = select(ActionCountRow).where(ActionCountRow.log_id == log.log_id)
    newest = log.world.session.scalars(counts.order_by(ActionCountRow.size.desc())).first()
    assert newest is not None
    assert newest.actions == len(sealed_acts(log))
    last = delete(ActionCountRow).where(ActionCountRow.size == newest.size)
    take_away(log, sealed_acts(log)[-1], last)
    assert kinds(verify(log)) == {Kind.MISSING}
    with caplog.at_level(logging.WARNING):
        act(log.world)
        publish(log)
    assert "run `consent verify`" in caplog.text
    assert kinds(verify(log)) == {Kind.MISSING}  # the next count does not make it good


def test_a_process_warns_once_that_the_counts_differ(
    log: WorldLog, caplog: pytest.LogCaptureFixture
) -> None:
    publish(log)
    tamper(log, delete(ActionCountRow))
    act(log.world)
    publish(log)
    for _ in range(2):  # as often as there are processes, in each of which it is looked at often
        caplog.clear()
        state_files = log.state_files
        for _ in range(3):
            keep_count(log.world.session, log.log_id, log.world.keys, state_files)
        assert caplog.text.count("run `consent verify`") == 1


def test_a_count_that_was_changed_is_not_signed_on(log: WorldLog) -> None:
    tamper(log, update(ActionCountRow).values(actions=ActionCountRow.actions - 1))
    with pytest.raises(LogRefusedError):
        publish(log)
    assert log.status()[0] == "tampered"


def test_an_act_put_in_place_of_what_was_sealed_as_something_else_is_found(log: WorldLog) -> None:
    """Its entry waits alone and is sealed; only then the act appears beside it."""
    world = log.world
    one = uuid7(world.now, bytes(10))
    statements = forged(one, look(one, world.now), waits_for=log.log_id)
    tamper(log, statements[-1])
    publish(log)
    tamper(log, *statements[:-1])
    act(world)
    publish(log)
    assert Kind.ALTERED in kinds(verify(log))


def test_a_whole_export_carries_the_counts_and_a_part_of_one_does_not(
    log: WorldLog, tmp_path: Path
) -> None:
    publish(log)
    session = log.world.session
    for name, opened in (("whole", EVERYTHING), ("own", None)):
        for path, content in log_files(
            session, cut_log(session, log.log_id, opened=opened, now=log.world.now), private_key(9)
        ):
            put(tmp_path / name / path, b"".join(content))
    assert not (tmp_path / "own" / "actions.jsonl").exists()
    counted = (tmp_path / "whole" / "actions.jsonl").read_text().splitlines()
    assert len(counted) == 2
    (tmp_path / "whole" / "actions.jsonl").write_text(f"{counted[0]}\n")
    assert kinds(check(tmp_path / "whole")) == {Kind.MISSING}


def test_an_act_dated_back_into_an_epoch_without_any_is_found(log: WorldLog) -> None:
    world = log.world
    publish(log)
    world.pass_days(30)
    publish(log)
    new = begin_epoch(
        world.session,
        log_name(log.log_id),
        "The keys were replaced.",
        world.keys,
        state_files=log.state_files,
        now=world.now,
    )
    world.session.rollback()
    long_ago = world.now - 20 * MILLIS_PER_DAY
    one = uuid7(long_ago, bytes(10))
    tamper(log, *forged(one, look(one, world.now, long_ago), waits_for=new.log_id))
    world.now += 30_000
    seal_all(world.session, new.log_id, world.keys, now=world.now)
    publish_checkpoint(
        world.session,
        new.log_id,
        world.keys,
        now=world.now,
        state_files=log.state_files,
        at_once=True,
    )
    assert kinds(verify(log)) == {Kind.BACKDATED}


def test_an_older_count_under_a_large_size_does_not_replace_what_is_remembered(
    log: WorldLog,
) -> None:
    publish(log)
    session = log.world.session
    counts = list(session.scalars(select(ActionCountRow).order_by(ActionCountRow.size)))
    remembered = log.state_files.of_counts.read(log.log_id)
    assert remembered == counts[-1].note
    bogus = {"log_id": log.log_id, "size": 10**9, "actions": 1, "at": log.world.now}
    tamper(log, insert(ActionCountRow).values(note=counts[0].note, **bogus))
    log.world.now += 3_600_000
    log.publish()
    assert log.state_files.of_counts.read(log.log_id) == remembered
    assert kinds(verify(log)) == {Kind.ROLLED_BACK}


def test_a_broken_memory_of_the_counts_keeps_nothing_from_being_sealed(log: WorldLog) -> None:
    publish(log)
    log.state_files.of_counts.path(log.log_id).write_bytes(b"\xff")
    world = log.world
    act(world)
    world.now += 60_000
    sealer = sealing_thread.Sealer(
        lambda: Session(world.session.get_bind()),
        world.keys,
        lambda: world.now,
        state_files=log.state_files,
    )
    assert sum(sealer.run_once().sealed.values()) == 1
    with pytest.raises(UnreadableError, match="not text"):
        verify(log)


def test_a_count_is_remembered_as_soon_as_it_is_sealed(log: WorldLog) -> None:
    world = log.world
    sealer = sealing_thread.Sealer(
        lambda: Session(world.session.get_bind()),
        world.keys,
        lambda: world.now,
        state_files=log.state_files,
    )
    round_ = sealer.run_once()
    assert sum(round_.sealed.values()) == 1
    assert round_.published == []
    counts = select(ActionCountRow.note).order_by(ActionCountRow.size.desc()).limit(1)
    assert log.state_files.of_counts.read(log.log_id) == world.session.scalar(counts)
    world.session.rollback()


@pytest.mark.parametrize("stolen", [True, False])
def test_a_count_stays_good_when_the_key_that_signed_it_is_replaced(
    log: WorldLog, *, stolen: bool
) -> None:
    publish(log)
    world = log.world
    new = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
    held = world.keys.log
    assert held is not None
    world.keys = replace(world.keys, log=LogKeys((*held.log, new), held.clock))
    world.now += 1000
    announce_keys(
        world.session, world.keys, role="log", reason="changed", stolen=stolen, now=world.now
    )
    publish(log)
    if not stolen:
        world.pass_days(31)
        publish(log)
    publish(log)
    assert not kinds(verify(log))
