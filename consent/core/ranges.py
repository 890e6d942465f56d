"""Ranges of leaves, each with its first and its last: how records of the log name many of them."""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]


def ranges_of(numbers: Iterable[int]) -> tuple[Range, ...]:
    """Return the fewest ranges that hold exactly these numbers, ascending."""
    ranges: list[Range] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)


def count_in(ranges: Iterable[Range]) -> int:
    """Return how many numbers these ranges hold."""
    return sum(last - first + 1 for first, last in ranges)


def holds(ranges: Iterable[Range], number: int) -> bool:
    """Say whether a number is in one of the ranges."""
    return any(first <= number <= last for first, last in ranges)
