"""The HTTPS certificates that browsers meet: what is kept of each, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from consent.core.times import MILLIS_PER_DAY

# What renews certificates by itself does so with a third of their life left. One that is below
# these has been missed: 21 days for those of 90 days and more, for shorter ones a share of theirs.
SOON_MS = 21 * MILLIS_PER_DAY
SOON_SHARE = 4

_HTTPS_PORT = 443


class Fault(StrEnum):
    """Why browsers refuse a certificate: some of them if its chain is incomplete.

    With the last one nobody knows whether they do.
    """

    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    INCOMPLETE = "incomplete"
    UNTRUSTED = "untrusted"
    UNREACHABLE = "unreachable"


class Condition(StrEnum):
    """How a certificate stands now, by what is known of it. `over` is known from before its end."""

    GOOD = "good"
    SOON = "soon"
    OVER = "over"
    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    INCOMPLETE = "incomplete"
    UNTRUSTED = "untrusted"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"

    @property
    def is_refused(self) -> bool:
        """Whether browsers refuse it, be it only some of them."""
        return self in (
            Condition.EXPIRED,
            Condition.WRONG_NAME,
            Condition.INCOMPLETE,
            Condition.UNTRUSTED,
        )

    @property
    def is_late(self) -> bool:
        """Whether it should have been renewed by now."""
        return self in (Condition.SOON, Condition.OVER)


@dataclass(frozen=True, slots=True)
class HttpsCertificate:
    """What was met at a host, which has its port unless that is 443. All times in milliseconds."""

    host: str
    expires_at: int | None = None
    lifetime: int | None = None
    fault: Fault | None = None

    def ends_soon(self, at: int) -> bool:
        """Say whether less is left of it at an instant than what renews it would leave."""
        if self.expires_at is None or self.lifetime is None:
            return False
        return self.expires_at - at < min(SOON_MS, self.lifetime // SOON_SHARE)

    def condition(self, met_at: int, now: int) -> Condition:
        """Return how it stands now; it was met at an earlier instant, and may be renewed since."""
        if self.fault is not None:
            return Condition(self.fault.value)
        if self.expires_at is not None and self.expires_at <= now:
            return Condition.OVER
        return Condition.SOON if self.ends_soon(met_at) else Condition.GOOD

    def as_record(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "expires_at": self.expires_at,
            "lifetime": self.lifetime,
            "fault": None if self.fault is None else self.fault.value,
        }


def parse_certificate(record: Mapping[str, Any]) -> HttpsCertificate:
    """Return what `as_record` kept; raise KeyError, TypeError or ValueError for anything else."""
    expires_at, lifetime, fault = (record[key] for key in ("expires_at", "lifetime", "fault"))
    return HttpsCertificate(
        str(record["host"]),
        None if expires_at is None else int(expires_at),
        None if lifetime is None else int(lifetime),
        None if fault is None else Fault(fault),
    )


def https_hosts(addresses: Iterable[str | None]) -> list[str]:
    """Return the hosts of the addresses that are on HTTPS, with their ports, once each."""
    return list(dict.fromkeys(host for host in map(https_host, addresses) if host is not None))


def https_host(address: str | None) -> str | None:
    """Return the host of an address, with its port unless that is 443; None without HTTPS."""
    parts = urlsplit(address or "")
    if parts.scheme != "https" or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return host if parts.port in (None, _HTTPS_PORT) else f"{host}:{parts.port}"


def host_and_port(host: str) -> tuple[str, int]:
    """Return name and port of what `https_host` gave."""
    parts = urlsplit(f"https://{host}")
    return parts.hostname or "", parts.port or _HTTPS_PORT
