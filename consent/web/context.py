"""What every view reaches for: the service's keys, sites and clock, and the site asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, request

from consent.services.keys import Keys
from consent.services.presenting import Presented
from consent.services.sites import LiveSite, SiteDirectory
from consent.web.proxies import Network

EXTENSION = "consent"


@dataclass(frozen=True, slots=True)
class Service:
    """One running service. `now_ms` is the clock, in milliseconds."""

    keys: Keys
    sites: SiteDirectory
    now_ms: Callable[[], int]
    trusted_proxies: tuple[Network, ...]


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
    return Presented(
        answer=request.cookies.get(deployment.answer_cookie),
        identity=request.cookies.get(deployment.identity_cookie),
    )


def gpc_is_on() -> bool:
    """Say whether the browser sends Global Privacy Control; only the exact value 1 counts."""
    values = {value.strip() for value in request.headers.get("Sec-GPC", "").split(",")}
    return values == {"1"}
