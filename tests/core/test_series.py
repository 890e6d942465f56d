"""Counts over time: whole columns, sums of what is told, and periods that there are not."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.aggregates import Row, report_of
from consent.core.series import (
    Series,
    Span,
    SpanError,
    SpanFault,
    Width,
    answers,
    by_category,
    by_language,
    span_of,
)
from consent.core.totals import Counts, Measure, Place

NOTICE = "0a" * 32
UNTIL = "20261123"  # a Monday


def report(span: Span, counted: dict[Place, Counts], minimum: int = 5) -> list[Row]:
    """Return what is told of a span: each of its periods by itself."""
    rows: list[Row] = []
    for period in span.periods:
        inside = {p: c for p, c in counted.items() if period.from_ <= p.day < period.to}
        rows += report_of("programme", period, inside, minimum).rows
    return rows


def counts(accepted: int = 0, refused: int = 0, displays: int = 0) -> Counts:
    of = {Measure.ACCEPTED: accepted, Measure.REFUSED: refused, Measure.DISPLAYS: displays}
    return Counts(Counter(of), answers=accepted + refused, categories={"ads", "functional"})


def told(series: list[Series]) -> dict[str, list[str]]:
    return {one.name: [*map(str, one.cells), str(one.total)] for one in series}


def test_the_usual_period_is_twelve_whole_weeks() -> None:
    span = span_of(None, None, Width.WEEK, until="20261126")
    assert (span.first, span.end, len(span.columns)) == ("20260831", "20261123", 12)
    assert span_of(None, None, Width.DAY, until=UNTIL).first == "20261024"
    months = span_of(None, None, Width.MONTH, until=UNTIL)
    assert (months.first, months.last) == ("20251101", "20261031")


def test_a_period_is_widened_to_whole_columns_and_ends_where_nothing_is_counted() -> None:
    week = span_of("2026-11-04", "2026-11-30", Width.WEEK, until=UNTIL)
    assert (week.columns, week.last) == (("20261102", "20261109", "20261116"), "20261122")
    month = span_of("2026-02-10", "2026-03-31", Width.MONTH, until=UNTIL)
    assert month.columns == ("20260201", "20260301")
    assert span_of("2026-11-23", None, Width.DAY, until=UNTIL).columns == ()
    assert span_of("2026-11-20", "2026-11-21", Width.DAY, until=UNTIL).last == "20261121"


@pytest.mark.parametrize(
    ("from_", "to", "width", "fault"),
    [
        ("2026-02-30", None, Width.DAY, SpanFault.NO_DAY),
        ("2026-03-02", "2026-03-01", Width.DAY, SpanFault.REVERSED),
        ("2025-01-01", None, Width.DAY, SpanFault.TOO_LONG),
        (None, "first", Width.MONTH, SpanFault.NO_DAY),
    ],
)
def test_what_is_no_period_says_why(
    from_: str | None, to: str | None, width: Width, fault: SpanFault
) -> None:
    with pytest.raises(SpanError) as caught:
        span_of(from_, to, width, until=UNTIL)
    assert caught.value.fault is fault


def test_an_instant_has_its_place_among_columns_of_any_length() -> None:
    span = span_of("2026-01-01", "2026-03-31", Width.MONTH, until=UNTIL)
    noon_of_the_first = 1_767_268_800_000  # 2026-01-01T12:00Z
    assert span.place_of(noon_of_the_first) == pytest.approx(0.5 / 31)
    assert span.place_of(noon_of_the_first + 45 * 86_400_000) == pytest.approx(1 + 14.5 / 28)
    assert span.place_of(noon_of_the_first - 86_400_000) is None


def test_a_week_adds_up_what_its_days_tell() -> None:
    span = span_of("2026-11-16", None, Width.WEEK, until=UNTIL)
    counted = {
        Place("20261116", NOTICE, "en"): counts(accepted=7, refused=9, displays=30),
        Place("20261117", NOTICE, "en"): counts(accepted=3, refused=8, displays=30),
        Place("20261117", NOTICE, "nl"): counts(accepted=6, refused=0, displays=12),
    }
    made = report(span, counted)
    assert told(answers(made, span)) == {
        "accepted": [">=14", ">=14"],  # 7 and 6, and at least 1 of those that are not told
        "partly": ["0", "0"],
        "refused": ["17", "17"],
        "ignored": [">=20", ">=20"],
        "withdrawn": ["0", "0"],
    }
    assert told(by_language(made, span)) == {"en": [">=25", ">=25"], "nl": ["6", "6"]}
    assert set(told(by_category(made, span))) == {"ads", "functional"}


def test_a_category_was_allowed_at_least_as_often_as_everything_was() -> None:
    span = span_of("2026-11-16", "2026-11-16", Width.DAY, until=UNTIL)
    counted = counts(accepted=8)
    counted.of[Measure.PARTLY] = 2  # so few that what they allowed is untold
    counted.granted["ads"] = 1
    made = report(span, {Place("20261116", NOTICE, "en"): counted})
    assert told(by_category(made, span)) == {"ads": [">=8"] * 2, "functional": [">=8"] * 2}
    few = report(span, {Place("20261116", NOTICE, "en"): counts(accepted=2)})
    assert told(by_category(few, span))["ads"] == [">=1", ">=1"]


def test_a_single_count_is_told_as_it_is() -> None:
    span = span_of("2026-11-16", "2026-11-17", Width.DAY, until=UNTIL)
    made = report(span, {Place("20261117", NOTICE, "en"): counts(accepted=3)})
    assert told(answers(made, span))["accepted"] == ["0", "<5", "<5"]


def test_months_are_counted_as_one_by_the_report() -> None:
    span = span_of("2026-10-01", "2026-10-31", Width.MONTH, until=UNTIL)
    days = {Place(f"202610{day:02d}", NOTICE, "en"): counts(accepted=2) for day in range(1, 11)}
    assert told(answers(report(span, days), span))["accepted"] == ["20", "20"]
    weeks = span_of("2026-10-05", "2026-10-11", Width.WEEK, until=UNTIL)
    assert told(answers(report(weeks, days), weeks))["accepted"] == [">=6", ">=6"]


def test_what_still_runs_is_a_column_of_the_days_that_are_over() -> None:
    until = "20261119"  # a Thursday
    month = span_of("2026-10-05", "2026-11-20", Width.MONTH, until=until)
    assert (month.columns, month.part) == (("20261001", "20261101"), "20261101")
    assert [month.last_day(one) for one in month.columns] == ["20261031", "20261118"]
    week = span_of("2026-11-01", "2026-11-19", Width.WEEK, until=until)
    assert (week.columns[-1], week.part, week.last) == ("20261116", "20261116", "20261118")
    whole = span_of("2026-10-31", "2026-10-31", Width.MONTH, until=until)
    assert (whole.columns, whole.part, whole.last) == (("20261001",), None, "20261031")
    assert span_of("2026-11-18", None, Width.DAY, until=until).part is None
    assert span_of(None, None, Width.MONTH, until=until).part is None


def test_a_month_that_runs_is_the_sum_of_its_days_as_they_are_told() -> None:
    """As one it would be 20 on the 20th, and with 23 of the whole month tell of a single day."""
    days = {Place(f"202611{day:02d}", NOTICE, "en"): counts(accepted=2) for day in range(1, 11)}
    running = span_of("2026-11-01", None, Width.MONTH, until="20261120")
    assert told(answers(report(running, days), running))["accepted"] == [">=10", ">=10"]
    by_day = span_of("2026-11-01", None, Width.DAY, until="20261120")
    total = told(answers(report(by_day, days), by_day))["accepted"][-1]
    assert total == ">=10"
    over = span_of("2026-11-01", None, Width.MONTH, until="20261201")
    assert told(answers(report(over, days), over))["accepted"] == ["20", "20"]


@given(
    st.lists(st.integers(1, 4), min_size=7, max_size=7),
    st.lists(st.integers(1, 4), min_size=7, max_size=7),
)
def test_weeks_that_differ_in_untold_counts_only_look_the_same(
    some: list[int], others: list[int]
) -> None:
    span = span_of("2026-11-16", None, Width.WEEK, until=UNTIL)

    def shown(refused: list[int]) -> dict[str, list[str]]:
        days = {
            Place(f"202611{16 + n}", NOTICE, "en"): counts(accepted=9, refused=count, displays=40)
            for n, count in enumerate(refused)
        }
        return told(answers(report(span, days), span))

    assert shown(some) == shown(others)
