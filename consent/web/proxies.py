"""Find the address a request came from, for limits only; it is never stored or logged."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV6_PREFIX = 64

_WITH_PORT = re.compile(r"\[(?P<v6>[0-9a-fA-F:.]+)\](?::\d+)?|(?P<v4>[0-9.]+):\d+")

_process_salt = secrets.token_bytes(32)


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> Address | None:
    """Return the address of the client: the nearest one that is not a trusted proxy.

    X-Forwarded-For is read from its end, only as far as each hop is a proxy we were told to trust;
    what a client writes in front of it is never believed. None when the peer has no address.
    """
    address = _parse(peer)
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    while address is not None and hops and _is_trusted(address, trusted):
        nearer = _parse(hops.pop())
        if nearer is None:
            return address
        address = nearer
    return address


def limit_key(address: Address | None) -> str:
    """Return a key to count requests by, which stores nothing about the visitor.

    It is keyed by a random value that lives and dies with the process. An IPv6 network counts as
    one client, since a single browser commands all of its addresses.
    """
    if isinstance(address, ipaddress.IPv6Address):
        network = ipaddress.ip_network((address, IPV6_PREFIX), strict=False)
        text = str(network)
    else:
        text = str(address)
    return hmac.digest(_process_salt, text.encode(), hashlib.sha256).hex()[:32]


def _parse(text: str) -> Address | None:
    """Return an address without the port some proxies add; a mapped IPv4 one as IPv4."""
    match = _WITH_PORT.fullmatch(text)
    host = (match["v6"] or match["v4"]) if match else text
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted if network.version == address.version)
