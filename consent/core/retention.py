"""Until when a record is kept: the promises of the cookie policy, as rules about instants.

The proof of a consent is kept while the consent is relied on and `proof_months` months more; a
refusal for a fixed number of days. What a visitor has erased goes within a day.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from consent.core.limits import REFUSAL_RECORD_DAYS
from consent.core.times import MILLIS_PER_DAY, day_of, end_of_day, parse_day

ERASED_WITHIN_MS = MILLIS_PER_DAY


class DisposalClass(StrEnum):
    """Why records are removed; the order is the one in which they go."""

    ERASURE = "erasure"
    RETENTION_GRANT = "retention_grant"
    RETENTION_REFUSAL = "retention_refusal"


class Role(StrEnum):
    """Who removes records: the service by itself, or its operator by a command."""

    SERVICE = "service"
    OPERATOR = "operator"


POLICIES = {
    DisposalClass.ERASURE: "removed on request",
    DisposalClass.RETENTION_GRANT: "kept while relied on and for the proof_months of its notice",
    DisposalClass.RETENTION_REFUSAL: f"kept {REFUSAL_RECORD_DAYS} days",
}


@dataclass(frozen=True, slots=True)
class Disposal:
    """That some records of one class were removed. It names neither them nor anybody."""

    id: str
    at: int
    reason: DisposalClass
    policy: str
    role: Role
    count: int


def refusal_cutoff(now: int) -> int:
    """Return the latest instant whose refusals are no longer kept."""
    return now - REFUSAL_RECORD_DAYS * MILLIS_PER_DAY


def proof_ends(reliance_ends: int, months: int) -> int:
    """Return the instant from which the proof of a consent is no longer kept.

    Months are those of the calendar, counted from the midnight (UTC) that ends reliance or comes
    after it; where the month has no such day, its last one is meant.
    """
    day = parse_day(day_of(reliance_ends + MILLIS_PER_DAY - 1))
    return _midnight(_add_months(day, months))


def proof_cutoff(now: int, months: int) -> int:
    """Return the latest end of reliance whose proof is no longer kept."""
    today = parse_day(day_of(now))
    day = _add_months(today, -months)
    if today.day == _length_of_month(today):  # longer months end on this day as well
        day = day.replace(day=_length_of_month(day))
    return _midnight(day)


def _add_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = dt.date(year, month + 1, 1)
    return first.replace(day=min(day.day, _length_of_month(first)))


def _length_of_month(day: dt.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _midnight(day: dt.date) -> int:
    return end_of_day(f"{day:%Y%m%d}") - MILLIS_PER_DAY
