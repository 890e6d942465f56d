"""Whoever has every right on the database does what a check of acts once passed over."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text

from consent.audit.entry import commitment
from consent.audit.records import action_record
from consent.core.canonical import record_bytes
from consent.core.ids import uuid7
from consent.core.times import MILLIS_PER_DAY
from consent.services import sealing_thread
from consent.services.epochs import begin_epoch
from consent.services.sealing import seal_all
from consent.services.sealing_actions import stage_stragglers
from consent.services.sealing_publication import publish_checkpoint
from consent.store.log import Leaf, find_leaf, log_name
from consent.store.log_records import stream_log_records
from consent.store.tables import (
    ConsentEventRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    OfficerActionRow,
    SealedActionRow,
)
from consent.verify.findings import Kind
from tests.log import WorldLog
from tests.services.test_sealed_actions import LOOK, act, inserted
from tests.services.test_sealed_actions import log as log  # noqa: PLC0414 - the fixture
from tests.services.test_verifying import publish, tamper, verify
from tests.verify.make_log import kinds

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
    sealer = log.sealer()
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
