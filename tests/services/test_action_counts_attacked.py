"""Whoever has every right on the database takes acts away, and changes how many were signed."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, text, update

from consent.audit.records import disposal_record
from consent.core.ids import uuid7
from consent.core.retention import POLICIES, Disposal, DisposalClass, Role
from consent.errors import LogRefusedError
from consent.services.epochs import begin_epoch
from consent.services.keys import LogKeys
from consent.services.log_export import EVERYTHING, cut_log, log_files
from consent.services.rotating import announce_keys
from consent.services.sealing_publication import keep_count
from consent.services.staging import stage_record
from consent.store.database import write_transaction
from consent.store.log import find_leaf, log_name
from consent.store.tables import (
    ActionCountRow,
    ConsentEventRow,
    LogCheckpointRow,
    LogIndexRow,
    LogKeyRow,
    LogRecordRow,
    LogRow,
    LogStateRow,
    LogTileRow,
    OfficerActionRow,
    SealedActionRow,
)
from consent.verify.findings import Kind
from consent.verify.report import Report
from consent.verify.sources import UnreadableError
from tests.audit.make_keys import private_key
from tests.log import WorldLog
from tests.services.test_sealed_actions import act
from tests.services.test_sealed_actions import log as log  # noqa: PLC0414 - the fixture
from tests.services.test_sealed_acts_attacked import forged, look
from tests.services.test_verifying import publish, tamper, verify
from tests.verify.make_log import check, kinds, put
from tests.world import Browser

pytestmark = pytest.mark.legal("AE-06")


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


def test_an_act_with_another_prepared_in_its_place_is_missed(log: WorldLog) -> None:
    """An entry of one's own waits beside the act and is sealed with it, to stand in for it later.

    So there are as many acts as were signed, and yet not those.
    """
    world = log.world
    one, other = uuid7(world.now, bytes(10)), act(world)
    statements = forged(one, look(one, world.now), waits_for=log.log_id)
    tamper(log, statements[-1])
    publish(log)
    tamper(log, *statements[:-1])
    take_away(log, other)
    report = verify(log)
    assert kinds(report) == {Kind.MISSING, Kind.ALTERED}


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
    assert kinds(check(tmp_path / "whole")) == {Kind.MISSING, Kind.ALTERED}
    (tmp_path / "whole" / "actions.jsonl").unlink()
    assert kinds(check(tmp_path / "whole")) == {Kind.MISSING}


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
    sealer = log.sealer()
    assert sum(sealer.run_once().sealed.values()) == 1
    with pytest.raises(UnreadableError, match="not text"):
        verify(log)


def test_a_count_is_remembered_as_soon_as_it_is_sealed(log: WorldLog) -> None:
    world = log.world
    sealer = log.sealer()
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


def test_a_count_that_the_database_forgets_at_once_is_remembered(log: WorldLog) -> None:
    """What was signed counts, not what a trigger has left of it."""
    new = "DELETE FROM action_count WHERE size = NEW.size"
    tamper(log, text(f"CREATE TRIGGER forget AFTER INSERT ON action_count BEGIN {new}; END"))
    sealer = log.sealer()
    sealer.run_once()
    take_away(log, sealed_acts(log)[-1])
    assert kinds(verify(log)) == {Kind.MISSING}


def test_an_act_that_is_put_on_another_leaf_is_not_signed_as_that(log: WorldLog) -> None:
    publish(log)
    visit = select(LogIndexRow).where(LogIndexRow.event_id.in_(select(ConsentEventRow.id)))
    Browser(log.world).refuse_all()
    publish(log)
    place = log.world.session.scalars(visit.order_by(LogIndexRow.leaf_index.desc())).first()
    assert place is not None
    one, leaf = sealed_acts(log)[-1], place.leaf_index
    log.world.session.rollback()
    tamper(
        log,
        delete(LogIndexRow).where(LogIndexRow.leaf_index == leaf),
        update(LogIndexRow).where(LogIndexRow.event_id == one).values(leaf_index=leaf),
    )
    act(log.world)
    with pytest.raises(LogRefusedError):
        publish(log)


def test_a_log_that_vanished_is_missed_by_what_this_machine_remembers(log: WorldLog) -> None:
    """And by the log that goes on from it, where nobody remembers."""
    world, old = log.world, log.log_id
    publish(log)
    world.now += 60_000
    begin_epoch(
        world.session,
        log_name(old),
        "The keys were replaced.",
        world.keys,
        state_files=log.state_files,
        now=world.now,
    )
    world.session.rollback()
    assert not kinds(verify(log))
    tables = (LogStateRow, LogTileRow, LogCheckpointRow, LogKeyRow, LogRecordRow, LogIndexRow)
    tamper(
        log,
        text("PRAGMA foreign_keys = OFF"),
        *(delete(table).where(table.log_id == old) for table in (*tables, ActionCountRow, LogRow)),
    )
    whole = verify(log)
    assert "this machine has signed it" in "\n".join(said(whole))
    for path in log.folder.glob("*.note"):
        path.unlink()
    assert "goes on from it" in "\n".join(said(verify(log)))


def said(report: Report) -> list[str]:
    return [one.text for each in report.logs for one in each.findings if one.kind is Kind.MISSING]
