"""What holds now, from the answer a browser keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.answer import Answer
from consent.core.model import Status
from consent.core.state import Scope, consent_state, last_day
from consent.core.times import MILLIS_PER_DAY, add_days, day_of, end_of_day, parse_rfc3339
from tests.core.test_answer import answers

NOW = parse_rfc3339("2026-11-22T12:00:00Z")
SCOPE = Scope("a" * 64, ("functional", "ads"), {"b" * 16: ["ads"]})


def answer(**overrides: object) -> Answer:
    values = {
        "scope16": "a" * 16,
        "choices": {"functional": True, "ads": False},
        "chosen_on": "20261122",
        "ends_on": "20270521",
    }
    return Answer(**{**values, **overrides})  # type: ignore[arg-type]


def test_without_an_answer_nothing_is_decided() -> None:
    state = consent_state(None, SCOPE, NOW)
    assert (state.status, state.choices) == (Status.UNDECIDED, None)


@pytest.mark.legal("RE-01", "RE-02")
@pytest.mark.parametrize("days", [0, 1, 179, 180])
def test_a_choice_stands_through_its_last_day(days: int) -> None:
    state = consent_state(answer(), SCOPE, NOW + days * MILLIS_PER_DAY)
    assert state.status is Status.DECIDED
    assert state.choices == {"functional": True, "ads": False}


@pytest.mark.legal("RE-04")
def test_it_ends_the_instant_its_last_day_ends() -> None:
    assert consent_state(answer(), SCOPE, end_of_day("20270521") - 1).status is Status.DECIDED
    over = consent_state(answer(), SCOPE, end_of_day("20270521"))
    assert (over.status, over.choices) == (Status.EXPIRED, None)


@pytest.mark.legal("CT-08")
def test_an_answer_from_the_future_is_none() -> None:
    state = consent_state(answer(chosen_on="20261123"), SCOPE, NOW)
    assert (state.status, state.choices) == (Status.UNDECIDED, None)


@pytest.mark.legal("RE-05", "RE-06", "RE-07")
def test_after_a_change_of_scope_only_what_changed_is_open_and_off() -> None:
    before = answer(scope16="b" * 16, choices={"functional": True, "ads": True})
    state = consent_state(before, SCOPE, NOW)
    assert state.status is Status.RENEWAL_NEEDED
    assert state.choices == {"functional": True, "ads": False}
    assert state.held == {"functional": True}


@pytest.mark.legal("RE-07")
def test_a_category_that_is_new_is_off_until_it_was_asked() -> None:
    state = consent_state(answer(scope16="b" * 16, choices={"functional": True}), SCOPE, NOW)
    assert state.choices == {"functional": True, "ads": False}


@pytest.mark.legal("RE-05")
def test_categories_in_another_order_ask_nobody_again() -> None:
    kept = answer(choices={"ads": False, "functional": True})
    state = consent_state(kept, SCOPE, NOW)
    assert state.status is Status.DECIDED
    assert list((state.choices or {}).items()) == [("functional", True), ("ads", False)]


def test_an_unknown_scope_decides_nothing() -> None:
    assert consent_state(answer(scope16="c" * 16), SCOPE, NOW).status is Status.UNDECIDED


def test_an_answer_to_other_categories_decides_nothing() -> None:
    assert consent_state(answer(choices={"ads": True}), SCOPE, NOW).status is Status.UNDECIDED


@given(answers(), st.integers(0, 4_102_444_800_000))
def test_nothing_is_allowed_that_the_answer_does_not_allow(kept: Answer, now: int) -> None:
    scope = Scope(kept.scope16 + "0" * 48, tuple(kept.choices), {})
    state = consent_state(kept, scope, now)
    allowed = {name for name, is_allowed in (state.choices or {}).items() if is_allowed}
    assert allowed <= {name for name, is_allowed in kept.choices.items() if is_allowed}
    assert (state.choices is not None) == (state.status is Status.DECIDED)


@pytest.mark.legal("RE-03")
def test_consent_and_refusal_each_have_their_own_last_day() -> None:
    undecided = consent_state(None, SCOPE, NOW)
    days = {"consent_days": 180, "refusal_days": 200, "now": NOW}
    assert last_day({"ads": True}, undecided, **days) == add_days(day_of(NOW), 180)
    assert last_day({"ads": False}, undecided, **days) == add_days(day_of(NOW), 200)


def test_a_grant_that_was_not_asked_again_keeps_its_last_day() -> None:
    before = answer(scope16="b" * 16, ends_on="20261130")
    state = consent_state(before, SCOPE, NOW)
    days = {"consent_days": 180, "refusal_days": 180, "now": NOW}
    assert last_day({"functional": True, "ads": True}, state, **days) == "20261130"
    assert last_day({"functional": False, "ads": True}, state, **days) == add_days(day_of(NOW), 180)
