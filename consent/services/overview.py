"""How one site stands: what is known of its log, its checks, its hosts, its removals and its keys.

Nothing here reads a record, so that it takes as long with ten million of them as with ten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consent.core.checks import CheckKind
from consent.core.retention import latest_disposal
from consent.core.times import MILLIS_PER_DAY
from consent.services.checking import Checked, checked
from consent.services.content_policies import UndeclaredHost, count_undeclared
from consent.services.https_certificates import HostCertificate, host_certificates, uses_by_host
from consent.services.log_keys import OVERLAP_MS
from consent.services.log_status import LogStatus, log_statuses
from consent.services.sites import LiveSite
from consent.store.checks import CheckRun
from consent.store.database import AnySession
from consent.store.disposal import oldest_erasure
from consent.store.log_keys import list_keys
from consent.store.publications import list_publications

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TOLD_ANEW = {("log", "state"), ("log", "sealing"), ("log", "anchors"), ("sites", "content policy")}
NAMING_GROUPS = frozenset({"sites", "log", "reports"})  # findings begin with what they are about

_OF_A_SITE = re.compile(r"/sites/([^/?#\s]*[^/?#\s.,:;])")  # in an address that sites may share


@dataclass(frozen=True, slots=True)
class NoticeInForce:
    """When the notice of a site became another one (ms), and with which version of the site."""

    version: int
    since: int


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate that the anchors are checked with, and its last instant (ms)."""

    name: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs for a log, since when (ms), and until when if a newer one replaces it."""

    role: str
    vkey: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """What the last verification says of one log; `counts` has its findings by kind."""

    origin: str
    size: int
    counts: Mapping[str, int]

    @property
    def faults(self) -> int:
        """How many findings contradict what was signed; having no anchor does not."""
        return sum(count for kind, count in self.counts.items() if kind != "unanchored")


@dataclass(frozen=True, slots=True)
class SiteState:
    """All that the overview tells of a site."""

    site: LiveSite
    now: int
    logs: tuple[LogStatus, ...]
    checks: Mapping[CheckKind, Checked]
    findings: tuple[Mapping[str, Any], ...]  # of the last self-check, as far as this site goes
    undeclared: tuple[UndeclaredHost, ...]
    notices: tuple[NoticeInForce, ...]
    oldest_erasure: int | None
    certificates: tuple[Expiring, ...]
    hosts: tuple[HostCertificate, ...]

    @property
    def log(self) -> LogStatus | None:
        """The log that records go into now."""
        current = self.site.logs[-1].log_id
        return next((one for one in self.logs if one.log_id == current), None)

    @property
    def checked_logs(self) -> tuple[CheckedLog, ...]:
        """What the last verification says of this site's logs."""
        return _checked_logs(self.checks[CheckKind.LOG], {log.origin for log in self.site.logs})

    @property
    def next_disposal(self) -> int:
        return latest_disposal(self.now) + MILLIS_PER_DAY


def site_states(
    session: AnySession,
    sites: Sequence[LiveSite],
    *,
    every_site: Sequence[LiveSite],
    roots: Iterable[Certificate],
    console: str | None,
    now: int,
) -> list[SiteState]:
    """Return how some of all sites stand.

    `roots` are those of the time-stamp authorities, `console` is the origin of the console.
    """
    logs = log_statuses(session, now)
    checks = checked(session)
    found = checks[CheckKind.SERVICE].verdict
    certificates = tuple(sorted(map(_expiring, roots), key=lambda one: one.expires_at))
    states = []
    for site in sites:
        own = {log.log_id for log in site.logs}
        states.append(
            SiteState(
                site=site,
                now=now,
                logs=tuple(log for log in logs if log.log_id in own),
                checks=checks,
                findings=tuple(_findings_of(site, found, every_site, console)),
                undeclared=tuple(count_undeclared(session, site, now=now)),
                notices=notices_of(session, site.id),
                oldest_erasure=oldest_erasure(session, own),
                certificates=certificates,
                hosts=host_certificates(site.deployment, console, found, now=now),
            )
        )
    session.rollback()
    return states


def notices_of(session: AnySession, site: str) -> tuple[NoticeInForce, ...]:
    """Return the versions of a site's notice in the order in which they came into force."""
    published = list_publications(session, site)
    before = [None, *(one.notice_hash for one in published)]
    return tuple(
        NoticeInForce(number, one.published_at)
        for number, (old, one) in enumerate(zip(before, published, strict=False), start=1)
        if one.notice_hash != old
    )


def keys_of_log(session: AnySession, log_id: str) -> list[SigningKey]:
    """Return the keys that sign for a log now."""
    keys = [key for key in list_keys(session, log_id) if key.retired_at is None]
    session.rollback()
    newest = {key.role: key.added_at for key in keys}  # they come in the order they were added
    return [
        SigningKey(
            key.role,
            key.vkey,
            key.added_at,
            newest[key.role] + OVERLAP_MS[key.role] if key.added_at < newest[key.role] else None,
        )
        for key in keys
    ]


def _checked_logs(of_log: Checked, origins: set[str]) -> tuple[CheckedLog, ...]:
    if of_log.verdict is None:
        return ()
    return tuple(
        CheckedLog(log["origin"], int(log["size"]), log["counts"])
        for log in of_log.verdict.result.get("logs", ())
        if log["origin"] in origins
    )


def _findings_of(
    site: LiveSite, run: CheckRun | None, every_site: Sequence[LiveSite], console: str | None
) -> Iterable[Mapping[str, Any]]:
    """Give what the self-check found of the service itself and of this site, not of others.

    Who sees one site only does not learn of the others. What is found of a site or a log begins
    with its name, what is found of a certificate with its address; what is found of pages may have
    an address in it, and where several sites share one, a path that names the site. What the
    overview sees for itself is left out: it may have changed since.
    """
    if run is None:
        return
    names = tuple(f"{name}:" for name in (site.id, *(log.log_id for log in site.logs)))
    hosts = tuple(f"https://{host}: " for host in uses_by_host(site.deployment, console))
    own = set(_addresses(site))
    others = {one for other in every_site for one in _addresses(other)} - own
    is_own, is_foreign = _finder(own), _finder(others)
    for finding in run.result.get("findings", ()):
        if (finding["group"], finding["check"]) in TOLD_ANEW:
            continue
        found = finding["found"]
        is_named = found.startswith((*names, *(f"{log.log_id} " for log in site.logs)))
        if finding["group"] in NAMING_GROUPS:
            is_shown = is_named
        elif finding["group"] == "certificates":
            is_shown = found.startswith(hosts)
        elif named := _OF_A_SITE.findall(found):
            is_shown = site.id in named
        else:
            is_shown = is_own(found) or not is_foreign(found)
        if is_shown:
            yield finding


def _finder(addresses: Iterable[str]) -> Callable[[str], bool]:
    """Return what says whether a text has one of some addresses, and not only its beginning."""
    patterns = [re.compile(rf"{re.escape(one)}(?![\w-]|[.:]\w)") for one in addresses]
    return lambda text: any(one.search(text) for one in patterns)


def _addresses(site: LiveSite) -> tuple[str, ...]:
    return (*site.deployment.origins, site.deployment.service_url)


def _expiring(certificate: Certificate) -> Expiring:
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 -- only if anchors are configured

    names: list[Any] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return Expiring(name, int(certificate.not_valid_after_utc.timestamp() * 1000))
