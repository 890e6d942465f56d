"""What is kept how long and why, and what goes or stays at an erasure: facts as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consent.core.formats import duration
from consent.core.limits import ACTION_RECORD_MONTHS, REFUSAL_RECORD_DAYS, SUBMISSION_DAYS
from consent.core.model import ErasureMode
from consent.services.noticing import list_published_notices
from consent.services.retention import Due
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.web.console.words import ConsoleWords


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What is kept, how long, and why."""

    what: str
    how_long: str
    why: str


@dataclass(frozen=True, slots=True)
class DueLine:
    """How much of one kind a run takes away; `is_kept` where it is only locked away."""

    what: str
    site: str
    count: int
    is_kept: bool


def rule_lines(session: AnySession, site: LiveSite, words: ConsoleWords) -> list[RuleLine]:
    """Return the rules of a site, those of the law and those that it has chosen."""
    return [RuleLine(*line) for line in _rules(session, site, words)]


def due_lines(plan: Sequence[Due], words: ConsoleWords) -> list[DueLine]:
    return [
        DueLine(
            words("rights.due.locked" if due.is_restricted else f"rights.due.{due.reason.value}"),
            due.site,
            due.count,
            due.is_restricted,
        )
        for due in plan
    ]


def stays_at_erasure(site: LiveSite, words: ConsoleWords) -> Iterator[str]:
    """Tell of all that an erasure leaves behind why it does and until when."""
    yield words("rights.stays.browser")
    yield words("rights.stays.mark")
    yield words("rights.stays.count")
    yield words("rights.stays.act", months=_months(ACTION_RECORD_MONTHS, words))
    yield words("rights.stays.repeat", days=_days(SUBMISSION_DAYS, words))
    days = site.deployment.backup_days
    if days is None:
        yield words("rights.stays.backups")
    else:
        yield words("rights.stays.backups_days", days=_days(days, words))
    yield words("rights.stays.files")


def locked_reason(site: LiveSite, words: ConsoleWords) -> str:
    """Return why a site locks erased records away, in the reader's language if it has that."""
    reasons = site.deployment.erasure_reason
    return reasons.get(words.language) or reasons.get(site.notice.default_language, "")


def _rules(
    session: AnySession, site: LiveSite, words: ConsoleWords
) -> Iterator[tuple[str, str, str]]:
    notice = site.notice
    yield (
        words("rights.rule.consent"),
        words(
            "rights.rule.consent.time",
            days=_days(notice.consent_days, words),
            months=_months(notice.proof_months, words),
        )
        + _other_months(session, site, words),
        words("rights.rule.consent.why"),
    )
    if site.deployment.record_refusals == "count":
        yield (
            words("rights.rule.refusal"),
            words("rights.rule.refusal.counted"),
            words("rights.rule.refusal.counted_why"),
        )
    else:
        yield (
            words("rights.rule.refusal"),
            _days(REFUSAL_RECORD_DAYS, words),
            words("rights.rule.refusal.why"),
        )
    if site.deployment.erasure is ErasureMode.UNLINK:
        yield (
            words("rights.rule.erased"),
            words("rights.rule.erased.locked"),
            words("rights.rule.erased.locked_why", reason=locked_reason(site, words)),
        )
    else:
        yield (
            words("rights.rule.erased"),
            words("rights.rule.erased.time"),
            words("rights.rule.erased.why"),
        )
    yield (
        words("rights.rule.repeat"),
        _days(SUBMISSION_DAYS, words),
        words("rights.rule.repeat.why"),
    )
    yield (words("rights.rule.log"), words("rights.rule.log.time"), words("rights.rule.log.why"))
    yield (
        words("rights.rule.act"),
        _months(ACTION_RECORD_MONTHS, words),
        words("rights.rule.act.why"),
    )
    yield (
        words("rights.rule.totals"),
        words("rights.rule.totals.time"),
        words("rights.rule.totals.why"),
    )
    days = site.deployment.backup_days
    yield (
        words("rights.rule.backups"),
        words("rights.rule.backups.unsaid") if days is None else _days(days, words),
        words("rights.rule.backups.why"),
    )


def _other_months(session: AnySession, site: LiveSite, words: ConsoleWords) -> str:
    """Tell that earlier notices promised another time: what was promised holds."""
    own = site.notice.proof_months
    others = {one.proof_months for one, _ in list_published_notices(session, site)} - {own}
    if not others:
        return ""
    listed = ", ".join(_months(months, words) for months in sorted(others))
    return " " + words("rights.rule.consent.earlier", months=listed)


def _days(days: int, words: ConsoleWords) -> str:
    return duration(words.language, days, "days")


def _months(months: int, words: ConsoleWords) -> str:
    return duration(words.language, months, "months")
