"""The state of a site in words: its light, the reasons for it, and how it was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from markupsafe import Markup

from consent.core.checks import CheckKind, Outcome
from consent.core.suppression import Cell, Known
from consent.services.checking import Checked
from consent.services.log_status import LogStatus
from consent.services.overview import SiteState
from consent.services.sites import LiveSite
from consent.services.traffic_light import Light, Reason, light_of, reasons_of
from consent.store.checks import CheckRun
from consent.store.proposals import StoredProposal
from consent.web.console.overview_findings import told, with_told
from consent.web.console.words import ConsoleWords

SHOWN_ON_CARD = 5
UNANCHORED = "unanchored"
UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A reason in a sentence; `kind` is that of a badge. `href` leads to more, named by `label`."""

    kind: str
    text: str
    href: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ShownState:
    """A site with its light; `more` is how many reasons a card leaves out."""

    site: LiveSite
    kind: str
    label: str
    reasons: tuple[ShownReason, ...]
    asked: tuple[ShownReason, ...]  # what waits for who looks; the light is the same for everybody

    @property
    def first_reasons(self) -> tuple[ShownReason, ...]:
        return self.reasons[:SHOWN_ON_CARD]

    @property
    def more(self) -> int:
        return max(0, len(self.reasons) - SHOWN_ON_CARD)


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """How one kind of check stands: in a badge, and whether one waits or runs now."""

    kind: CheckKind
    badge: str
    text: str
    at: int | None
    progress: str | None


def shown_state(
    state: SiteState, waiting: Sequence[StoredProposal], words: ConsoleWords
) -> ShownState:
    """Return how a site stands; `waiting` are the proposals that wait for who looks at it."""
    reasons = reasons_of(state)
    light = light_of(reasons)
    return ShownState(
        state.site,
        light.value,
        words(f"overview.light.{light.value}"),
        tuple(_shown_reason(one, state.site, words) for one in reasons),
        tuple(_asked(one, words) for one in waiting),
    )


def _shown_reason(reason: Reason, site: LiveSite, words: ConsoleWords) -> ShownReason:
    shown = ShownReason(_badge_of(reason), reason_text(reason, words))
    if reason.key != UNDECLARED:
        return shown
    href = url_for("console.overview_site", site=site.id, _anchor="hosts")
    return replace(shown, href=href, label=words("overview.hosts.what_to_do"))


def _asked(one: StoredProposal, words: ConsoleWords) -> ShownReason:
    """Tell somebody of a proposal that waits for him."""
    return ShownReason(
        Light.WARNING.value,
        words("overview.proposal", moment=words.moment(one.proposed_at)),
        url_for("console.notices_proposal", site=one.site, proposal_id=one.id),
        words("overview.proposal.look"),
    )


def _badge_of(reason: Reason) -> str:
    """Return the badge of a reason: that nobody outside vouches is red without being an alarm."""
    return UNANCHORED if reason.key == UNANCHORED else reason.light.value


def reason_text(reason: Reason, words: ConsoleWords) -> str:
    """Return a reason as a short sentence."""
    key = f"overview.reason.{reason.key}"
    moment = "" if reason.moment is None else words.moment(reason.moment)
    if reason.count is None:
        return words(key, moment=moment, name=reason.name)
    return words.count(key, reason.count, moment=moment, name=reason.name)


def shown_check(
    kind: CheckKind, known: Checked, state: SiteState, words: ConsoleWords
) -> ShownCheck:
    """Return how a check of log or service ended last, for one site."""
    badge, text = _verdict(kind, known, state, words)
    at = None if known.verdict is None else known.verdict.ended_at
    return ShownCheck(kind, badge, text, at, _progress(known.open, words))


def outside(log: LogStatus, words: ConsoleWords) -> tuple[str, str]:
    """Return whether others vouch for a log, as a badge."""
    anchored = log.anchored
    if anchored.unanchored_since is not None:
        moment = words.moment(anchored.unanchored_since)
        return UNANCHORED, words("overview.log.unanchored", moment=moment)
    if anchored.last_at is None:
        return "quiet", words("overview.log.nothing_to_anchor")
    return "good", words("overview.log.anchored", moment=words.moment(anchored.last_at))


def shown_count(cell: Cell, words: ConsoleWords) -> str:
    """Return a count as it is told."""
    if cell.known is Known.UNTOLD or (cell.known is Known.AT_LEAST and not cell.number):
        return words("overview.count.untold")
    number = words.number(cell.number)
    return number if cell.is_exact else words(f"overview.count.{cell.known.value}", number=number)


def _verdict(
    kind: CheckKind, known: Checked, state: SiteState, words: ConsoleWords
) -> tuple[str, str]:
    if known.verdict is None:
        if known.newest is not None and known.newest.outcome is Outcome.FAILED:
            return Light.WARNING.value, _why_failed(known.newest.result, words)
        return "quiet", words("overview.check.never")
    if kind is CheckKind.SERVICE:
        return _of_service(known.verdict, state, words)
    logs = state.checked_logs
    faults = sum(log.faults for log in logs)
    if faults:
        return Light.BAD.value, words.count("overview.check.faults", faults)
    return Light.GOOD.value, words.count("overview.check.sound", sum(log.size for log in logs))


def _why_failed(result: Mapping[str, Any], words: ConsoleWords) -> Markup:
    why = told(str(result.get("reason", "")), result.get("said"), words.language)
    return with_told(words.texts["overview.check.failed"], words, reason=why)


def _of_service(verdict: CheckRun, state: SiteState, words: ConsoleWords) -> tuple[str, str]:
    levels = [finding["level"] for finding in state.findings]
    problems, warnings = levels.count("problem"), levels.count("warning")
    if problems:
        return Light.BAD.value, words.count("overview.reason.check_problems", problems)
    if warnings:
        return Light.WARNING.value, words.count("overview.reason.check_warnings", warnings)
    good = int(verdict.result.get("counts", {}).get("ok", 0))
    return Light.GOOD.value, words.count("overview.check.clear", good)


def _progress(run: CheckRun | None, words: ConsoleWords) -> str | None:
    if run is None:
        return None
    if run.started_at is None:
        return words("overview.check.waits", moment=words.moment(run.asked_at))
    return words("overview.check.runs", moment=words.moment(run.started_at))
