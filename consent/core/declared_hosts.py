"""Hosts as trackers declare them: "host", "*.host", or either with what its paths begin with.

Both ways of blocking by address work from these: the automatic blocker in the page, and the
Content-Security-Policy. They are part of what is shown, but not of what consent covers: another
path of the same recipient asks nobody again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.config_addresses import host_fault, is_loopback
from consent.core.model import NECESSARY

_ANY_BELOW = "*."
# Neither comma nor semicolon, which end a source in a Content-Security-Policy.
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%@:+=-]+)+/?")


@dataclass(frozen=True, slots=True)
class DeclaredHost:
    """A host, or with "*." every host below it but not itself; `path` is empty for all of it."""

    host: str
    path: str

    def matches(self, url_host: str, url_path: str) -> bool:
        """Say whether an address is covered: /maps covers /maps and /maps/…, not /mapsearch."""
        return self._has_host(url_host) and self._has_path(url_path)

    def csp_source(self) -> str:
        """Return this as sources of a Content-Security-Policy (CSP Level 3, host-source).

        There a path without a slash at its end means that one address, and with one all below it:
        for both there are two sources, with a blank between. On this machine any port will do.
        """
        host = f"{self.host}:*" if is_loopback(self.bare_host) else self.host
        if not self.path or self.path.endswith("/"):
            return f"{host}{self.path}"
        return f"{host}{self.path} {host}{self.path}/"

    @property
    def bare_host(self) -> str:
        """The host without a leading "*."."""
        return self.host.removeprefix(_ANY_BELOW)

    @property
    def specificity(self) -> tuple[bool, int, int]:
        """How closely this describes an address: the greatest of those that match decides."""
        return not self.host.startswith(_ANY_BELOW), len(self.host), len(self.path)

    def _has_host(self, url_host: str) -> bool:
        if self.host.startswith(_ANY_BELOW):
            return url_host.endswith(self.host[1:])
        return url_host == self.host

    def _has_path(self, url_path: str) -> bool:
        if self.path.endswith("/"):
            return url_path.startswith(self.path)
        return not self.path or url_path == self.path or url_path.startswith(f"{self.path}/")


def declared_host_fault(text: str) -> str | None:
    """Judge a host as a tracker declares it."""
    if "//" in text or ":" in text.partition("/")[0]:
        return "has a scheme or a port; give the host alone, such as tracker.example.org"
    host, slash, path = text.partition("/")
    bare = host.removeprefix(_ANY_BELOW)
    if fault := host_fault(bare):
        return fault
    if bare != host and "." not in bare and not is_loopback(bare):
        return "covers a whole top-level domain; name the domain below it"
    if slash and not path:
        return "ends in a slash; without a path, leave it out"
    if slash and not _PATH.fullmatch(slash + path):
        return "has a path of other characters than letters, digits and ._~%@:+=-"
    return None


def parse_declared_host(text: str) -> DeclaredHost:
    """Return a declared host that was judged sound."""
    host, slash, path = text.partition("/")
    return DeclaredHost(host, slash + path)


def declared_hosts(document: Mapping[str, Any]) -> dict[str, tuple[DeclaredHost, ...]]:
    """Return what each category of a notice contacts, `necessary` last; each host once.

    A host may stand under several categories.
    """
    found: dict[str, dict[DeclaredHost, None]] = {
        category: {} for category in (*(one["id"] for one in document["categories"]), NECESSARY)
    }
    for tracker in document["trackers"]:
        # A category that no visitor can answer is refused for good, and so are its hosts.
        hosts = found.setdefault(tracker["category"], {})
        hosts.update(dict.fromkeys(parse_declared_host(text) for text in tracker["hosts"]))
    return {category: tuple(hosts) for category, hosts in found.items()}
