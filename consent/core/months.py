"""Months of the calendar, UTC, written as "2026-10"."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from consent.core.times import MILLIS_PER_DAY
from consent.errors import RuleError

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_MONTHS = 12
_FIRST_YEAR = 1970


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month; later ones are greater."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first_day(self) -> str:
        """The first day as YYYYMMDD."""
        return f"{self.year:04d}{self.number:02d}01"

    @property
    def begin(self) -> int:
        """The first instant, in milliseconds."""
        days = (dt.date(self.year, self.number, 1) - dt.date(1970, 1, 1)).days
        return days * MILLIS_PER_DAY

    @property
    def end(self) -> int:
        """The first instant after it, in milliseconds."""
        return self.plus(1).begin

    def plus(self, count: int) -> Month:
        """Return the month so many months later, or earlier where `count` is negative."""
        months = self.year * _MONTHS + self.number - 1 + count
        return Month(months // _MONTHS, months % _MONTHS + 1)


def month_of(millis: int) -> Month:
    """Return the month that an instant is in."""
    moment = dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
    return Month(moment.year, moment.month)


def parse_month(text: str) -> Month:
    """Return the month in a text; raise RuleError unless it is written as 2026-10."""
    match = _MONTH.fullmatch(text)
    if match is None or int(match[1]) < _FIRST_YEAR:
        raise RuleError(f"{text!r} is not a month written as 2026-10")
    return Month(int(match[1]), int(match[2]))
