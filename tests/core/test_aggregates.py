"""What an act counts as, and which days a report has."""

from __future__ import annotations

from typing import Any

import pytest

from consent.core.aggregates import Period, Step, columns_of, period_of, report_of
from consent.core.model import Control, EventName, Layer
from consent.core.suppression import DEFAULT_MINIMUM
from consent.core.times import parse_rfc3339
from consent.core.totals import ActTotal, Measure, Place, tally
from consent.errors import RuleError

PLACE = Place("20260301", "0a" * 32, "en")
ALL = {"ads": True, "functional": True}
SOME = {"ads": False, "functional": True}
NONE = {"ads": False, "functional": False}
NOW = parse_rfc3339("2026-11-23T12:00:00Z")


def acts(count: int = 10, **overrides: Any) -> ActTotal:
    values: dict[str, Any] = {
        "event": EventName.GRANTED,
        "control": Control.ACCEPT_ALL,
        "layer": Layer.BANNER,
        "is_first": True,
        "choices": ALL,
    }
    return ActTotal(PLACE, count=count, **(values | overrides))


@pytest.mark.parametrize(
    ("act", "measure"),
    [
        (acts(), Measure.ACCEPTED),
        (acts(event=EventName.RENEWED), Measure.ACCEPTED),
        (acts(event=EventName.PARTLY_GRANTED, choices=SOME), Measure.PARTLY),
        (acts(event=EventName.RENEWED, choices=SOME), Measure.PARTLY),
        (acts(event=EventName.REFUSED, choices=NONE), Measure.REFUSED),
        (acts(event=EventName.REFUSED, choices={}), Measure.REFUSED),
        (acts(event=EventName.WITHDRAWN, choices=NONE), Measure.WITHDRAWN),
        (acts(control=Control.EMBED), Measure.EMBEDS),
    ],
)
@pytest.mark.legal("AE-09")
def test_an_act_counts_once(act: ActTotal, measure: Measure) -> None:
    assert act.measure is measure


@pytest.mark.parametrize(
    ("act", "answers"),
    [
        (acts(), True),
        (acts(layer=Layer.DIALOG), True),
        (acts(layer=Layer.DIALOG, is_first=False, event=EventName.RENEWED), True),
        (acts(layer=Layer.DIALOG, is_first=False), False),
        (acts(layer=Layer.PAGE), False),
        (acts(control=Control.EMBED), False),
    ],
)
def test_decisions_on_the_banner_are_told_from_later_ones(act: ActTotal, answers: bool) -> None:  # noqa: FBT001
    assert act.answers_banner is answers


@pytest.mark.legal("AE-09")
def test_what_nobody_answered_was_ignored() -> None:
    counted = tally(
        [
            acts(20),
            acts(30, event=EventName.REFUSED, choices=NONE),
            acts(10, event=EventName.PARTLY_GRANTED, choices=SOME, layer=Layer.DIALOG),
            acts(7, event=EventName.REFUSED, choices=NONE, layer=Layer.PAGE),
            acts(6, event=EventName.WITHDRAWN, choices=NONE, layer=Layer.PAGE, is_first=False),
            acts(8, control=Control.EMBED, choices=SOME, event=EventName.PARTLY_GRANTED),
        ],
        [(PLACE, 100)],
    )
    report = report_of("p", Period("20260301", "20260302", Step.DAY), counted, DEFAULT_MINIMUM)
    (row,) = report.rows
    assert row.period == "2026-03-01"
    assert {name: str(cell) for name, cell in columns_of(row.cells).items()} == {
        "displays": "100",
        "ignored": "40",
        "accepted": "20",
        "partly": "10",
        "refused": "37",
        "withdrawn": "6",
        "embeds": "8",
    }
    assert {name: str(cell) for name, cell in row.cells.granted.items()} == {
        "ads": "20",
        "functional": "38",
    }
    assert list(report.totals) == list(columns_of(row.cells))


def test_more_decisions_than_displays_ignore_nothing() -> None:
    report = report_of(
        "p", Period("20260301", "20260302", Step.DAY), tally([acts(20)], [(PLACE, 8)]), 5
    )
    assert str(report.rows[0].cells.ignored) == "0"


def test_a_report_by_month_has_one_row_for_its_days() -> None:
    other = Place("20260302", PLACE.notice, "en")
    counted = tally([acts(20)], [(PLACE, 40), (other, 60)])
    report = report_of("p", Period("20260301", "20260401", Step.MONTH), counted, 5)
    assert [(row.period, str(row.cells.of[Measure.DISPLAYS])) for row in report.rows] == [
        ("2026-03", "100")
    ]


@pytest.mark.parametrize(
    ("asked", "period"),
    [
        (("2026-03-01", "2026-04-01", Step.DAY), ("20260301", "20260401")),
        (("2026-03-01", "2026-04-01", Step.MONTH), ("20260301", "20260401")),
        ((None, None, Step.DAY), ("20261024", "20261123")),
        ((None, None, Step.MONTH), ("20251101", "20261101")),
        (("2026-11-01", "2027-01-01", Step.DAY), ("20261101", "20261123")),
        (("2026-10-01", "2027-01-01", Step.MONTH), ("20261001", "20261101")),
        (("2026-12-01", "2027-01-01", Step.DAY), ("20261201", "20261201")),
        ((None, "2026-03-01", Step.DAY), ("20260130", "20260301")),
    ],
)
@pytest.mark.legal("AE-09")
def test_a_report_ends_with_what_is_over(
    asked: tuple[str | None, str | None, Step], period: tuple[str, str]
) -> None:
    found = period_of(*asked, now=NOW)
    assert (found.from_, found.to) == period


def test_a_day_is_over_a_moment_after_its_end() -> None:
    midnight = parse_rfc3339("2026-11-23")
    assert period_of(None, None, Step.DAY, now=midnight + 599_000).to == "20261122"
    assert period_of(None, None, Step.DAY, now=midnight + 600_000).to == "20261123"


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (("2026-04-01", "2026-04-01", Step.DAY), "empty"),
        (("2026-13-01", None, Step.DAY), "`from` is not a day"),
        (("2026-03-01", "soon", Step.DAY), "`to` is not a day"),
        (("2026-03-02", "2026-05-01", Step.MONTH), "begins on the first day"),
        (("2026-03-01", "2026-05-02", Step.MONTH), "ends before the first day"),
        (("2006-03-01", "2026-05-02", Step.DAY), "at most"),
    ],
)
def test_a_period_that_is_none_is_refused(
    asked: tuple[str | None, str | None, Step], fault: str
) -> None:
    with pytest.raises(RuleError, match=fault):
        period_of(*asked, now=NOW)
