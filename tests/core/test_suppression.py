"""No count below the minimum can be read from a report, nor computed from what is in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.aggregates import Period, Step, columns_of, report_of
from consent.core.suppression import (
    DEFAULT_MINIMUM,
    NO_MINIMUM,
    Cell,
    Known,
    is_small,
    told,
    told_day,
    total,
)
from consent.core.totals import Counts, Measure, Place

CATEGORIES = ("ads", "functional")
MINIMUMS = st.integers(3, 7)
SINGLE = [measure for measure in Measure if measure is not Measure.DISPLAYS]
NUMBERS = st.one_of(st.integers(0, 8), st.integers(0, 60))

pytestmark = pytest.mark.legal("AE-09")


@st.composite
def days(draw: st.DrawFn) -> Counts:
    """What may be counted on a day."""
    of: Counter[Measure] = Counter({measure: draw(NUMBERS) for measure in SINGLE})
    decisions = of[Measure.ACCEPTED] + of[Measure.PARTLY] + of[Measure.REFUSED]
    answers = draw(st.integers(0, decisions))
    of[Measure.DISPLAYS] = answers + draw(NUMBERS)
    part = of[Measure.PARTLY] + of[Measure.EMBEDS]
    granted = Counter({name: draw(st.integers(0, part)) for name in CATEGORIES})
    ended = draw(st.integers(0, of[Measure.WITHDRAWN]))
    return Counts(of, answers, ended, granted, set(CATEGORIES))


def changed(day: Counts, measure: Measure, count: int) -> Counts:
    """Return a day on which one measure is another number."""
    return replace(day, of=Counter({**day.of, measure: count}))


@given(days(), MINIMUMS)
def test_no_small_count_is_told(day: Counts, minimum: int) -> None:
    cells = told_day(day, minimum)
    for cell in (*columns_of(cells).values(), *cells.granted.values()):
        assert not (cell.is_exact and is_small(cell.number, minimum))
    for measure in Measure:
        if is_small(day.of[measure], minimum):
            assert str(cells.of[measure]) in (f"<{minimum}", "untold")


@given(days(), MINIMUMS)
def test_a_report_of_a_day_is_the_same_whatever_the_small_counts_are(
    day: Counts, minimum: int
) -> None:
    cells = told_day(day, minimum)
    for measure in SINGLE:
        if is_small(day.of[measure], minimum):
            for other in range(1, minimum):
                assert told_day(changed(day, measure, other), minimum) == cells


@given(days(), MINIMUMS)
def test_few_who_ignored_the_banner_cannot_be_computed_from_the_displays(
    day: Counts, minimum: int
) -> None:
    cells = told_day(day, minimum)
    if cells.ignored.known is Known.BELOW:
        assert cells.of[Measure.DISPLAYS].known is Known.UNTOLD
    if cells.ignored.is_exact:
        needed = (Measure.DISPLAYS, Measure.ACCEPTED, Measure.PARTLY, Measure.REFUSED)
        assert all(cells.of[measure].is_exact for measure in needed)


@given(days(), MINIMUMS)
def test_categories_are_told_together_or_not_at_all(day: Counts, minimum: int) -> None:
    cells = told_day(day, minimum)
    granted = cells.granted.values()
    assert len({cell.known for cell in granted}) <= 1
    if all(cell.is_exact for cell in granted):
        whole = day.of[Measure.PARTLY] + day.of[Measure.EMBEDS]
        for part in day.granted.values():
            assert not is_small(part, minimum)
            assert not is_small(whole - part, minimum)


@given(st.lists(days(), min_size=1, max_size=5), st.sampled_from(Step), MINIMUMS)
def test_a_category_is_told_at_least_as_often_as_everything_and_never_too_often(
    counted: list[Counts], step: Step, minimum: int
) -> None:
    places = {Place(f"2026030{day + 1}", "0a", "en"): one for day, one in enumerate(counted)}
    report = report_of("p", Period("20260301", "20260401", step), places, minimum)
    by_day = report_of("p", Period("20260301", "20260401", Step.DAY), places, minimum)
    for name in CATEGORIES:
        least = report.granted[name].least
        accepted = sum(day.of[Measure.ACCEPTED] for day in counted)
        assert least <= accepted + sum(day.granted[name] for day in counted)
        assert least >= report.totals[Measure.ACCEPTED].least
        assert least >= by_day.granted[name].least  # a month says no less than its days


def test_a_month_that_is_not_told_says_what_its_days_tell() -> None:
    """A day on which few allowed a part hides itself, and not those before it."""
    of = Counter({Measure.ACCEPTED: 10, Measure.PARTLY: 30})
    plain = Counts(of, granted=Counter({"ads": 12}), categories={"ads"})
    few = Counts(Counter({Measure.ACCEPTED: 7, Measure.PARTLY: 2}), categories={"ads"})
    assert str(told([plain], 5).granted["ads"]) == "22"
    assert str(told([few], 5).granted["ads"]) == ">=7"
    assert str(told([plain, few], 5).granted["ads"]) == ">=29"
    nobody = Counts(Counter({Measure.PARTLY: 2}), categories={"ads"})
    assert str(told([nobody], 5).granted["ads"]) == "untold"


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), MINIMUMS)
def test_a_month_leaves_each_small_day_open(counts: list[int], minimum: int) -> None:
    """For each day that is not told, another month with the same reports has another count."""
    measure = Measure.REFUSED
    month = [Counts(Counter({measure: count})) for count in counts]
    seen = [told_day(day, minimum) for day in month]
    cell = told(month, minimum).of[measure]
    small = [place for place, count in enumerate(counts) if is_small(count, minimum)]
    others = product(range(1, minimum), repeat=len(small)) if minimum ** len(small) < 3_000 else ()
    possible: dict[int, set[int]] = {place: set() for place in small}
    for values in others:
        variant = list(counts)
        for place, value in zip(small, values, strict=True):
            variant[place] = value
        days = [Counts(Counter({measure: count})) for count in variant]
        assert [told_day(day, minimum) for day in days] == seen
        if told(days, minimum).of[measure] == cell:
            for place, value in zip(small, values, strict=True):
                possible[place].add(value)
    assert all(len(values) > 1 for values in possible.values() if values)


@given(st.lists(days(), min_size=1, max_size=5), MINIMUMS)
def test_totals_are_made_from_what_is_told(counted: list[Counts], minimum: int) -> None:
    places = {Place(f"2026030{day + 1}", "0a", "en"): one for day, one in enumerate(counted)}
    report = report_of("p", Period("20260301", "20260401", Step.DAY), places, minimum)
    for name, cell in report.totals.items():
        column = [columns_of(row.cells)[name] for row in report.rows]
        assert cell.number == sum(each.least for each in column)
        assert cell.is_exact == all(each.is_exact for each in column)
        untold = [each for each in column if each.known is Known.BELOW]
        assert not (cell.is_exact and untold)


@given(st.lists(days(), min_size=2, max_size=5), MINIMUMS)
def test_a_month_never_tells_fewer_than_it_is_sure_of_nor_more(
    month: list[Counts], minimum: int
) -> None:
    cells = told(month, minimum)
    for measure in Measure:
        cell, real = cells.of[measure], sum(day.of[measure] for day in month)
        assert cell.least <= real
        assert not cell.is_exact or cell.number == real


def test_a_low_month_is_told_where_its_days_are_not() -> None:
    month = [Counts(Counter({Measure.REFUSED: count})) for count in (1, 4, 2, 0, 3)]
    assert [str(told_day(day, 5).of[Measure.REFUSED]) for day in month] == [
        "<5", "<5", "<5", "0", "<5",
    ]  # fmt: skip
    assert str(told(month, 5).of[Measure.REFUSED]) == "10"


@pytest.mark.parametrize("counts", [(1, 1, 1, 1, 1), (4, 4), (4, 0), (2, 2)])
def test_a_month_whose_sum_would_tell_its_days_is_told_from_below(counts: tuple[int, ...]) -> None:
    month = [Counts(Counter({Measure.REFUSED: count})) for count in counts]
    assert not told(month, DEFAULT_MINIMUM).of[Measure.REFUSED].is_exact


def test_without_a_minimum_every_count_is_told() -> None:
    counts = Counts(Counter({Measure.DISPLAYS: 3, Measure.REFUSED: 1}), answers=1)
    cells = told_day(counts, NO_MINIMUM)
    assert [str(cell) for cell in columns_of(cells).values()] == ["3", "2", "0", "0", "1", "0", "0"]


def test_a_sum_over_untold_cells_says_what_is_sure() -> None:
    cells = [Cell(Known.EXACTLY, 10), Cell(Known.BELOW, 5), Cell(Known.AT_LEAST, 7)]
    assert str(total(cells)) == ">=18"
    assert str(total(cells[:1])) == "10"


def test_displays_that_would_tell_how_few_were_ignored_are_not_told() -> None:
    day = Counts(Counter({Measure.DISPLAYS: 33, Measure.ACCEPTED: 30}), answers=30)
    cells = told_day(day, DEFAULT_MINIMUM)
    assert (str(cells.ignored), str(cells.of[Measure.DISPLAYS])) == ("<5", "untold")
    month = told([day, Counts(Counter({Measure.DISPLAYS: 40}))], DEFAULT_MINIMUM)
    assert (str(month.ignored), str(month.of[Measure.DISPLAYS])) == ("untold", ">=40")


@pytest.mark.parametrize(
    ("answers", "ignored"), [(30, "70"), (27, "70"), (25, "75"), (5, "95"), (4, "100"), (0, "100")]
)
def test_few_decisions_elsewhere_are_not_told_apart(answers: int, ignored: str) -> None:
    counts = Counter({Measure.DISPLAYS: 100, Measure.ACCEPTED: 30})
    assert str(told_day(Counts(counts, answers=answers), DEFAULT_MINIMUM).ignored) == ignored
