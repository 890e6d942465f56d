"""The light of a site: good, to be looked at, or bad, and the reasons for it, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consent.core.checks import LATE_AFTER_MS, CheckKind, Outcome
from consent.core.times import MILLIS_PER_DAY
from consent.services.log_status import LogStatus
from consent.services.overview import SiteState

EXPIRES_SOON_MS = 60 * MILLIS_PER_DAY
ERASURE_LATE_MS = MILLIS_PER_DAY + MILLIS_PER_DAY // 12  # it is removed within a day


class Light(StrEnum):
    """The names are those of a badge."""

    BAD = "bad"
    WARNING = "warning"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Reason:
    """One short sentence, by its key; `count`, `moment` (ms) and `name` are what it speaks of."""

    light: Light
    key: str
    count: int | None = None
    moment: int | None = None
    name: str = ""


def reasons_of(state: SiteState) -> list[Reason]:
    """Return why a site's light is what it is, worst first; there is at least one."""
    reasons = [
        *(reason for log in state.logs for reason in _of_log(log, state)),
        *_of_verification(state),
        *_of_met_certificates(state),
        *_of_self_check(state),
        *_of_hosts(state),
        *_of_erasures(state),
        *_of_certificates(state),
    ]
    # Two logs can have the same to tell; it is said once.
    told: dict[tuple[str, str], Reason] = {}
    for reason in reasons:
        told.setdefault((reason.key, reason.name), reason)
    return sorted(told.values(), key=lambda reason: list(Light).index(reason.light))


def light_of(reasons: list[Reason]) -> Light:
    """Return the light that the worst reason makes."""
    return reasons[0].light if reasons else Light.GOOD


def _of_log(log: LogStatus, state: SiteState) -> Iterator[Reason]:
    if not log.is_ok:
        yield Reason(Light.BAD, "log_stopped", moment=log.since)
    elif log.is_late(state.now):
        yield Reason(Light.WARNING, "log_late", log.pending)
    if log.anchored.unanchored_since is not None:
        yield Reason(Light.WARNING, "unanchored", moment=log.anchored.unanchored_since)
    elif log.anchored.last_at is not None and log.is_in_force:
        yield Reason(Light.GOOD, "anchored", moment=log.anchored.last_at)


def _of_verification(state: SiteState) -> Iterator[Reason]:
    known = state.checks[CheckKind.LOG]
    faults = sum(log.faults for log in state.checked_logs)
    verdict = known.verdict
    if faults and verdict is not None:
        yield Reason(Light.BAD, "log_faulty", faults, verdict.ended_at)
    if known.newest is not None and known.newest.outcome is Outcome.FAILED:
        yield Reason(Light.WARNING, "not_verified", moment=known.newest.ended_at)
    elif verdict is None:
        yield Reason(Light.WARNING, "never_verified")
    elif verdict.ended_at is not None and state.now - verdict.ended_at > LATE_AFTER_MS:
        yield Reason(Light.WARNING, "verified_long_ago", moment=verdict.ended_at)
    elif not faults:
        entries = sum(log.size for log in state.checked_logs)
        yield Reason(Light.GOOD, "verified", entries, verdict.ended_at)


def _of_self_check(state: SiteState) -> Iterator[Reason]:
    known = state.checks[CheckKind.SERVICE]
    verdict = known.verdict
    if known.newest is not None and known.newest.outcome is Outcome.FAILED:
        yield Reason(Light.WARNING, "not_checked", moment=known.newest.ended_at)
    elif verdict is None:
        yield Reason(Light.WARNING, "never_checked")
    elif verdict.ended_at is not None and state.now - verdict.ended_at > LATE_AFTER_MS:
        yield Reason(Light.WARNING, "checked_long_ago", moment=verdict.ended_at)
    if verdict is None:
        return
    levels = [one["level"] for one in state.findings if not _has_reason_of_its_own(one)]
    kind = "check" if len(levels) == len(state.findings) else "check_other"
    for light, level in ((Light.BAD, Outcome.PROBLEM), (Light.WARNING, Outcome.WARNING)):
        if level.value in levels:
            yield Reason(light, f"{kind}_{level}s", levels.count(level.value))
    if not state.findings:
        yield Reason(Light.GOOD, "check_clear", moment=verdict.ended_at)


def _has_reason_of_its_own(finding: Mapping[str, Any]) -> bool:
    """Say whether a certificate's own reason tells what was found, with its name and date."""
    return (finding["group"], finding["check"]) in {
        ("certificates", "trust"),
        ("certificates", "validity"),
    }


def _of_hosts(state: SiteState) -> Iterator[Reason]:
    if state.undeclared:
        most = state.undeclared[0].name
        yield Reason(Light.WARNING, "undeclared", len(state.undeclared), name=most)


def _of_erasures(state: SiteState) -> Iterator[Reason]:
    oldest = state.oldest_erasure
    if oldest is not None and state.now - oldest > ERASURE_LATE_MS:
        yield Reason(Light.BAD, "erasure_late", moment=oldest)


def _of_certificates(state: SiteState) -> Iterator[Reason]:
    for one in state.certificates:
        if one.expires_at <= state.now:
            yield Reason(Light.BAD, "certificate_expired", moment=one.expires_at, name=one.name)
        elif one.expires_at - state.now <= EXPIRES_SOON_MS:
            yield Reason(Light.WARNING, "certificate_soon", moment=one.expires_at, name=one.name)


def _of_met_certificates(state: SiteState) -> Iterator[Reason]:
    """Tell what the last self-check met; where it met nothing, it has told so itself."""
    for one in state.hosts:
        if one.condition.is_refused or one.condition.is_late:
            light = Light.BAD if one.condition.is_refused else Light.WARNING
            yield Reason(light, f"https_{one.condition}", moment=one.expires_at, name=one.host)
