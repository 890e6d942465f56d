"""Safari forgets cookies of a server at another address than the page: the doctor says so."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import pytest

from consent.services.diagnosis.addresses import judge_addresses, look_up
from consent.services.diagnosis.findings import Level


def at(**places: str) -> dict[str, list[ipaddress.IPv4Address | ipaddress.IPv6Address]]:
    return {
        f"{name}.university.nl": [ipaddress.ip_address(one) for one in text.split()]
        for name, text in places.items()
    }


@pytest.mark.legal("CT-02")
@pytest.mark.parametrize(
    ("page", "service", "level"),
    [
        ("132.229.1.1", "132.229.200.7", Level.OK),
        ("132.229.1.1", "132.230.1.1", Level.WARNING),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", Level.OK),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", Level.WARNING),
        ("132.229.1.1 2001:db8:1:2::1", "132.229.4.4", Level.OK),
        ("132.229.1.1", "2001:db8:1:2::1", Level.WARNING),
        ("132.229.1.1", "", Level.SKIPPED),
        ("", "132.229.1.1", Level.SKIPPED),
    ],
)
def test_the_first_half_of_the_addresses_is_compared(page: str, service: str, level: Level) -> None:
    known = at(www=page, cookies=service)

    def find(host: str) -> Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        return known[host]

    seen = judge_addresses("programme", "www.university.nl", "cookies.university.nl", find)
    assert seen.level is level
    if level is Level.WARNING:
        assert "Safari forgets choices after seven days" in str(seen.found)


@pytest.mark.parametrize("host", ["cookies.example", "localhost", "a.localhost", "cookies.test"])
def test_names_for_trying_things_out_are_not_looked_up(host: str) -> None:
    def refuse(_host: str) -> list[ipaddress.IPv4Address]:
        raise AssertionError

    seen = judge_addresses("programme", "www.university.nl", host, refuse)
    assert seen.level is Level.SKIPPED


def test_this_machine_is_where_it_says() -> None:
    assert any(one.is_loopback for one in look_up("127.0.0.1"))
