"""Compare where two hosts are on the network, as Safari does before it trusts a server's cookies.

It forgets cookies after seven days if the server is at an address whose first half is another one
than that of the page: that is how it finds trackers behind a sub-domain.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

from consent.core.config_addresses import is_loopback
from consent.services.diagnosis.findings import Observation, ok, skipped, warning

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str], Iterable[Address]]

# Names that nobody can have (RFC 2606, RFC 6761): there is nothing to look up.
_RESERVED = (".example", ".invalid", ".test", ".localhost")


def judge_addresses(site: str, page: str, service: str, find: LookUp) -> Observation:
    """Judge whether a page's host and the service's are near each other."""
    if any(is_loopback(host) or host.endswith(_RESERVED) for host in (page, service)):
        return skipped(
            "{site}: {service} is a name for trying things out, at no address.",
            site=site,
            service=service,
        )
    halves = [{first_half(one) for one in find(host)} for host in (page, service)]
    if not all(halves):
        absent = page if not halves[0] else service
        return skipped(
            "{site}: no address is known for {host}, so it cannot be compared.",
            site=site,
            host=absent,
        )
    if halves[0] & halves[1]:
        return ok(
            "{site}: {service} is at the addresses of {page}.",
            site=site,
            service=service,
            page=page,
        )
    return warning(
        "{site}: {service} is elsewhere than {page}, so Safari forgets choices after seven days.",
        "Pass a path of the site, such as /consent, on to the service.",
        site=site,
        service=service,
        page=page,
    )


def first_half(address: Address) -> str:
    """Return the first half of an address, with its version."""
    return f"{address.version}:{address.packed[: len(address.packed) // 2].hex()}"


def look_up(host: str) -> list[Address]:
    """Return the addresses of a host; none where it cannot be found."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(str(where[0]).partition("%")[0]) for *_, where in found]
