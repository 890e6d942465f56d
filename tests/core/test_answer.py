"""The answer a browser keeps has one spelling, and everything else is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.answer import Answer, parse_answer
from consent.core.times import add_days, end_of_day, parse_rfc3339
from consent.errors import TokenError

_DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2100, 1, 1)).map(lambda day: day.strftime("%Y%m%d"))
_CATEGORIES = st.lists(
    st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True), min_size=1, max_size=8, unique=True
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    chosen_on = draw(_DAYS)
    return Answer(
        scope16=draw(st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
        choices={category: draw(st.booleans()) for category in draw(_CATEGORIES)},
        chosen_on=chosen_on,
        ends_on=add_days(chosen_on, draw(st.integers(0, 400))),
    )


@given(answers())
def test_what_is_written_is_read_back(answer: Answer) -> None:
    assert parse_answer(answer.text) == answer
    assert list(parse_answer(answer.text).choices) == list(answer.choices)


@given(st.text())
def test_garbage_is_refused_with_our_own_error(text: str) -> None:
    with pytest.raises(TokenError):
        parse_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "0123456789abcdef.ads-2.20261122.20270521",
        "0123456789abcdef.ads-1_ads-0.20261122.20270521",
        "0123456789abcdef.ads-1.20261131.20270521",
        "0123456789abcdef.ads-1.20270521.20261122",
        "0123456789ABCDEF.ads-1.20261122.20270521",
        "0123456789abcdef.ads-1.20261122.20270521\n",
        "0123456789abcdef..20261122.20270521",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(TokenError):
        parse_answer(text)


@pytest.mark.legal("CT-07")
def test_it_is_short_and_holds_no_identifier() -> None:
    choices = {"functional": True, "personalisation": False, "ads": False}
    answer = Answer("0123456789abcdef", choices, "20261122", "20270521")
    assert answer.text == (
        "0123456789abcdef.functional-1_personalisation-0_ads-0.20261122.20270521"
    )


def test_it_counts_to_the_end_of_its_last_day() -> None:
    answer = Answer("0" * 16, {"ads": True}, "20261122", "20270521")
    assert answer.valid_until == end_of_day("20270521") == parse_rfc3339("2027-05-22")
