"""Ranges hold exactly the numbers they were made from, in as few ranges as can be."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consent.core.ranges import count_in, holds, ranges_of

NUMBERS = st.sets(st.integers(0, 60))


@given(NUMBERS)
def test_ranges_hold_what_they_were_made_from(numbers: set[int]) -> None:
    ranges = ranges_of(sorted(numbers, reverse=True))
    assert {number for first, last in ranges for number in range(first, last + 1)} == numbers
    assert count_in(ranges) == len(numbers)
    assert {number for number in range(62) if holds(ranges, number)} == numbers


@given(NUMBERS)
def test_ranges_ascend_and_do_not_touch(numbers: set[int]) -> None:
    ranges = ranges_of(numbers)
    assert all(first <= last for first, last in ranges)
    assert all(before + 1 < after for (_, before), (after, _) in pairwise(ranges))
