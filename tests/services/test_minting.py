"""An inspector's answer is taken for a visitor's everywhere, and counted nowhere."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from consent.core.model import Status
from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotFoundError, RuleError, UnknownCategoryError
from consent.export.facts import Tally
from consent.services.minting import Minted, TestState, mint_answer
from consent.services.presenting import Presented, read_answer, state_of
from consent.store.events import EventFilter, stream_events
from consent.store.tables import RefusalTotalRow
from tests.log import WorldLog, assert_whole
from tests.world import Browser, World

pytestmark = pytest.mark.legal("AE-14")


def mint(world: World, state: str, *allowed: str) -> Minted:
    return mint_answer(
        world.session,
        "programme",
        TestState(state),
        allowed=allowed,
        keys=world.keys,
        now=world.now,
    )


def inspector(world: World, state: str, *allowed: str) -> Browser:
    """Return a browser into which an answer was put."""
    return Browser(world, cookies=Presented(mint(world, state, *allowed).value))


@pytest.mark.parametrize(
    ("state", "allowed", "granted"),
    [
        ("accepted", (), {"functional", "personalisation", "ads"}),
        ("refused", (), set()),
        ("partial", ("ads",), {"ads"}),
    ],
)
def test_each_state_is_taken_for_a_visitors(
    world: World, state: str, allowed: tuple[str, ...], granted: set[str]
) -> None:
    presented = Presented(mint(world, state, *allowed).value)
    found = state_of(world.keys, world.site(), presented, world.now)
    assert found.status is Status.DECIDED
    assert {name for name, allowed in (found.choices or {}).items() if allowed} == granted


def test_an_expired_answer_has_ended_and_nothing_is_allowed(world: World) -> None:
    presented = Presented(mint(world, "expired").value)
    found = state_of(world.keys, world.site(), presented, world.now)
    assert found.status is Status.EXPIRED
    world.now -= MILLIS_PER_DAY
    before = state_of(world.keys, world.site(), presented, world.now)
    assert before.status is Status.DECIDED


def test_it_looks_like_a_visitors_but_has_another_signature(world: World) -> None:
    real = Browser(world)
    real.accept_all()
    assert real.cookies.answer is not None
    minted = mint(world, "accepted").value
    assert minted.rpartition(".")[0] == real.cookies.answer.rpartition(".")[0]
    answer = read_answer(world.keys, "programme", minted)
    assert answer is not None
    assert answer.is_test
    assert minted != real.cookies.answer
    assert read_answer(world.keys, "other", minted) is None


def test_what_is_done_upon_it_is_a_test_and_so_is_what_follows(world: World, log: WorldLog) -> None:
    browser = inspector(world, "refused")
    for act in (browser.accept_all, browser.withdraw_all, browser.refuse_all):
        world.now += 1000
        recorded = act()
        assert recorded.stored is not None
        assert recorded.stored.event.test
        assert json.loads(recorded.stored.payload)["signals"] == {"test": True}
    Browser(world).refuse_all()
    tally = Tally()
    list(tally.count(one.event for one in stream_events(world.session, EventFilter())))
    assert (tally.tests, tally.totals.total()) == (3, 1)
    log.seal()
    assert_whole(world.session, world.keys)


def test_a_visitors_record_says_nothing_of_tests(world: World) -> None:
    recorded = Browser(world).accept_all()
    assert recorded.stored is not None
    assert "signals" not in json.loads(recorded.stored.payload)


def test_a_refusal_that_is_a_test_is_in_no_daily_total(world: World) -> None:
    world.publish(record_refusals="count")
    inspector(world, "refused").refuse_all()
    assert world.session.scalar(select(func.count()).select_from(RefusalTotalRow)) == 0
    browser = inspector(world, "refused")
    first = browser.refuse_all(submission_id="6d3d1f2e-8f0e-4b0e-9f5e-1f2e3d4c5b6a")
    assert first.answer_cookie is not None
    answer = read_answer(world.keys, "programme", first.answer_cookie)
    assert answer is not None
    assert answer.is_test
    Browser(world).refuse_all()
    assert world.session.scalar(select(func.count()).select_from(RefusalTotalRow)) == 1


def test_nobody_can_make_a_real_answer_of_it(world: World) -> None:
    """The mark is in the signature: it cannot be taken off."""
    minted = mint(world, "accepted").value
    assert (
        read_answer(
            world.keys, "programme", minted[:-2] + ("A" if minted[-2] != "A" else "B") + minted[-1]
        )
        is None
    )


def test_on_another_domain_it_would_count_as_a_visitors_and_is_refused(world: World) -> None:
    world.publish(service_url="https://consent.other.example")
    with pytest.raises(RuleError, match="its cookies never reach us"):
        mint(world, "refused")


def test_what_there_is_not_is_refused(world: World) -> None:
    with pytest.raises(UnknownCategoryError):
        mint(world, "partial", "seo")
    with pytest.raises(NotFoundError, match="there is no site 'other'"):
        mint_answer(world.session, "other", TestState.REFUSED, keys=world.keys, now=world.now)
