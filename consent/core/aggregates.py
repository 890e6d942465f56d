"""The aggregate report: what was shown and answered per day or month, notice and language.

Only what is over is told: a count that still grows would tell, from one look to the next, what one
visitor did meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consent.core.suppression import Cell, Cells, told, total
from consent.core.times import MILLIS_PER_DAY, add_days, day_of, parse_day
from consent.core.totals import Counts, Measure, Place
from consent.errors import RuleError

CLOSED_AFTER_MS = 10 * 60_000  # what is under way when a day ends still gets into it
MAX_DAYS = 3_660
DEFAULT_DAYS = 30
DEFAULT_MONTHS = 12
IGNORED = "ignored"


class Step(StrEnum):
    """What one row stands for."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """The days [from_, to), YYYYMMDD, in steps."""

    from_: str
    to: str
    step: Step


@dataclass(frozen=True, slots=True)
class Row:
    """One day (YYYY-MM-DD) or month (YYYY-MM) of one notice in one language."""

    period: str
    notice: str
    language: str
    cells: Cells


@dataclass(frozen=True, slots=True)
class AggregateReport:
    """What was counted on a site; `totals` are made from what the rows tell."""

    site: str
    period: Period
    minimum: int
    rows: tuple[Row, ...]
    totals: Mapping[str, Cell]
    granted: Mapping[str, Cell]


def closed_until(now: int) -> str:
    """Return the first day (YYYYMMDD) that is not over yet."""
    return day_of(now - CLOSED_AFTER_MS)


def period_of(from_: str | None, to: str | None, step: Step, *, now: int) -> Period:
    """Return the period of a report, up to what is over; days are written as YYYY-MM-DD.

    Without a beginning it is the last 30 days or 12 months. Raises RuleError for what is no such
    period.
    """
    end = closed_until(now)
    if step is Step.MONTH:
        end = end[:6] + "01"
    last = end if to is None else min(end, _day(to, "to"))
    first = _before(last, step) if from_ is None else _day(from_, "from")
    if to is not None and first >= _day(to, "to"):
        raise RuleError("the period is empty: `from` is its first day, `to` the first after it")
    if step is Step.MONTH and not first.endswith("01"):
        raise RuleError("a report by month begins on the first day of a month")
    if step is Step.MONTH and not last.endswith("01"):
        raise RuleError("a report by month ends before the first day of a month")
    last = max(first, last)
    if (parse_day(last) - parse_day(first)).days > MAX_DAYS:
        raise RuleError(f"a report has at most {MAX_DAYS} days")
    return Period(first, last, step)


def report_of(
    site: str, period: Period, counted: Mapping[Place, Counts], minimum: int
) -> AggregateReport:
    """Return the report of what was counted, with small counts kept out of it."""
    together: dict[tuple[str, str, str], list[Counts]] = {}
    for place in sorted(counted):
        key = (_period_name(place.day, period.step), place.notice, place.language)
        together.setdefault(key, []).append(counted[place])
    rows = tuple(Row(*key, told(days, minimum)) for key, days in sorted(together.items()))
    return AggregateReport(site, period, minimum, rows, _totals(rows), _granted(rows))


def columns_of(cells: Cells) -> dict[str, Cell]:
    """Return a row's counts by their names, in the order in which they are shown."""
    named = {measure.value: cell for measure, cell in cells.of.items()}
    return {Measure.DISPLAYS.value: named.pop(Measure.DISPLAYS), IGNORED: cells.ignored} | named


def instants_of(period: Period) -> tuple[int, int]:
    """Return the first instant (ms) of a period, and the first after it."""
    return _midnight(period.from_), _midnight(period.to)


def _totals(rows: Sequence[Row]) -> dict[str, Cell]:
    columns = [columns_of(row.cells) for row in rows]
    names = [Measure.DISPLAYS.value, IGNORED, *list(Measure)[1:]]
    return {str(name): total(each[str(name)] for each in columns) for name in names}


def _granted(rows: Sequence[Row]) -> dict[str, Cell]:
    names: Iterable[str] = sorted({name for row in rows for name in row.cells.granted})
    return {
        name: total(row.cells.granted[name] for row in rows if name in row.cells.granted)
        for name in names
    }


def _period_name(day: str, step: Step) -> str:
    month = f"{day[:4]}-{day[4:6]}"
    return month if step is Step.MONTH else f"{month}-{day[6:]}"


def _day(text: str, name: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat().replace("-", "")
    except ValueError as error:
        raise RuleError(f"`{name}` is not a day written as 2026-03-01") from error


def _before(last: str, step: Step) -> str:
    if step is Step.DAY:
        return add_days(last, -DEFAULT_DAYS)
    return f"{int(last[:4]) - DEFAULT_MONTHS // 12:04d}{last[4:]}"


def _midnight(day: str) -> int:
    return (parse_day(day) - dt.date(1970, 1, 1)).days * MILLIS_PER_DAY
