"""Months are written in one way, and know their neighbours and their ends."""

from __future__ import annotations

import pytest

from consent.core.months import Month, month_of, parse_month
from consent.core.times import parse_rfc3339
from consent.errors import RuleError


def test_a_month_is_read_as_it_is_written() -> None:
    month = parse_month("2026-10")
    assert (str(month), month.first_day) == ("2026-10", "20261001")
    assert month == month_of(parse_rfc3339("2026-10-31T23:59:59.999Z"))


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "1969-12", "October", "２０２６-10"]
)
def test_nothing_else_is_a_month(text: str) -> None:
    with pytest.raises(RuleError, match="not a month written as 2026-10"):
        parse_month(text)


@pytest.mark.parametrize(
    ("count", "other"), [(1, "2027-01"), (-1, "2026-11"), (-12, "2025-12"), (0, "2026-12")]
)
def test_months_are_counted_across_years(count: int, other: str) -> None:
    assert str(Month(2026, 12).plus(count)) == other


def test_a_month_begins_and_ends_at_midnight_utc() -> None:
    month = Month(2028, 2)
    assert month.begin == parse_rfc3339("2028-02-01")
    assert month.end == parse_rfc3339("2028-03-01")
    assert Month(2027, 12) < month < Month(2028, 3)
