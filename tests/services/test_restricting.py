"""Erased records that a site keeps in writing: unchanged, hidden from all, and gone when due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consent.core.ids import reference_code
from consent.core.model import ErasureMode
from consent.core.retention import DisposalClass
from consent.core.times import parse_rfc3339, rfc3339
from consent.errors import NotFoundError
from consent.services.answering import Recorded
from consent.services.erasing import Erased, ErasureAct, erase, erase_found, find_by_code
from consent.services.officers import operator
from consent.services.restricting import SPREADING_MS
from consent.services.retention import Due, plan_retention
from consent.services.sealing import seal_all
from consent.services.standing import find_by_receipt, find_held_event, find_history
from consent.services.verifying import verify_database
from consent.store.events import EventFilter, count_events, find_event, stream_events
from consent.store.log import find_leaf, find_state
from consent.store.restriction import hidden_leaves, list_all_of_subject
from consent.store.tables import ConsentEventRow, DisposalQueueRow, RestrictionRow
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from tests.disposing import disposals, dispose, leaves_of
from tests.log import WorldLog
from tests.make import make_site
from tests.world import Browser, World, new_id

LOG = "leiden-university/1"
REASON = {"en": "Claims can come for two years.", "nl": "Klachten kunnen twee jaar komen."}
UNLINK: dict[str, Any] = {"erasure": ErasureMode.UNLINK, "erasure_reason": REASON}


@pytest.fixture
def world(session: Session) -> World:
    """A site that keeps erased records, and has said so for long enough."""
    world = World(session)
    world.publish(**UNLINK)
    world.now += SPREADING_MS
    return world


@pytest.fixture
def alice(world: World) -> Browser:
    return Browser(world)


def ask(browser: Browser) -> Erased:
    world = browser.world
    act = ErasureAct(new_id(), world.token(world.site()), browser.cookies)
    return erase(world.session, world.site(), act, keys=world.keys, now=world.now)


def event_of(recorded: Recorded) -> Any:
    assert recorded.stored is not None
    return recorded.stored.event


def rows(world: World, table: Any = ConsentEventRow) -> int:
    count = world.session.scalar(select(func.count()).select_from(table)) or 0
    world.session.rollback()
    return count


def require_hidden(browser: Browser, recorded: Recorded) -> None:
    """Fail if any reader but the proof view finds what is recorded of a browser."""
    world, event = browser.world, event_of(recorded)
    site, session, keys = world.site(), world.session, world.keys
    lookups: list[Callable[[], object]] = [
        lambda: find_history(session, site, browser.cookies, keys=keys),
        lambda: find_by_receipt(session, site, recorded.receipt or "", keys=keys),
        lambda: find_held_event(session, site, browser.cookies, event.id, keys=keys),
        lambda: find_by_code(session, site.id, reference_code(event.subject)),
    ]
    for lookup in lookups:
        with pytest.raises(NotFoundError):
            lookup()
    assert find_event(session, event.id) is None
    assert event.id not in {one.event.id for one in stream_events(session, EventFilter())}
    assert count_events(session, EventFilter()) == 0


@pytest.mark.legal("RR-07", "RR-08")
def test_erased_records_stay_unchanged_and_no_one_is_shown_them(alice: Browser) -> None:
    world = alice.world
    granted = alice.accept_all()
    seal_all(world.session, LOG, world.keys, now=world.now)
    assert granted.stored is not None
    leaf = find_leaf(world.session, granted.stored.event.id)
    erased = ask(alice)
    require_hidden(alice, granted)
    outcome = dispose(world.session, world.now)
    assert (outcome.removed, outcome.restricted, outcome.waiting) == ({}, 2, 0)
    assert rows(world, DisposalQueueRow) == 0
    assert rows(world, RestrictionRow) == rows(world) == 2
    require_hidden(alice, granted)
    row = world.session.execute(
        select(ConsentEventRow.payload, ConsentEventRow.salt, ConsentEventRow.entry).where(
            ConsentEventRow.id == granted.stored.event.id
        )
    ).one()
    stored = granted.stored
    assert tuple(row) == (stored.payload, stored.salt, stored.entry)
    assert find_leaf(world.session, granted.stored.event.id) == leaf
    assert disposals(world.session) == []
    assert erased.withdrawal is not None


@pytest.mark.legal("RR-07", "RR-01")
def test_they_are_gone_on_the_day_that_the_visitor_was_told(alice: Browser) -> None:
    world = alice.world
    alice.accept_all()
    world.pass_days(10)
    erased = ask(alice)
    assert erased.hidden.is_locked
    assert rfc3339(erased.hidden.removed_by) == "2028-12-03T00:00:00.000Z"
    dispose(world.session, world.now)
    assert dispose(world.session, erased.hidden.removed_by - 1).removed == {}
    removed = dispose(world.session, erased.hidden.removed_by).removed
    assert removed == {DisposalClass.RETENTION_GRANT: 2}
    assert rows(world) == rows(world, RestrictionRow) == 0
    [record] = disposals(world.session)
    assert record["count"] == 2


def test_a_longer_promise_of_an_earlier_notice_is_part_of_that_day(world: World) -> None:
    alice = Browser(world)
    longer = replace(make_site().lifetimes, proof_months=60)
    world.publish(lifetimes=longer, proof_reason="A claim can come late.", **UNLINK)
    alice.accept_all()
    world.publish(**UNLINK)
    world.now += 1
    alice.save("ads")
    erased = ask(alice)
    assert rfc3339(erased.hidden.removed_by) == "2031-11-23T00:00:00.000Z"
    dispose(world.session, world.now)
    dispose(world.session, erased.hidden.removed_by)
    assert rows(world) == 0


@pytest.mark.legal("RR-07")
def test_a_repeated_erasure_is_answered_alike_before_and_after_the_daily_run(
    alice: Browser,
) -> None:
    alice.accept_all()
    first = ask(alice)
    assert ask(alice).hidden == first.hidden
    dispose(alice.world.session, alice.world.now)
    again = ask(alice)
    assert (again.hidden.count, again.hidden.removed_by) == (0, first.hidden.removed_by)
    assert rows(alice.world, DisposalQueueRow) == 0


@pytest.mark.legal("RR-07", "RR-12")
def test_an_officer_withdraws_and_locks_away_for_a_visitor_who_wrote(alice: Browser) -> None:
    world = alice.world
    event = event_of(alice.accept_all())
    found = find_by_code(world.session, "programme", reference_code(event.subject))
    hidden = erase_found(world.session, found, officer=operator("olga"), now=world.now)
    assert (hidden.count, hidden.is_locked) == (2, True)
    dispose(world.session, world.now)
    names = [
        one.event.value for one in list_all_of_subject(world.session, "programme", event.subject)
    ]
    assert names == ["granted", "withdrawn"]


@pytest.mark.legal("RR-07")
def test_what_was_asked_for_before_the_rule_was_in_force_is_removed(session: Session) -> None:
    """Those visitors were told that their records would be removed."""
    world = World(session)
    world.publish()
    alice, bob = Browser(world), Browser(world)
    alice.accept_all()
    bob.accept_all()
    ask(alice)
    world.now += 1
    world.publish(**UNLINK)
    world.now += SPREADING_MS - 1
    ask(bob)
    world.now += 1
    outcome = dispose(world.session, world.now)
    assert (outcome.removed, outcome.restricted) == ({DisposalClass.ERASURE: 4}, 0)


def test_what_was_locked_away_stays_so_when_the_rule_is_given_up(world: World) -> None:
    alice, bob = Browser(world), Browser(world)
    granted = alice.accept_all()
    ask(alice)
    world.now += 1
    world.publish()
    bob.accept_all()
    assert not ask(bob).hidden.is_locked
    outcome = dispose(world.session, world.now)
    assert (outcome.removed, outcome.restricted) == ({DisposalClass.ERASURE: 2}, 2)
    require_hidden(alice, granted)
    assert rows(world) == 2


def test_the_plan_tells_what_is_locked_away_and_what_is_removed(world: World) -> None:
    alice, bob = Browser(world), Browser(world)
    alice.accept_all()
    ask(alice)
    Browser(world).refuse_all()
    world.now += 1
    world.publish()
    bob.accept_all()
    ask(bob)
    assert plan_retention(world.session, world.now) == [
        Due("programme", DisposalClass.ERASURE, 2, is_restricted=True),
        Due("programme", DisposalClass.ERASURE, 2),
    ]
    assert rows(world, RestrictionRow) == 0
    later = parse_rfc3339("2027-06-01")
    assert plan_retention(world.session, later)[-1] == Due(
        "programme", DisposalClass.RETENTION_REFUSAL, 1
    )


def test_the_leaves_of_what_is_hidden_are_listed_for_a_restore(world: World) -> None:
    alice, bob = Browser(world), Browser(world)
    first = event_of(alice.accept_all()).id
    ask(alice)
    dispose(world.session, world.now)
    second = event_of(bob.accept_all()).id
    ask(bob)
    Browser(world).accept_all()
    seal_all(world.session, LOG, world.keys, now=world.now)
    state = find_state(world.session, LOG)
    assert state is not None
    hidden = hidden_leaves(world.session, LOG, below=state.size)
    restricted = [leaf for a, b in hidden["restricted"] for leaf in range(a, b + 1)]
    queued = [leaf for a, b in hidden["queued"] for leaf in range(a, b + 1)]
    assert (len(restricted), len(queued)) == (2, 2)
    assert set(leaves_of(world.session, first)) < set(restricted)
    assert set(leaves_of(world.session, second)) < set(queued)
    assert hidden_leaves(world.session, LOG, below=min(restricted))["restricted"] == []


@pytest.mark.legal("RR-08", "RP-08")
def test_who_checks_the_log_still_finds_them_and_finds_nothing_wrong(
    alice: Browser, tmp_path: Path
) -> None:
    world = alice.world
    log = WorldLog(world, tmp_path)
    alice.accept_all()
    ask(alice)
    dispose(world.session, world.now)
    log.seal()
    log.publish()
    [report] = verify_database(world.session, Evidence(), state_files=log.state_files).logs
    assert {finding.kind for finding in report.findings} == {Kind.UNANCHORED}
    assert report.disposed == {}
    assert report.opened == report.size
