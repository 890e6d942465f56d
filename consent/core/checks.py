"""Checks of a whole service that are made once a day and kept: what they are, how they can end."""

from __future__ import annotations

from enum import StrEnum

from consent.core.times import MILLIS_PER_DAY

CHECK_HOUR = 3  # UTC, after what is no longer kept was removed
KEPT_DAYS = 400
LATE_AFTER_MS = MILLIS_PER_DAY + MILLIS_PER_DAY // 4  # a check of the day takes a while itself

_HOUR_MS = MILLIS_PER_DAY // 24


class CheckKind(StrEnum):
    """What is checked: that the log proves every record, or that the service works as it should."""

    LOG = "log"
    SERVICE = "service"


class Outcome(StrEnum):
    """How a check ended. The last two say nothing of what was to be checked."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    FAILED = "failed"  # it could not be made
    INTERRUPTED = "interrupted"  # the process that made it ended

    @property
    def is_verdict(self) -> bool:
        return self not in (Outcome.FAILED, Outcome.INTERRUPTED)


def latest_check(now: int) -> int:
    """Return the latest instant at which the checks of a day were to begin."""
    return now - (now - CHECK_HOUR * _HOUR_MS) % MILLIS_PER_DAY


def next_check(now: int) -> int:
    return latest_check(now) + MILLIS_PER_DAY


def forgotten_before(now: int) -> int:
    """Return the instant before which checks are no longer kept."""
    return now - KEPT_DAYS * MILLIS_PER_DAY
