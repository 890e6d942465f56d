"""The automatic blocker of a site: read [blocking], and make the rules the blocker works by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.core.config_addresses import host_of
from consent.core.config_values import Table
from consent.core.declared_hosts import (
    DeclaredHost,
    declared_host_fault,
    declared_hosts,
    parse_declared_host,
)
from consent.core.finding import Finding, warning
from consent.core.model import NECESSARY, Blocking, Site

_REPORT, _HOLD = "report", "hold"


def read_blocking(table: Table | None) -> Blocking:
    if table is None:
        return Blocking()
    table.allow(("automatic", "undeclared", "own_hosts"))
    automatic = table.boolean("automatic", default=False)
    for key in ("undeclared", "own_hosts"):
        if key in table and not automatic:
            table.fault(key, "is for the automatic blocker only; give automatic = true")
    return Blocking(
        automatic=automatic,
        holds_undeclared=table.choice("undeclared", (_REPORT, _HOLD), _REPORT) == _HOLD,
        own_hosts=table.judged_list("own_hosts", declared_host_fault, required=False),
    )


def blocking_record(blocking: Blocking) -> dict[str, Any]:
    """Return what a publication stores of it."""
    return {
        "automatic": blocking.automatic,
        "undeclared": _HOLD if blocking.holds_undeclared else _REPORT,
        "own_hosts": list(blocking.own_hosts),
    }


def parse_blocking(record: Mapping[str, Any] | None) -> Blocking:
    """Return what `blocking_record` stored; earlier versions had no automatic blocker."""
    if record is None:
        return Blocking()
    return Blocking(record["automatic"], record["undeclared"] == _HOLD, tuple(record["own_hosts"]))


def blocking_rules(document: Mapping[str, Any], own_hosts: Iterable[str]) -> list[list[str]]:
    """Return host, what its paths begin with, and the categories that must all be allowed.

    The closest description of an address stands before wider ones, and decides. Of the site's own
    hosts only what has a path is ever held: the site itself is not.
    """
    own = {parse_declared_host(text) for text in own_hosts}
    needs: dict[DeclaredHost, list[str]] = {host: [] for host in own}
    for category, hosts in declared_hosts(document).items():
        for host in hosts:
            needed = needs.setdefault(host, [])
            if host not in own and category != NECESSARY:
                needed.append(category)
    closest_first = sorted(
        needs, key=lambda host: (host.specificity, host.host, host.path), reverse=True
    )
    return [[host.host, f"{host.path.rstrip('/')}/", *needs[host]] for host in closest_first]


def blocking_findings(site: Site, document: Mapping[str, Any]) -> Iterator[Finding]:
    """Find declarations that the automatic blocker cannot keep apart."""
    if not site.blocking.automatic:
        return
    own = {host_of(origin) for origin in site.origins}
    categories: dict[DeclaredHost, list[str]] = {}
    for category, hosts in declared_hosts(document).items():
        for host in hosts:
            categories.setdefault(host, []).append(category)
    for host, named in categories.items():
        place = f"trackers hosts {host.host}{host.path}"
        if host.host in own and not host.path:
            message = "is the site itself, which is never held; give the path of the tag"
            yield warning("PB-02", place, message)
        elif len(named) > 1:
            message = (
                "is declared for {categories}, and waits until all that can be refused is "
                "allowed; give each its own path"
            )
            yield warning("PB-10", place, message, categories=" and ".join(named))
