"""Instants and days, UTC: milliseconds in records, RFC 3339 in answers, YYYYMMDD in cookies."""

from __future__ import annotations

import datetime as dt

MILLIS_PER_DAY = 86_400_000

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def rfc3339(millis: int) -> str:
    """Return an instant as RFC 3339 with milliseconds and Z, "2026-11-22T15:04:05.678Z"."""
    moment = _EPOCH + dt.timedelta(milliseconds=millis)
    # Not strftime, which writes a year below 1000 with less than four digits.
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_rfc3339(text: str) -> int:
    """Return the instant of an RFC 3339 text, or of a bare date (its midnight, UTC).

    Raises ValueError on anything else, a time without an offset included, and on an instant that
    `rfc3339` could not write.
    """
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if len(text) != len("2026-11-22"):
            raise ValueError(f"{text!r} has a time but no offset; write 2026-11-22T15:04:05Z")
        moment = moment.replace(tzinfo=dt.UTC)
    try:
        moment = moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is not in the years 1 to 9999, UTC") from error
    return (moment - _EPOCH) // dt.timedelta(milliseconds=1)


def day_of(millis: int) -> str:
    """Return the UTC day of an instant as YYYYMMDD."""
    return _compact((_EPOCH + dt.timedelta(milliseconds=millis)).date())


def read_day(text: str) -> dt.date:
    """Return the date that somebody wrote as YYYY-MM-DD.

    Raises ValueError on anything else, and on a year from which one cannot reckon on: there is no
    date after those of 9999, and no instant of the service before 1970.
    """
    day = dt.date.fromisoformat(text)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"{text!r} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def parse_day(day: str) -> dt.date:
    """Return the date of a YYYYMMDD text; raise ValueError on any other spelling."""
    if len(day) != len("20261122") or not (day.isascii() and day.isdigit()):
        raise ValueError(f"{day!r} is not a day written as YYYYMMDD")
    return dt.date(int(day[:4]), int(day[4:6]), int(day[6:]))


def add_days(day: str, count: int) -> str:
    """Return the day `count` days later."""
    return _compact(parse_day(day) + dt.timedelta(days=count))


def end_of_day(day: str) -> int:
    """Return the first instant after a UTC day."""
    midnight = dt.datetime.combine(parse_day(day), dt.time(), tzinfo=dt.UTC)
    return (midnight - _EPOCH) // dt.timedelta(milliseconds=1) + MILLIS_PER_DAY


def _compact(date: dt.date) -> str:
    return date.isoformat().replace("-", "")
