"""Until when a record is kept: the promises of the cookie policy, as rules about instants.

The proof of a consent is kept while the consent is relied on and `proof_months` months more; a
refusal for a fixed number of days, and what an officer did for a fixed number of months. What a
visitor has erased goes within a day, with what others had erased on that day.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consent.core.choices import GRANTS
from consent.core.limits import (
    ACTION_RECORD_MONTHS,
    DEFAULT_PROOF_MONTHS,
    REFUSAL_RECORD_DAYS,
)
from consent.core.model import ConsentEvent
from consent.core.ranges import Range
from consent.core.times import MILLIS_PER_DAY, day_of, end_of_day, parse_day

MILLIS_PER_HOUR = MILLIS_PER_DAY // 24
ERASED_WITHIN_MS = MILLIS_PER_DAY
ERASURES_WAIT_MS = 22 * MILLIS_PER_HOUR  # an hour to notice, and another for the work itself
DISPOSAL_HOUR = 2  # UTC, when few people choose


class DisposalClass(StrEnum):
    """Why records are removed; the order is the one in which they go."""

    ERASURE = "erasure"
    RETENTION_GRANT = "retention_grant"
    RETENTION_REFUSAL = "retention_refusal"
    RETENTION_ACTION = "retention_action"


class Role(StrEnum):
    """Who removes records: the service by itself, or its operator by a command."""

    SERVICE = "service"
    OPERATOR = "operator"


POLICIES = {
    DisposalClass.ERASURE: "removed on request",
    DisposalClass.RETENTION_GRANT: "kept while relied on and for the proof_months of its notice",
    DisposalClass.RETENTION_REFUSAL: f"kept {REFUSAL_RECORD_DAYS} days",
    DisposalClass.RETENTION_ACTION: f"kept {ACTION_RECORD_MONTHS} months",
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
    leaves: tuple[Range, ...]
    log: str | None = None  # the log whose leaves these are, if it is not the one that tells it


def refusal_cutoff(now: int) -> int:
    """Return the latest instant whose refusals are no longer kept."""
    return now - REFUSAL_RECORD_DAYS * MILLIS_PER_DAY


def action_cutoff(now: int) -> int:
    """Return the latest instant of which it is no longer kept what officers did.

    A day is added, since the log knows only within bounds when something was sealed.
    """
    return proof_cutoff(now, ACTION_RECORD_MONTHS) - MILLIS_PER_DAY


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


def kept_until(events: Sequence[ConsentEvent], months_of: Mapping[str, int]) -> int | None:
    """Return the instant by which the last of a subject's events is no longer kept.

    `events` are in order; `months_of` has the proof_months of the notices that are stored. None
    stands for no events.
    """
    notices = {event.id: event.notice for event in events}
    followed = {event.prev: event.at for event in events if event.prev is not None}
    ends = []
    for event in events:
        notice = event.notice
        if event.event in GRANTS:
            reliance_ends = min(event.valid_until, followed.get(event.id, event.valid_until))
        else:
            reliance_ends = event.at
            notice = notices.get(event.prev or "", notice)
        ends.append(proof_ends(reliance_ends, months_of.get(notice, DEFAULT_PROOF_MONTHS)))
    return max(ends, default=None)


def latest_disposal(now: int) -> int:
    """Return the latest instant at which erasures of a day were to be removed together."""
    since = (now - DISPOSAL_HOUR * MILLIS_PER_HOUR) % MILLIS_PER_DAY
    return now - since


def next_disposal(now: int) -> int:
    """Return the next instant at which what is due is to be removed."""
    return latest_disposal(now) + MILLIS_PER_DAY


def erasures_taken_until(now: int, oldest: int | None) -> int:
    """Return until when an erasure was asked for that is to be removed now.

    Those of a day go together, whenever a process was started: a disposal of one person's records
    alone would tell that its leaves belong together. Only when the `oldest` one that waits could
    come to wait for more than a day, everything goes.
    """
    if oldest is not None and now - oldest >= ERASURES_WAIT_MS:
        return now
    return latest_disposal(now)


def _add_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = dt.date(year, month + 1, 1)
    return first.replace(day=min(day.day, _length_of_month(first)))


def _length_of_month(day: dt.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _midnight(day: dt.date) -> int:
    return end_of_day(f"{day:%Y%m%d}") - MILLIS_PER_DAY
