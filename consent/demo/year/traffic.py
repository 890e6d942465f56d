"""How many people come to a study programme's website on which day, and at what hour."""

from __future__ import annotations

import datetime as dt
from random import Random

from consent.core.times import MILLIS_PER_DAY, day_of, parse_day

NEW_A_DAY = 34.0  # who have not chosen yet, on an ordinary day

_MINUTE_MS = 60_000

# By month: open days in February and November, the deadline, exams, and a quiet summer.
_SEASON = (0.95, 1.3, 1.2, 1.1, 0.9, 0.75, 0.45, 0.5, 1.05, 1.25, 1.45, 0.8)
_WEEK = (1.2, 1.2, 1.15, 1.1, 0.95, 0.6, 0.75)  # from Monday
_HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 7, 10, 11, 10, 9, 10, 11, 11, 10, 8, 7, 8, 9, 8, 5, 3)  # UTC
_QUIET = {(12, 24), (12, 25), (12, 26), (12, 31), (1, 1), (4, 27)}
_OPEN_DAYS = {(2, 14), (11, 14)}


def newcomers(day: str, dice: Random, scale: float) -> int:
    """Return how many people see the website for the first time on a day (YYYYMMDD)."""
    date = parse_day(day)
    expected = NEW_A_DAY * scale * _SEASON[date.month - 1] * _WEEK[date.weekday()]
    expected *= _special(date)
    return max(0, round(dice.gauss(expected, 0.6 * expected**0.5)))


def moment_of(midnight: int, dice: Random) -> int:
    """Return an instant of the day that begins at an instant."""
    hour = dice.choices(range(24), _HOURS)[0]
    return midnight + (hour * 60 + dice.randrange(60)) * _MINUTE_MS + dice.randrange(_MINUTE_MS)


def midnight_of(at: int) -> int:
    return at - at % MILLIS_PER_DAY


def is_working_day(at: int) -> bool:
    date = parse_day(day_of(at))
    return date.weekday() < 5 and (date.month, date.day) not in _QUIET  # noqa: PLR2004 -- Friday


def _special(date: dt.date) -> float:
    if (date.month, date.day) in _QUIET:
        return 0.35
    return 1.9 if (date.month, date.day) in _OPEN_DAYS else 1.0
