"""What every view reaches for: the service's keys, sites and clock, and the site asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import current_app, request

from consent.audit.policies import Policy
from consent.core.set_up import SetUp
from consent.services.displays import DisplayCounts
from consent.services.export_jobs import ExportServing
from consent.services.keys import Keys
from consent.services.presenting import Presented, presented_of
from consent.services.sites import LiveSite, SiteDirectory
from consent.web.proxies import Network

if TYPE_CHECKING:  # its libraries are an extra
    from cryptography.x509 import Certificate

    from consent.services.provider import Provider

EXTENSION = "consent"


def leave_asleep() -> None:
    """Wake nobody."""


@dataclass(frozen=True, slots=True)
class LogServing:
    """How the log is shown: whether its tiles are for all, whether an act waits for its proof.

    `witnesses` is the operator's policy of who else signs, `stamp_roots` are the certificates of
    the time-stamp authorities. `wake` asks this process's sealer for a round now; it does nothing
    where another process seals.
    """

    public_tiles: bool = False
    receipt_proofs: bool = False
    witnesses: Policy | None = None
    stamp_roots: tuple[Certificate, ...] = ()
    wake: Callable[[], None] = leave_asleep


@dataclass(frozen=True, slots=True)
class Service:
    """One running service. `now_ms` is the clock, in milliseconds.

    `wake_checking` has this process look whether a check of log and service is asked for.
    """

    keys: Keys
    sites: SiteDirectory
    now_ms: Callable[[], int]
    trusted_proxies: tuple[Network, ...]
    displays: DisplayCounts
    report_minimum: int
    exports: ExportServing
    log: LogServing = LogServing()
    provider: Provider | None = None
    set_up: SetUp = field(default_factory=SetUp)
    wake_checking: Callable[[], None] = leave_asleep


def service() -> Service:
    """Return the running service of this application."""
    found: Service = current_app.extensions[EXTENSION]
    return found


def live_site(site_id: str) -> LiveSite:
    """Return the published site of an address; raise NotFoundError otherwise."""
    return service().sites.get(site_id)


def presented(site: LiveSite) -> Presented:
    """Return the raw cookies of this request that are the service's own."""
    deployment = site.deployment
    return presented_of(
        service().keys,
        site.id,
        request.cookies.getlist(deployment.answer_cookie),
        request.cookies.getlist(deployment.identity_cookie),
    )


def gpc_is_on() -> bool:
    """Say whether the browser sends Global Privacy Control; only the exact value 1 counts."""
    return _is_one("Sec-GPC")


def dnt_is_on() -> bool:
    """Say whether the browser sends Do Not Track, which is taken for the same refusal."""
    return _is_one("DNT")


def _is_one(header: str) -> bool:
    values = {value.strip() for value in request.headers.get(header, "").split(",")}
    return values == {"1"}
