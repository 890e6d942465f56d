"""What officers did is kept for five years, then it goes, and the log says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consent.core.retention import DisposalClass
from consent.core.times import MILLIS_PER_DAY
from consent.services import retention
from consent.services.epochs import begin_epoch
from consent.services.retention import (
    Outcome,
    Sealing,
    plan_retention,
    run_erasures,
    run_retention,
)
from consent.store.action_disposal import remove_actions
from consent.store.database import write_transaction
from consent.store.log import FORKED, OK, log_name
from consent.store.log_records import stream_log_records
from consent.store.log_sealing import set_status
from consent.store.tables import ActionQueueRow, OfficerActionRow, SealedActionRow
from consent.verify.findings import Kind
from tests.log import WorldLog
from tests.services.test_sealed_actions import act, log
from tests.services.test_verifying import publish, verify
from tests.verify.make_log import kinds
from tests.world import World

__all__ = ["log"]


def retire(log: WorldLog) -> Outcome:
    world = log.world
    return run_retention(world.session, world.now, Sealing(world.keys, log.state_files))


def pass_years(log: WorldLog, years: int) -> None:
    """Have the log signed now and then: when something was sealed is known by that."""
    for _ in range(years):
        log.world.pass_days(366)
        publish(log)


@pytest.mark.legal("RP-07")
def test_after_five_years_acts_go_with_their_salts_and_the_log_says_so(log: WorldLog) -> None:
    world = log.world
    publish(log)
    pass_years(log, 4)
    late = act(world)
    publish(log)
    assert retire(log).removed.get(DisposalClass.RETENTION_ACTION) is None
    pass_years(log, 1)
    due = {one.reason: one.count for one in plan_retention(world.session, world.now)}
    assert due[DisposalClass.RETENTION_ACTION] == 4
    assert retire(log).removed[DisposalClass.RETENTION_ACTION] == 4
    publish(log)
    for table in (OfficerActionRow, SealedActionRow):
        assert world.session.scalars(select(table.id)).all() == [late]
    assert world.session.scalars(select(ActionQueueRow.action_id)).all() == []
    report = verify(log)
    assert not kinds(report), list(report.logs[0].findings)
    assert report.logs[0].disposed["retention_action"] == 4


@pytest.mark.legal("RP-07")
def test_an_act_that_was_removed_too_early_is_found(
    log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(log)
    pass_years(log, 1)
    monkeypatch.setattr(retention, "action_cutoff", lambda now: now - MILLIS_PER_DAY)
    assert retire(log).removed[DisposalClass.RETENTION_ACTION] == 4
    publish(log)
    assert kinds(verify(log)) == {Kind.DISPOSAL_TOO_EARLY}


@pytest.mark.legal("RP-07")
@pytest.mark.parametrize("table", [OfficerActionRow, SealedActionRow])
def test_the_database_lets_an_act_go_only_while_the_queue_names_it(
    session: Session, table: Any
) -> None:
    world = World(session)
    world.publish()
    acted = act(world)
    with pytest.raises(IntegrityError, match="is evidence: DELETE is refused"):
        session.execute(delete(table).where(table.id == acted))
    session.rollback()
    with write_transaction(session):
        assert remove_actions(session, [acted]) == 1
    assert session.get(table, acted) is None


@pytest.mark.legal("RP-07")
def test_acts_of_a_log_that_cannot_be_signed_wait_and_are_told(log: WorldLog) -> None:
    world = log.world
    sealing = Sealing(world.keys, log.state_files)
    publish(log)
    pass_years(log, 4)
    mark(log, FORKED)
    assert retire(log).waiting == 1  # the visitor's record
    world.pass_days(366)
    due = {one.reason: one.count for one in plan_retention(world.session, world.now)}
    assert due[DisposalClass.RETENTION_ACTION] == 4
    outcome = retire(log)
    assert (outcome.removed, outcome.waiting) == ({}, 5)
    assert run_erasures(world.session, world.now, sealing).waiting == 5
    mark(log, OK)
    outcome = retire(log)
    assert outcome.removed[DisposalClass.RETENTION_ACTION] == 4
    assert outcome.waiting == 0


@pytest.mark.legal("RP-07")
def test_the_epoch_in_force_is_told_of_acts_of_one_that_cannot_be_signed(log: WorldLog) -> None:
    world = log.world
    publish(log)
    mark(log, FORKED)
    old, name, files = log.log_id, log_name(log.log_id), log.state_files
    new = begin_epoch(
        world.session, name, "The copies were lost.", world.keys, state_files=files, now=world.now
    )
    world.pass_days(6 * 366)
    outcome = retire(log)
    assert outcome.removed[DisposalClass.RETENTION_ACTION] == 4
    assert outcome.waiting == 0
    told = [json.loads(one.payload) for one in stream_log_records(world.session, new.log_id)]
    [disposal] = [one for one in told if one.get("reason") == "retention_action"]
    assert (disposal["log"], disposal["count"]) == (old, 4)


def mark(log: WorldLog, status: str) -> None:
    with write_transaction(log.world.session):
        set_status(log.world.session, log.log_id, status, "for this test", log.world.now)
