"""What a statement counts and draws."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from consent.core.model import EventName
from consent.core.words import LANGUAGES
from consent.export.chart import COLOURS, HEIGHT, chart_of
from consent.export.facts import Absent, PackFacts, Tally
from consent.export.purposes import Purpose
from consent.export.statement import HTML, TEXT, statement
from consent.export.wording import wording_of
from tests.make_events import NOON, make_event, make_refusal

ENGLISH = wording_of("en")


def facts_of(tally: Tally, **wanted: object) -> PackFacts:
    return PackFacts(
        export_id="019cf1a0-0000-7000-8000-000000000001",
        officer="Olga <script>",
        made_at=NOON,
        generator="consent 1.0",
        wanted=wanted,
        reason=None,
        tally=tally,
        sites=(),
        logs=(),
        absent=Absent(),
    )


def test_a_tally_counts_what_passes_and_fills_the_months_between() -> None:
    tally = Tally()
    events = [
        make_event(at="2026-11-30T23:59:59Z"),
        make_refusal(at="2026-12-01T00:00:00Z"),
        make_refusal(at="2027-02-01T00:00:00Z"),
    ]
    assert list(tally.count(events)) == events
    assert [(month, counts.total()) for month, counts in tally.by_month()] == [
        ("2026-11", 1), ("2026-12", 1), ("2027-01", 0), ("2027-02", 1),
    ]  # fmt: skip
    assert tally.totals == Counter({EventName.REFUSED: 2, EventName.GRANTED: 1})
    assert (len(tally.notices), len(tally.builds)) == (1, 1)


def test_nothing_counted_is_no_month_and_no_chart() -> None:
    assert Tally().by_month() == []
    pages = statement(facts_of(Tally()), {})
    assert b"No record fits the selection." in pages[HTML]
    assert b"<svg" not in pages[HTML]


@pytest.mark.parametrize("highest", [1, 4, 5, 9, 41, 1_000, 41_233])
def test_the_axis_of_a_chart_is_round_and_every_column_fits(highest: int) -> None:
    counts = Counter({EventName.REFUSED: highest - 1, EventName.WITHDRAWN: 1})
    chart = chart_of([("2026-03", counts), ("2026-04", Counter())], ENGLISH)
    ticks = [int(tick.text.replace(",", "")) for tick in chart.ticks]
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert 2 <= len(ticks) <= 5
    assert len({after - before for before, after in pairwise(ticks)}) == 1
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in chart.bars)
    assert {bar.colour for bar in chart.bars} <= {
        COLOURS[EventName.REFUSED], COLOURS[EventName.WITHDRAWN],
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_of_many_months_do_not_run_into_each_other(language: str) -> None:
    none: Counter[EventName] = Counter()
    months = [(f"{2020 + number // 12}-{number % 12 + 1:02d}", none) for number in range(60)]
    months[0] = ("2020-01", Counter({EventName.REFUSED: 3}))
    chart = chart_of(months, wording_of(language))
    places = [label.x for label in chart.months]
    assert all(after - before > 45 for before, after in pairwise(places))
    assert max(len(label.text) for label in chart.months) <= len("sep 2026")


def test_a_period_is_said_in_days_and_names_are_escaped() -> None:
    wanted = {
        "site": ["programme"],
        "from": "2026-03-01T00:00:00.000Z",
        "to": "2026-04-01T00:00:00.000Z",
        "category": "ads",
    }
    pages = statement(facts_of(Tally(), **wanted), {})
    plain = pages[TEXT].decode()
    assert "from 2026-03-01 to 2026-04-01, which is no longer part of it (UTC)" in plain
    assert "site programme; only where “ads” was allowed" in plain
    assert "Olga &lt;script&gt;" in pages[HTML].decode()
    everything = statement(facts_of(Tally()), {})[TEXT].decode()
    assert "everything that is kept" in everything
    assert "all sites" in everything


def test_each_fact_of_the_plain_statement_has_a_line_of_its_own() -> None:
    tally = Tally()
    facts = replace(facts_of(tally), purpose=Purpose.COURT)
    for tests, said in ((0, "0"), (2, "2, of which 2 made in tests by inspectors, in no other")):
        tally.tests = tests
        lines = statement(facts, {})[TEXT].decode().splitlines()
        first = next(number for number, line in enumerate(lines) if line.startswith("Records "))
        assert lines[first].startswith(f"Records     {said}")
        assert [line[:12].strip() for line in lines[first : first + 5]] == [
            "Records", "Made", "Purpose", "Pseudonyms", "Export",
        ]  # fmt: skip


def test_what_it_is_for_is_told_where_that_was_said() -> None:
    for purpose in Purpose:
        pages = statement(replace(facts_of(Tally()), purpose=purpose), {})
        words = ENGLISH(f"statement.purpose.{purpose}")
        assert f"<dt>Purpose</dt><dd>{words}</dd>" in pages[HTML].decode()
        assert f"Purpose     {words}\n" in pages[TEXT].decode()
    assert all("Purpose" not in page.decode() for page in statement(facts_of(Tally()), {}).values())
