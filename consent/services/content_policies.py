"""The Content-Security-Policy of published sites, and what browsers report of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from consent.core.content_policy import ContentPolicy, content_policy
from consent.core.content_policy_document import content_policy_document
from consent.core.policy_reports import KEPT_DAYS, MORE, count_reports, is_host
from consent.core.times import add_days, day_of
from consent.errors import RuleError
from consent.services.sites import LiveSite
from consent.store import policy_reports as store
from consent.store.database import AnySession, write_transaction

MAX_HOSTS_PER_DAY = 200
RECENT_DAYS = 7


class Standing(StrEnum):
    """What a site says of something that was kept out of its pages."""

    DECLARED = "declared"
    OWN = "own"
    UNDECLARED = "undeclared"
    NO_HOST = "no host"


@dataclass(frozen=True, slots=True)
class Reported:
    """How often something was kept out on one day (YYYYMMDD)."""

    day: str
    directive: str
    name: str
    count: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class UndeclaredHost:
    """How often a host was kept out lately, and on which day (YYYYMMDD) last."""

    name: str
    count: int
    last_day: str


@lru_cache(maxsize=64)
def policy_of(site: LiveSite) -> ContentPolicy:
    """Return the policies of a site; raise RuleError when they could not hold what is refused."""
    policy = content_policy(site.notice.document, site.deployment)
    faults = policy.faults()
    if faults:
        raise RuleError(f"the policy of {site.id} would not hold: {'; '.join(faults)}")
    return policy


@lru_cache(maxsize=64)
def document_of(site: LiveSite) -> dict[str, Any]:
    """Return every policy of a site, by choice, as a document."""
    return content_policy_document(policy_of(site), site.scope, site.deployment, site.id)


def record_reports(
    session: AnySession, site: LiveSite, body: bytes, media_type: str, *, now: int
) -> None:
    """Add what browsers report to the counts of today; raise RuleError on what is no report.

    More hosts than a site can have on one day are counted together: the addresses in reports are
    anybody's to invent. For the same reason no request waits for another one: where counts of
    the site are being written, these are dropped. A report is a hint, and browsers repeat it.
    """
    counts = count_reports(body, media_type, site.deployment.origins)
    if not counts:
        return
    day = day_of(now)
    with write_transaction(session):
        if not store.take_turn(session, site.id):
            return
        known = store.list_names(session, site.id, day)
        added: dict[store.Blocked, int] = {}
        for (directive, name), count in sorted(counts.items()):
            if is_host(name) and name not in known:
                name = name if sum(map(is_host, known)) < MAX_HOSTS_PER_DAY else MORE  # noqa: PLW2901
                known.add(name)
            blocked = store.Blocked(directive, name)
            added[blocked] = added.get(blocked, 0) + count
        store.add_counts(session, site.id, day, added)


def list_reports(
    session: AnySession, site: LiveSite, *, now: int, days: int = KEPT_DAYS
) -> list[Reported]:
    """Return what was kept out of a site's pages lately, newest day first."""
    policy = content_policy(site.notice.document, site.deployment)
    counts = store.list_counts(session, site.id, add_days(day_of(now), -days))
    return [
        Reported(
            each.day,
            each.blocked.directive,
            each.blocked.name,
            each.count,
            _standing(policy, each.blocked.name),
        )
        for each in counts
    ]


def undeclared_hosts(session: AnySession, site: LiveSite, *, now: int) -> list[str]:
    """Return the hosts of the last days that a site neither declares nor names as its own."""
    policy = content_policy(site.notice.document, site.deployment)
    names = store.list_recent_names(session, [site.id], add_days(day_of(now), -RECENT_DAYS))
    return sorted(name for name in names if _standing(policy, name) is Standing.UNDECLARED)


def count_undeclared(session: AnySession, site: LiveSite, *, now: int) -> list[UndeclaredHost]:
    """Return the undeclared hosts of the last days, the one that was tried most before."""
    found: dict[str, UndeclaredHost] = {}
    for one in list_reports(session, site, now=now, days=RECENT_DAYS):  # the newest day first
        if one.standing is Standing.UNDECLARED:
            host = found.get(one.name, UndeclaredHost(one.name, 0, one.day))
            found[one.name] = replace(host, count=host.count + one.count)
    return sorted(found.values(), key=lambda host: (-host.count, host.name))


def forget_reports(session: AnySession, now: int) -> int:
    """Drop the counts that are too old; return how many."""
    with write_transaction(session):
        return store.drop_counts(session, add_days(day_of(now), -KEPT_DAYS))


def _standing(policy: ContentPolicy, name: str) -> Standing:
    if not is_host(name):
        return Standing.NO_HOST
    if policy.is_declared(name):
        return Standing.DECLARED
    return Standing.OWN if policy.is_own(name) else Standing.UNDECLARED
