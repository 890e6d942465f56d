"""A chart of records by month, as a picture within a page; the table beside it has every number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from consent.core.model import EventName
from consent.export.wording import Wording

WIDTH, HEIGHT = 720, 130
_LEFT, _BOTTOM, _TOP = 48, 18, 8
_GAP = 0.3  # of the width that a month has
_WIDEST = 60
_MANY_MONTHS = 12
_TICKS = (1, 2, 5)

# The kinds in their order, from the bottom of a column to its top.
COLOURS = {
    EventName.GRANTED: "#14438f",
    EventName.PARTLY_GRANTED: "#5a86cf",
    EventName.RENEWED: "#a8c3ec",
    EventName.REFUSED: "#8a8f98",
    EventName.WITHDRAWN: "#d98a1f",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a month's column, or a mark on an axis where it has no size."""

    x: float
    y: float
    width: float
    height: float
    colour: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns of one month each, stacked by kind, with the labels of both axes."""

    bars: tuple[Bar, ...]
    months: tuple[Bar, ...]
    ticks: tuple[Bar, ...]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(rows: Sequence[tuple[str, Counter[EventName]]], t: Wording) -> Chart:
    """Return the chart of at least one month."""
    step = _step(max(counts.total() for _, counts in rows))
    highest = max(counts.total() for _, counts in rows)
    top = -(-highest // step) * step
    usable = HEIGHT - _TOP - _BOTTOM
    column = (WIDTH - _LEFT) / len(rows)
    width = min(column * (1 - _GAP), _WIDEST)
    bars, months = [], []
    for number, (month, counts) in enumerate(rows):
        middle = _LEFT + column * (number + 0.5)
        y = float(HEIGHT - _BOTTOM)
        for name, colour in COLOURS.items():
            height = usable * counts[name] / top
            y -= height
            if height:
                bars.append(_bar(middle - width / 2, y, width, height, colour))
        if len(rows) <= _MANY_MONTHS or number % (len(rows) // _MANY_MONTHS + 1) == 0:
            months.append(Bar(round(middle, 1), HEIGHT - 5, 0, 0, text=t.short_month(month)))
    ticks = [
        Bar(_LEFT, round(HEIGHT - _BOTTOM - usable * value / top, 1), 0, 0, text=t.number(value))
        for value in range(0, top + 1, step)
    ]
    return Chart(tuple(bars), tuple(months), tuple(ticks), _summary(rows, t))


def _summary(rows: Sequence[tuple[str, Counter[EventName]]], t: Wording) -> str:
    totals = sum((counts for _, counts in rows), Counter[EventName]())
    kinds = [f"{t(f'statement.kind.{name}').lower()} {t.number(totals[name])}" for name in COLOURS]
    first, last = t.month(rows[0][0]), t.month(rows[-1][0])
    return t("statement.counts.summary", first=first, last=last, kinds=", ".join(kinds))


def _bar(x: float, y: float, width: float, height: float, colour: str) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), colour)


def _step(highest: int) -> int:
    """Return a round number that goes into the highest count about four times."""
    magnitude = 1
    while True:
        for tick in _TICKS:
            if highest <= tick * magnitude * 4:
                return tick * magnitude
        magnitude *= 10
