"""Gather the month of a site: what was shown and answered, what changed, how the log stands.

Counts are told as any report tells them: small ones are not, nor what they could be computed from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cryptography.x509 import Certificate

from consent.core.aggregates import AggregateReport, Period, Step, closed_until
from consent.core.checks import CheckKind, Outcome
from consent.core.difference import describe_difference
from consent.core.monthly_report import (
    AUTHORITY,
    HTTPS,
    Check,
    Expiry,
    Figure,
    Head,
    Host,
    LogMonth,
    MonthlyReport,
    Publication,
    Removal,
)
from consent.core.months import Month, month_of
from consent.core.notice import Notice
from consent.core.suppression import Cell, exactly
from consent.core.times import MILLIS_PER_DAY, day_of, parse_day
from consent.core.words import load_words
from consent.errors import RuleError
from consent.services.aggregating import make_report
from consent.services.anchoring import anchored_state
from consent.services.anchors.configured import Anchors
from consent.services.content_policies import Standing, list_reports
from consent.services.https_certificates import HostCertificate, host_certificates
from consent.services.log_report import count_disposals
from consent.services.officers import operator
from consent.services.reporting.points import CHECK_IS_OLD_MS, points_of
from consent.services.sites import LiveSite, get_notice
from consent.store.acts import count_actions
from consent.store.anchored import RFC3161, WITNESS, count_anchors
from consent.store.checks import newest_ended
from consent.store.database import AnySession
from consent.store.log import OK, Log, find_state, list_logs
from consent.store.log_anchors import served_note
from consent.store.log_heads import latest_published
from consent.store.publications import Publication as StoredPublication
from consent.store.publications import list_publications

CATALOGUE = "report"
EXPIRES_SOON_MS = 60 * MILLIS_PER_DAY

_ASKS = operator("report")  # the service itself, whose report is of one site

# What officers did, by what it is called in the report.
_ACTS: Mapping[str, tuple[str, ...]] = {
    "looks": ("records:list", "record:show", "subject:show", "subject:preview", "record:prove"),
    "searches": ("record:search",),
    "exports": ("export:create",),
    "proofs": ("record:proof_pdf", "record:proof_json", "record:proof_tlog"),
    "erasures": ("subject:erase",),
    "requests": ("subject:access",),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """How reports are told: small counts below `minimum` are not; `console` is its origin."""

    language: str
    minimum: int
    anchors: Anchors = Anchors()  # noqa: RUF009 -- it is frozen
    console: str | None = None


def last_month_over(now: int) -> Month:
    """Return the newest month that is over, as every report counts days."""
    day = parse_day(closed_until(now))
    return Month(day.year, day.month).plus(-1)


def gather(
    session: AnySession, site: LiveSite, month: Month, telling: Telling, *, now: int
) -> MonthlyReport:
    """Return the report of a site over a month; raise RuleError for a month that is not over."""
    if month > last_month_over(now):
        raise RuleError(f"{month} is not over; reports are of whole months")
    language = _language(site.notice, telling.language)
    words = load_words(CATALOGUE, telling.language)
    logs = [_log_month(session, log, month, now) for log in _logs_of(session, site, month)]
    check = _check(session)
    hosts = _hosts(session, site, month, now)
    certificates = _certificates(session, site, telling, now)
    expiries = (*_expiries(telling.anchors, now), *_https_expiries(certificates))
    figures, granted = _figures(session, site, month, telling, now)
    report = MonthlyReport(
        month=month,
        site=site.id,
        site_name=site.notice.site_name(language),
        controller=site.notice.controller_name,
        address=site.deployment.origins[0],
        made_at=now,
        minimum=telling.minimum,
        figures=figures,
        granted=granted,
        publications=_publications(session, site, month, telling.language),
        hosts=hosts,
        logs=tuple(logs),
        check=check,
        acts=_acts(session, site.id, month),
        expiries=expiries,
        points=tuple(points_of(logs, check, hosts, expiries, certificates, words=words, now=now)),
        console=None if telling.console is None else f"{telling.console}/console/sites/{site.id}",
    )
    session.rollback()
    return report


def first_month_of(session: AnySession, site: str) -> Month | None:
    """Return the month in which a site was first published; None for a site that never was."""
    publications = list_publications(session, site)
    return month_of(publications[0].published_at) if publications else None


def _language(notice: Notice, wanted: str) -> str:
    return wanted if wanted in notice.languages else notice.default_language


def _figures(
    session: AnySession, site: LiveSite, month: Month, telling: Telling, now: int
) -> tuple[tuple[Figure, ...], tuple[Figure, ...]]:
    """Return what was counted in the month beside the month before, and of each category."""
    this, before = (
        _counted(session, site.id, one, telling.minimum, now) for one in (month, month.plus(-1))
    )
    figures = tuple(Figure(name, this.totals[name], before.totals[name]) for name in this.totals)
    language = _language(site.notice, telling.language)
    labels = {one["id"]: str(one["label"]) for one in site.notice.category_texts(language)}
    names = [*labels, *sorted({*this.granted, *before.granted} - labels.keys())]
    granted = tuple(
        Figure(name, _granted(this, name), _granted(before, name), labels.get(name, name))
        for name in names
    )
    return figures, granted


def _granted(report: AggregateReport, category: str) -> Cell:
    return report.granted.get(category, exactly(0))


def _counted(
    session: AnySession, site: str, month: Month, minimum: int, now: int
) -> AggregateReport:
    period = Period(month.first_day, month.plus(1).first_day, Step.MONTH)
    return make_report(session, site, period, officer=_ASKS, minimum=minimum, now=now)


def _publications(
    session: AnySession, site: LiveSite, month: Month, language: str
) -> tuple[Publication, ...]:
    published = list_publications(session, site.id)
    return tuple(
        _publication(session, before, after, language)
        for before, after in pairwise([None, *published])
        if after is not None and month.begin <= after.published_at < month.end
    )


def _publication(
    session: AnySession, before: StoredPublication | None, after: StoredPublication, language: str
) -> Publication:
    notice = get_notice(session, after.notice_hash)
    old = None if before is None else get_notice(session, before.notice_hash).document
    difference = describe_difference(old, notice.document)
    labels = {
        one["id"]: str(one["label"]) for one in notice.category_texts(_language(notice, language))
    }
    return Publication(
        at=after.published_at,
        notice=after.notice_hash,
        changes=() if before is None else difference.lines,
        asks_again=()
        if before is None
        else tuple(labels.get(name, name) for name in difference.asks_again),
        is_first=before is None,
    )


def _hosts(session: AnySession, site: LiveSite, month: Month, now: int) -> tuple[Host, ...]:
    """Return the undeclared hosts of a month, the one that was tried most before."""
    days = (now - month.begin) // MILLIS_PER_DAY + 1
    first, after = day_of(month.begin), day_of(month.end)
    counts: Counter[str] = Counter()
    for one in list_reports(session, site, now=now, days=days):
        if first <= one.day < after and one.standing is Standing.UNDECLARED:
            counts[one.name] += one.count
    return tuple(Host(name, count) for name, count in counts.most_common())


def _logs_of(session: AnySession, site: LiveSite, month: Month) -> list[tuple[Log, bool]]:
    """Return the logs that records of the month went into, and whether each is in force."""
    known = {log.log_id: log for log in list_logs(session)}
    ends = [*(later.since for later in site.logs[1:]), None]
    found: dict[str, bool] = {}
    for one, end in zip(site.logs, ends, strict=True):
        if end is None or end > month.begin:
            found[one.log_id] = end is None
    return [(known[log_id], is_in_force) for log_id, is_in_force in found.items()]


def _log_month(session: AnySession, found: tuple[Log, bool], month: Month, now: int) -> LogMonth:
    log, is_in_force = found
    state = find_state(session, log.log_id)
    anchored = anchored_state(session, log.log_id, now)
    head = latest_published(session, log.log_id)
    stamps, cosignatures = (
        count_anchors(session, log.log_id, kind, month.begin, month.end)
        for kind in (RFC3161, WITNESS)
    )
    return LogMonth(
        log_id=log.log_id,
        origin=log.origin,
        is_in_force=is_in_force,
        status=OK if state is None else state.status,
        since=log.created_at if state is None else state.since,
        size=0 if state is None else state.size,
        vouched_at=anchored.last_at,
        unanchored_since=anchored.unanchored_since,
        stamps=stamps,
        cosignatures=cosignatures,
        removals=tuple(
            Removal(one.reason, one.records, one.disposals)
            for one in count_disposals(session, log.log_id, month.begin, month.end)
        ),
        head=None if head is None else Head(head.size, head.created, served_note(session, head)),
    )


def _check(session: AnySession) -> Check | None:
    run = newest_ended(session, CheckKind.LOG, verdict=True)
    if run is None or run.ended_at is None:
        return None
    return Check(run.ended_at, is_ok=run.outcome is not Outcome.PROBLEM)


def _acts(session: AnySession, site: str, month: Month) -> dict[str, int]:
    counted = count_actions(session, site, month.begin, month.end)
    return {name: sum(counted.get(act, 0) for act in acts) for name, acts in _ACTS.items()}


def _expiries(anchors: Anchors, now: int) -> Iterator[Expiry]:
    """Yield the certificates of time-stamp authorities that end soon, or have ended."""
    seen: set[Certificate] = set()
    for authority in anchors.authorities:
        for root in authority.roots:
            end = int(root.not_valid_after_utc.timestamp() * 1000)
            if root not in seen and end < now + EXPIRES_SOON_MS:
                seen.add(root)
                yield Expiry(AUTHORITY, root.subject.rfc4514_string(), end)


def _certificates(
    session: AnySession, site: LiveSite, telling: Telling, now: int
) -> list[HostCertificate]:
    """Return the HTTPS certificates that somebody should look at, by the last self-check."""
    run = newest_ended(session, CheckKind.SERVICE, verdict=True)
    if run is None or run.ended_at is None or run.ended_at < now - CHECK_IS_OLD_MS:
        return []
    every = host_certificates(site.deployment, telling.console, run, now=now)
    return [one for one in every if one.condition.is_refused or one.condition.is_late]


def _https_expiries(certificates: Sequence[HostCertificate]) -> Iterator[Expiry]:
    for one in certificates:
        if one.expires_at is not None:
            yield Expiry(HTTPS, one.host, one.expires_at)
