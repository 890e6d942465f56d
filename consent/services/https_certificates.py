"""The HTTPS certificates of the addresses that people open, as the last self-check met them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from consent.core.certificates import (
    Condition,
    HttpsCertificate,
    https_host,
    parse_certificate,
)
from consent.core.deployment import Deployment
from consent.store.checks import CheckRun


class Use(StrEnum):
    """What people open at an address."""

    PAGES = "pages"
    SERVICE = "service"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class HostCertificate:
    """A host that people open, what for, and how the certificate stands that was met there."""

    host: str
    uses: tuple[Use, ...]
    expires_at: int | None
    condition: Condition


def met_certificates(run: CheckRun | None) -> list[HttpsCertificate]:
    """Return what a self-check met; it met nothing before it looked at certificates."""
    kept = () if run is None else run.result.get("certificates", ())
    return [parse_certificate(one) for one in kept]


def host_certificates(
    deployment: Deployment, console: str | None, run: CheckRun | None, *, now: int
) -> tuple[HostCertificate, ...]:
    """Return how the certificates of one site stand, and that of the console.

    Those of other sites that the self-check met are not among them.
    """
    met = {one.host: one for one in met_certificates(run)}
    met_at = now if run is None or run.ended_at is None else run.ended_at
    return tuple(
        HostCertificate(host, uses, None, Condition.UNKNOWN)
        if host not in met
        else HostCertificate(host, uses, met[host].expires_at, met[host].condition(met_at, now))
        for host, uses in uses_by_host(deployment, console).items()
    )


def uses_by_host(deployment: Deployment, console: str | None) -> dict[str, tuple[Use, ...]]:
    """Return the hosts on HTTPS that people open for a site, and what each is for."""
    uses: dict[str, tuple[Use, ...]] = {}
    for use, address in _addresses(deployment, console):
        host = https_host(address)
        if host is not None and use not in uses.get(host, ()):
            uses[host] = (*uses.get(host, ()), use)
    return uses


def _addresses(deployment: Deployment, console: str | None) -> Iterator[tuple[Use, str | None]]:
    for origin in deployment.origins:
        yield Use.PAGES, origin
    yield Use.SERVICE, deployment.service_url
    yield Use.CONSOLE, console
