"""Records vanish on their day, by class, on both engines, and each run says how many."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from consent.core.model import ConsentEvent, EventName
from consent.core.retention import DisposalClass, Role, proof_ends
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339, rfc3339
from consent.services import retention
from consent.services.retention import Due, plan_retention
from consent.store import disposal as store
from consent.store.database import AnySession
from consent.store.disposal import ProofRule, RefusalRule
from consent.store.events import EventFilter, count_events
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    SubmissionRow,
)
from tests.disposing import disposals, dispose, leaves_of, make_log
from tests.make import make_notice, make_site
from tests.make_events import ALICE, insert_event, make_event, make_refusal
from tests.world import START, Browser, World

GRANT, REFUSAL = DisposalClass.RETENTION_GRANT, DisposalClass.RETENTION_REFUSAL


def rows(session: AnySession, table: Any = ConsentEventRow) -> int:
    count = session.scalar(select(func.count()).select_from(table)) or 0
    session.rollback()
    return count


def removed_at(world: World, instant: str) -> dict[DisposalClass, int]:
    """Return what a run at an instant removes; the plan must have said the same."""
    now = parse_rfc3339(instant)
    planned = {each.reason: each.count for each in plan_retention(world.session, now)}
    removed = dict(dispose(world.session, now).removed)
    assert removed == planned
    return removed


@pytest.mark.legal("RR-01", "RR-04")
def test_a_refusal_vanishes_after_180_days(world: World) -> None:
    recorded = Browser(world).refuse_all()
    gone_at = START + 180 * MILLIS_PER_DAY
    assert removed_at(world, rfc3339(gone_at - 1)) == {}
    assert removed_at(world, rfc3339(gone_at)) == {REFUSAL: 1}
    assert rows(world.session) == 0
    assert recorded.stored is not None
    assert leaves_of(world.session, recorded.stored.event.id) == []


@pytest.mark.legal("RR-01", "RR-02")
def test_a_grant_that_ran_out_vanishes_24_months_later(world: World) -> None:
    recorded = Browser(world).accept_all()
    assert rfc3339(recorded.valid_until) == "2027-05-22T00:00:00.000Z"
    assert removed_at(world, "2029-05-21T23:59:59.999Z") == {}
    assert removed_at(world, "2029-05-22") == {GRANT: 1}
    assert rows(world.session) == 0


@pytest.mark.legal("RR-02")
def test_a_withdrawal_goes_with_the_grant_it_ended(world: World) -> None:
    alice = Browser(world)
    alice.accept_all()
    world.pass_days(10)
    alice.withdraw_all()
    assert removed_at(world, "2028-12-02T23:59:59Z") == {}
    assert removed_at(world, "2028-12-03") == {GRANT: 2}


@pytest.mark.legal("RR-02")
def test_a_grant_that_was_replaced_goes_before_the_one_that_counts_on(world: World) -> None:
    alice = Browser(world)
    alice.accept_all()
    world.pass_days(10)
    alice.save("ads")
    assert removed_at(world, "2028-12-02T23:59:59Z") == {}
    assert removed_at(world, "2028-12-03") == {GRANT: 1}
    world.session.rollback()
    left = world.session.scalars(select(ConsentEventRow.event)).all()
    assert left == ["partly_granted"]
    assert removed_at(world, "2029-06-01") == {GRANT: 1}


@pytest.mark.legal("RR-01", "RR-02", "RR-03")
def test_the_months_are_those_of_the_notice_that_was_shown(world: World) -> None:
    Browser(world).accept_all()
    longer = replace(make_site().lifetimes, proof_months=60)
    world.publish(lifetimes=longer, proof_reason="A claim can come late.")
    alice = Browser(world)
    alice.accept_all()
    alice.withdraw_all()
    assert removed_at(world, "2029-05-22") == {GRANT: 1}
    assert removed_at(world, "2031-11-22T23:59:59Z") == {}
    assert removed_at(world, "2031-11-23") == {GRANT: 2}


@pytest.mark.legal("RR-02")
def test_a_withdrawal_by_a_later_notice_still_goes_with_its_grant(world: World) -> None:
    alice = Browser(world)
    alice.accept_all()
    shorter = replace(make_site().lifetimes, proof_months=12)
    world.publish(lifetimes=shorter)
    alice.withdraw_all()
    assert removed_at(world, "2028-11-22") == {}
    assert removed_at(world, "2028-11-23") == {GRANT: 2}


def test_what_a_shorter_promise_removes_takes_earlier_acts_along(world: World) -> None:
    alice = Browser(world)
    alice.accept_all()
    shorter = replace(make_site().lifetimes, proof_months=1)
    world.publish(lifetimes=shorter)
    alice.save("ads")
    alice.withdraw_all()
    assert dispose(world.session, parse_rfc3339("2026-12-23")).removed == {GRANT: 3}
    assert rows(world.session) == 0


def test_without_an_id_a_grant_goes_by_its_own_time(world: World) -> None:
    world.publish(service_url="https://consent.example")
    Browser(world).accept_all()
    assert removed_at(world, "2029-05-21") == {}
    assert removed_at(world, "2029-05-22") == {GRANT: 1}


def test_a_record_of_a_notice_that_is_not_stored_has_the_usual_time(session: Session) -> None:
    make_log(session)
    granted = make_event(at="2026-03-15T12:00:00Z")
    insert_event(session, granted)
    due = parse_rfc3339(rfc3339(proof_ends(granted.valid_until, 24)))
    assert dispose(session, due - 1).removed == {}
    assert dispose(session, due).removed == {GRANT: 1}


def test_submissions_are_forgotten_and_daily_totals_stay(world: World) -> None:
    world.publish(record_refusals="count")
    Browser(world).refuse_all()
    world.pass_days(400)
    outcome = dispose(world.session, world.now)
    assert (outcome.removed, outcome.submissions) == ({}, 1)
    assert rows(world.session, SubmissionRow) == 0
    assert world.session.scalar(text("SELECT sum(count) FROM refusal_total")) == 1


@pytest.mark.legal("RR-02")
def test_a_grant_never_goes_without_its_withdrawal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    alice = Browser(world)
    alice.accept_all()
    longer = replace(make_site().lifetimes, proof_months=60)
    world.publish(lifetimes=longer, proof_reason="A claim can come late.")
    alice.withdraw_all()
    assert removed_at(world, "2028-11-23") == {GRANT: 2}
    assert rows(world.session) == 0


def test_the_plan_tells_site_and_class_and_changes_nothing(session: Session) -> None:
    now = parse_rfc3339("2029-01-01")
    insert_event(session, make_event(at="2026-01-01"))
    insert_event(session, make_event(at="2026-01-02", site="library", subject="c0" * 32))
    insert_event(session, make_event(at="2028-12-31", subject="d0" * 32))
    for _ in range(3):
        insert_event(session, make_refusal(at="2028-01-01"))
    plan = plan_retention(session, now)
    assert plan == [
        Due("library", GRANT, 1),
        Due("programme", GRANT, 1),
        Due("programme", REFUSAL, 3),
    ]
    assert rows(session) == 6
    assert rows(session, DisposalQueueRow) == 0


@pytest.mark.legal("RR-12")
def test_a_run_records_one_disposal_for_each_class(session: Session) -> None:
    make_log(session)
    now = parse_rfc3339("2029-01-01")
    insert_event(session, make_event(at="2026-01-01"))
    for _ in range(3):
        insert_event(session, make_refusal(at="2028-01-01"))
    assert dispose(session, now, role=Role.OPERATOR).removed == {GRANT: 1, REFUSAL: 3}
    found = [
        (one["reason"], one["count"], one["role"], one["policy"]) for one in disposals(session)
    ]
    assert sorted(found) == [
        (
            "retention_grant", 1, "operator",
            "kept while relied on and for the proof_months of its notice",
        ),
        ("retention_refusal", 3, "operator", "kept 180 days"),
    ]  # fmt: skip
    assert dispose(session, now).removed == {}
    assert len(disposals(session)) == 2


def test_batches_remove_all_and_tell_how_far_they_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    make_log(session)
    for _ in range(10):
        insert_event(session, make_refusal(at="2026-01-01"))
    insert_event(session, make_refusal(at="2028-12-31"))
    progress: list[int] = []
    dispose(session, parse_rfc3339("2029-01-01"), progress.append)
    assert progress == [4, 8, 10]
    assert rows(session) == count_events(session, EventFilter()) == 1


@pytest.mark.legal("RR-01", "RR-02")
def test_what_is_due_in_any_history_is_what_the_rules_say(session: Session) -> None:
    make_log(session)
    dice = random.Random(27)  # noqa: S311 -- the same histories every time
    chains = [_history(dice, number) for number in range(25)]
    events = [each for chain in chains for each in chain]
    for each in events:
        insert_event(session, each)
    for months_later in (1, 18, 24, 27, 29, 40):
        now = proof_ends(START, months_later) + dice.randrange(MILLIS_PER_DAY)
        expected = {
            each.id
            for chain in chains
            for each, end in zip(chain, _ends_of_reliance(chain), strict=True)
            if proof_ends(end, 24) > now
        }
        dispose(session, now)
        assert set(session.scalars(select(ConsentEventRow.id))) == expected
        session.rollback()
    assert not expected


def _history(dice: random.Random, number: int) -> list[ConsentEvent]:
    """Return a chain of grants of one subject, perhaps with a withdrawal at its end."""
    at = START + dice.randrange(30 * MILLIS_PER_DAY)
    subject = f"{number:064x}"
    chain: list[ConsentEvent] = []
    for _ in range(dice.randrange(1, 5)):
        prev = chain[-1].id if chain else None
        chain.append(make_event(at=at, subject=subject, prev=prev))
        at += dice.randrange(1, 70 * MILLIS_PER_DAY)
    if dice.random() < 0.5:
        chain.append(
            make_event(at=at, subject=subject, prev=chain[-1].id, event=EventName.WITHDRAWN)
        )
    return chain


def _ends_of_reliance(chain: Sequence[ConsentEvent]) -> list[int]:
    ends = [min(one.valid_until, following.at) for one, following in pairwise(chain)]
    last = chain[-1]
    return [*ends, last.at if last.event is EventName.WITHDRAWN else last.valid_until]


def test_what_is_due_is_read_by_an_index_and_needs_no_sort(session: Session) -> None:
    insert_event(session, make_event(subject=ALICE))
    proof = ProofRule(START, frozenset({make_notice().hash}), all_but=True)
    for rule in (proof, RefusalRule(START)):
        plan = _plan(session, rule)
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan
        assert "SCAN consent_event" not in plan
        assert "Seq Scan on consent_event" not in plan


def _plan(session: Session, rule: store.Rule) -> str:
    connection = session.connection()
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    event.listen(connection, "before_cursor_execute", keep)
    store.list_due(session, rule, after="", limit=10)
    event.remove(connection, "before_cursor_execute", keep)
    if connection.dialect.name == "postgresql":  # as it plans when there are many rows
        for choice in ("seqscan", "sort", "bitmapscan"):
            session.execute(text(f"SET LOCAL enable_{choice} = off"))
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    found = connection.exec_driver_sql(f"{explain} {sent[0][0]}", sent[0][1])
    return "\n".join(str(row[-1]) for row in found)
