"""Declared hosts: what they cover, how the browser is told, and what they mean for consent."""

from __future__ import annotations

import pytest

from consent.core.config import load_site
from consent.core.declared_hosts import DeclaredHost, declared_hosts, parse_declared_host
from consent.core.model import NECESSARY, Kind
from consent.core.notice import scope_hash
from consent.core.vendors import vendor_sign
from consent.errors import ConfigurationError
from tests.make import make_notice, make_site, make_site_text, make_tracker


@pytest.mark.parametrize(
    ("declared", "covered", "not_covered"),
    [
        ("a.example", ["a.example/", "a.example/x"], ["b.a.example/", "ba.example/", "example/"]),
        ("*.a.example", ["b.a.example/", "c.b.a.example/x"], ["a.example/", "ba.example/"]),
        (
            "a.example/maps",
            ["a.example/maps", "a.example/maps/", "a.example/maps/embed"],
            ["a.example/", "a.example/map", "a.example/mapsearch", "a.example/x/maps"],
        ),
        ("a.example/maps/", ["a.example/maps/", "a.example/maps/x"], ["a.example/maps"]),
        ("*.a.example/x/y.js", ["b.a.example/x/y.js"], ["a.example/x/y.js", "b.a.example/x"]),
    ],
)
def test_a_declared_host_covers_whole_labels_and_whole_parts_of_a_path(
    declared: str, covered: list[str], not_covered: list[str]
) -> None:
    host = parse_declared_host(declared)

    def matches(address: str) -> bool:
        name, slash, path = address.partition("/")
        return host.matches(name, slash + path)

    assert [address for address in covered if not matches(address)] == []
    assert [address for address in not_covered if matches(address)] == []


@pytest.mark.parametrize(
    ("declared", "source"),
    [
        ("a.example", "a.example"),
        ("*.a.example", "*.a.example"),
        ("a.example/maps", "a.example/maps a.example/maps/"),
        ("a.example/maps/", "a.example/maps/"),
        ("tracker.localhost/x/", "tracker.localhost:*/x/"),
        ("*.localhost", "*.localhost:*"),
    ],
)
def test_the_browser_is_told_the_same(declared: str, source: str) -> None:
    assert parse_declared_host(declared).csp_source() == source


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("https://a.example", "has a scheme or a port"),
        ("a.example:8080", "has a scheme or a port"),
        ("//a.example", "has a scheme or a port"),
        ("A.example", "is not a host name in lower case"),
        ("*", "is not a host name in lower case"),
        ("a.*.example", "is not a host name in lower case"),
        ("*.com", "covers a whole top-level domain"),
        ("a.example/", "ends in a slash"),
        ("a.example/x?y", "has a path of other characters"),
        ("a.example/x;y", "has a path of other characters"),
        ("a.example/x,y", "has a path of other characters"),
        ("a.example/x//y", "has a scheme or a port"),
        ("a.example/*", "has a path of other characters"),
        ("", "is blank"),
    ],
)
def test_what_is_no_declared_host_is_told_with_its_line(declared: str, fault: str) -> None:
    text = make_site_text().replace('hosts = ["map.example"]', f'hosts = ["{declared}"]')
    with pytest.raises(ConfigurationError) as raised:
        load_site(text, "site.toml")
    (line,) = raised.value.faults
    assert "hosts[0]" in line
    assert fault in line


def test_a_path_and_a_wildcard_are_read_from_a_site_file() -> None:
    text = make_site_text().replace('["map.example"]', '["map.example/embed", "*.tiles.example"]')
    site = load_site(text, "site.toml")
    assert site.trackers[0].hosts == ("map.example/embed", "*.tiles.example")


def test_each_category_has_its_hosts_once_and_the_necessary_ones_are_last() -> None:
    def pixel(category: str, *hosts: str) -> object:
        return make_tracker(category=category, kind=Kind.PIXEL, domain=None, hosts=hosts)

    notice = make_notice(
        make_site(
            trackers=(
                pixel("ads", "ads.example", "cdn.example/ads"),
                pixel("ads", "ads.example"),
                pixel("functional", "cdn.example"),
                pixel(NECESSARY, "pay.example"),
            )
        )
    )
    assert declared_hosts(notice.document) == {
        "functional": (DeclaredHost("cdn.example", ""),),
        "personalisation": (),
        "ads": (DeclaredHost("ads.example", ""), DeclaredHost("cdn.example", "/ads")),
        NECESSARY: (DeclaredHost("pay.example", ""),),
    }


def test_another_path_of_the_same_recipient_asks_nobody_again() -> None:
    narrow, wide = (
        make_notice(make_site(trackers=(make_tracker(kind=Kind.PIXEL, hosts=(host,)),)))
        for host in ("map.example/embed", "map.example")
    )
    assert narrow.hash != wide.hash
    assert scope_hash(narrow.document) == scope_hash(wide.document)


def test_a_path_hides_no_vendor_and_no_first_party() -> None:
    hidden = make_tracker(name="x", hosts=("*.doubleclick.net/x",))
    assert vendor_sign(hidden, "Somebody") == "host doubleclick.net"
    own = make_tracker(hosts=("programme.example/count",))
    notice = make_notice(make_site(trackers=(own,)))
    assert notice.document["trackers"][-1]["first_party"] is True
    embed = make_tracker(kind=Kind.EMBED, hosts=("www.example.org/maps",))
    names = make_notice(make_site(trackers=(embed,))).provider_hosts()
    assert list(names) == ["www.example.org"]
