"""Counts over time: an aggregate report as series of columns, one for each day, week or month.

Every number is made from what the report tells, and from nothing else: a week is the sum of its
days as they are told. Only a month is counted as one, by the report itself; weeks that were would
cut across months, and small counts could be computed from the two.

What is counted of a week or month that still runs is a column too. It is always the sum of its
days: a month of which a part was counted as one would tell, with the whole one later, of its rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from consent.core.aggregates import IGNORED, Period, Row, Step
from consent.core.suppression import Cell, exactly, total
from consent.core.times import add_days, day_of, end_of_day, parse_day, read_day
from consent.core.totals import DECISIONS, Measure
from consent.errors import RuleError

MOST_COLUMNS = 190
ANSWERS = (Measure.ACCEPTED, Measure.PARTLY, Measure.REFUSED, IGNORED, Measure.WITHDRAWN)


class Width(StrEnum):
    """What one column stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_DEFAULT_COLUMNS = {Width.DAY: 30, Width.WEEK: 12, Width.MONTH: 12}


class SpanFault(StrEnum):
    """Why there is no such period."""

    NO_DAY = "no_day"
    REVERSED = "reversed"
    TOO_LONG = "too_long"


class SpanError(RuleError):
    """A period that cannot be shown."""

    def __init__(self, fault: SpanFault) -> None:
        super().__init__(f"the period cannot be shown: {fault.replace('_', ' ')}")
        self.fault = fault


@dataclass(frozen=True)
class Span:
    """The days [first, end), YYYYMMDD, in columns of one width: weeks from Monday, or months.

    They are whole, but for the last one where it still runs. There are none where nothing of the
    span is counted yet.
    """

    first: str
    end: str
    width: Width

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The first day of each column."""
        days, day = [], self.first
        while day < self.end:
            days.append(day)
            day = _next(day, self.width)
        return tuple(days)

    @property
    def last(self) -> str:
        """The last day."""
        return add_days(self.end, -1)

    @property
    def part(self) -> str | None:
        """The first day of a last column that is not whole yet."""
        begin = _begin(self.end, self.width)
        return begin if self.first <= begin < self.end else None

    @property
    def periods(self) -> tuple[Period, ...]:
        """What to ask reports for: whole months are counted as one, everything else by day."""
        if self.width is not Width.MONTH:
            return (Period(self.first, self.end, Step.DAY),)
        whole = self.part or self.end
        both = (Period(self.first, whole, Step.MONTH), Period(whole, self.end, Step.DAY))
        return tuple(one for one in both if one.from_ < one.to) or both[:1]

    def last_day(self, column: str) -> str:
        """Return the last day of a column, given its first one."""
        return add_days(min(_next(column, self.width), self.end), -1)

    def column_of(self, day: str) -> int:
        """Return the number of the column that a day (YYYYMMDD) of the span is in."""
        return self.columns.index(_begin(day, self.width))

    def place_of(self, instant: int) -> float | None:
        """Return where an instant (ms) is, in columns from the left; None if it is not in it."""
        day = day_of(instant)
        if not self.first <= day < self.end:
            return None
        column = self.column_of(day)
        begin = _midnight(self.columns[column])
        end = end_of_day(self.last_day(self.columns[column]))
        return column + (instant - begin) / (end - begin)


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is counted: a cell for each column, and the sum of them all."""

    name: str
    cells: tuple[Cell, ...]
    total: Cell


def span_of(from_: str | None, to: str | None, width: Width, *, until: str) -> Span:
    """Return the period from one day to another, both YYYY-MM-DD and part of it, in whole columns.

    `until` is the first day (YYYYMMDD) that is not counted yet; nothing goes beyond it, and a
    column that it cuts is a part. Without a beginning it is the last 30 days, 12 weeks or 12
    months, and with no end either, whole ones only. Raises SpanError.
    """
    if to is not None:
        end = _day(to)
        end = until if end >= until else min(until, _next(_begin(end, width), width))
    else:
        end = _begin(until, width) if from_ is None else until
    first = _columns_before(end, width) if from_ is None else _begin(_day(from_), width)
    if from_ is not None and to is not None and _day(to) < _day(from_):
        raise SpanError(SpanFault.REVERSED)
    if (parse_day(end) - parse_day(first)).days > MOST_COLUMNS * _DAYS[width]:
        raise SpanError(SpanFault.TOO_LONG)
    return Span(first, max(first, end), width)


def answers(rows: Sequence[Row], span: Span) -> list[Series]:
    """Return what visitors did with the banner, a series for each way to answer it or not."""

    def cells(name: str) -> Callable[[Row], Iterable[Cell]]:
        return lambda row: [row.cells.ignored if name == IGNORED else row.cells.of[Measure(name)]]

    return [_series(str(name), rows, span, cells(str(name))) for name in ANSWERS]


def by_category(rows: Sequence[Row], span: Span) -> list[Series]:
    """Return how often each category was allowed."""

    def cells(name: str) -> Callable[[Row], Iterable[Cell]]:
        return lambda row: [row.cells.granted[name]] if name in row.cells.granted else []

    names = sorted({name for row in rows for name in row.cells.granted})
    return [_series(name, rows, span, cells(name)) for name in names]


def by_language(rows: Sequence[Row], span: Span) -> list[Series]:
    """Return how many decisions there were in each language of the notice."""

    def cells(language: str) -> Callable[[Row], Iterable[Cell]]:
        return lambda row: (
            [row.cells.of[one] for one in DECISIONS] if row.language == language else []
        )

    languages = sorted({row.language for row in rows})
    return [_series(language, rows, span, cells(language)) for language in languages]


def _series(
    name: str, rows: Sequence[Row], span: Span, cells_of: Callable[[Row], Iterable[Cell]]
) -> Series:
    columns: list[list[Cell]] = [[] for _ in span.columns]
    for row in rows:
        columns[span.column_of(_first_day(row.period))] += cells_of(row)
    every = [cell for cells in columns for cell in cells]
    return Series(name, tuple(map(_sum, columns)), _sum(every))


def _sum(cells: Sequence[Cell]) -> Cell:
    """Return what is told of some counts together; of one, it is told as it is."""
    if not cells:
        return exactly(0)
    return cells[0] if len(cells) == 1 else total(cells)


_DAYS = {Width.DAY: 1, Width.WEEK: 7, Width.MONTH: 31}


def _first_day(period: str) -> str:
    """Return the day of a row, YYYY-MM-DD, or the first one of its month, YYYY-MM."""
    day = period.replace("-", "")
    return day if len(day) == len("20261122") else f"{day}01"


def _begin(day: str, width: Width) -> str:
    """Return the first day of the column that a day is in."""
    if width is Width.MONTH:
        return f"{day[:6]}01"
    return add_days(day, -parse_day(day).weekday()) if width is Width.WEEK else day


def _next(day: str, width: Width) -> str:
    """Return the first day of the next column."""
    return _begin(add_days(day, _DAYS[width]), width)


def _columns_before(end: str, width: Width) -> str:
    day = end
    for _ in range(_DEFAULT_COLUMNS[width]):
        day = _begin(add_days(day, -1), width)
    return day


def _day(text: str) -> str:
    try:
        return read_day(text).strftime("%Y%m%d")
    except ValueError as error:
        raise SpanError(SpanFault.NO_DAY) from error


def _midnight(day: str) -> int:
    return end_of_day(add_days(day, -1))
