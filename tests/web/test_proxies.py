"""Whose request it is, for limits: only hops we were told to trust are believed."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.web.proxies import client_address, limit_key

TRUSTED = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.1, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_no_trusted_proxy(
    peer: str, forwarded: str, client: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == ipaddress.ip_address(client)


@given(st.text(), st.text())
def test_garbage_is_no_address_and_no_error(peer: str, forwarded: str) -> None:
    limit_key(client_address(peer, forwarded, TRUSTED))


def test_keys_tell_clients_apart_and_say_nothing_about_them() -> None:
    keys = {
        limit_key(ipaddress.ip_address(text))
        for text in ("203.0.113.7", "203.0.113.8", "2001:db8::1", "2001:db8::2")
    }
    assert len(keys) == 3  # one IPv6 network is one client
