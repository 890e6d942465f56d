"""Of a browser's report a name of a host or a kind of thing stays, and the directive."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.policy_reports import (
    MAX_REPORTS,
    REPORT_URI,
    REPORTING_API,
    count_reports,
)
from consent.errors import RuleError

ORIGIN = "https://programme.example"


def older(blocked: str, directive: str = "img-src", **changes: Any) -> bytes:
    report = {
        "document-uri": f"{ORIGIN}/visit?name=Alice",
        "referrer": "https://elsewhere.example/",
        "blocked-uri": blocked,
        "effective-directive": directive,
        "violated-directive": directive,
        "original-policy": "default-src 'self'",
        **changes,
    }
    return json.dumps({"csp-report": report}).encode()


def newer(*blocked: str, directive: str = "img-src", **changes: Any) -> bytes:
    return json.dumps(
        [
            {
                "type": "csp-violation",
                "age": 5,
                "url": f"{ORIGIN}/visit?name=Alice",
                "user_agent": "Mozilla/5.0",
                "body": {
                    "documentURL": f"{ORIGIN}/visit?name=Alice",
                    "blockedURL": url,
                    "effectiveDirective": directive,
                    "sample": "alert(1)",
                    **changes,
                },
            }
            for url in blocked
        ]
    ).encode()


@pytest.mark.legal("PB-08")
@pytest.mark.parametrize(
    ("blocked", "name"),
    [
        ("https://ads.example/pixel.gif?visitor=42", "ads.example"),
        ("https://ads.example:8443/x", "ads.example"),
        ("https://ADS.Example./x", "ads.example"),
        ("wss://chat.example", "chat.example"),
        ("https://alice@ads.example/x", "ads.example"),
        ("https://8.8.8.8/x", "(address)"),
        ("https://8.8.8.8./x", "(address)"),
        ("https://134744072/x", "(address)"),
        ("https://0x8080808/x", "(address)"),
        ("https://8.0x80808/x", "(address)"),
        ("https://0x8.010.8.8/x", "(address)"),
        ("https://8.8.8.8:8443/x", "(address)"),
        ("https://8%2e8.8.8/x", "(address)"),
        ("https://[2001:4860:4860::8888]/x", "(address)"),
        ("https://[::ffff:8.8.8.8]/x", "(address)"),
        ("http://192.168.1.20/x", "(address)"),
        ("http://127.0.0.1:3000/x", "(address)"),
        ("https://[fe80::1]/x", "(address)"),
        ("inline", "(inline)"),
        ("eval", "(eval)"),
        ("data", "(data)"),
        ("data:image/png;base64,AAAA", "(data)"),
        ("blob:https://programme.example/1", "(blob)"),
        ("about", "(about)"),
        ("chrome-extension", "(browser extension)"),
        ("moz-extension://1234/script.js", "(browser extension)"),
        ("safari-web-extension://1234/script.js", "(browser extension)"),
        ("https://alices-printer.local/x", "(private network)"),
        ("https://intranet/x", "(private network)"),
        ("http://localhost:3000/x", "(private network)"),
        ("https://[::/x", "(other)"),
        ("https://a_b.example/x", "(other)"),
        ("https:///x", "(private network)"),
        ("gopher://old.example/", "(other)"),
        ("", "(other)"),
    ],
)
def test_only_a_name_is_left_of_what_was_kept_out(blocked: str, name: str) -> None:
    expected = {("img-src", name): 1}
    assert count_reports(older(blocked), REPORT_URI, [ORIGIN]) == expected
    assert count_reports(newer(blocked), REPORTING_API, [ORIGIN]) == expected


def test_what_an_extension_put_into_the_page_is_not_the_sites() -> None:
    body = newer("https://ads.example/x", sourceFile="chrome-extension://1234/inject.js")
    assert count_reports(body, REPORTING_API, [ORIGIN]) == {("img-src", "(browser extension)"): 1}


def test_a_site_that_is_tried_out_at_home_sees_its_own_names() -> None:
    page = {"document-uri": "http://localhost:8000/"}
    body = older("http://tracker.localhost:8000/x", **page)
    counts = count_reports(body, REPORT_URI, ["http://localhost:8000"])
    assert counts == {("img-src", "tracker.localhost"): 1}


ports = st.sampled_from(["", ":8443"])


@pytest.mark.legal("PB-08")
@settings(deadline=None)
@given(st.ip_addresses(), ports, st.sampled_from([ORIGIN, "http://127.0.0.1:8000"]))
def test_no_address_of_a_machine_ever_stays(
    address: IPv4Address | IPv6Address, port: str, origin: str
) -> None:
    names = (
        (str(address), str(int(address)), hex(int(address)))
        if address.version == 4
        else (f"[{address}]",)
    )
    for name in names:
        body = older(f"https://{name}{port}/x", **{"document-uri": f"{origin}/"})
        assert count_reports(body, REPORT_URI, [origin]) == {("img-src", "(address)"): 1}


def test_reports_are_added_up_by_host_and_directive() -> None:
    urls = ["https://ads.example/1", "https://ads.example/2", "https://b.example/"]
    counts = count_reports(newer(*urls, directive="script-src-elem"), REPORTING_API, [ORIGIN])
    assert counts == {("script-src", "ads.example"): 2, ("script-src", "b.example"): 1}


def test_the_older_name_of_the_directive_is_understood() -> None:
    body = older("inline", "", **{"violated-directive": "script-src 'self' https:"})
    assert count_reports(body, REPORT_URI, [ORIGIN]) == {("script-src", "(inline)"): 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"document-uri": "https://other.example/"},
        {"document-uri": "http://programme.example/"},
        {"document-uri": "https://[::"},
        {"effective-directive": "made-up-src", "violated-directive": "made-up-src"},
    ],
)
def test_a_report_of_something_else_is_not_counted(changes: dict[str, str]) -> None:
    assert not count_reports(older("https://ads.example/", **changes), REPORT_URI, [ORIGIN])


def test_other_kinds_of_reports_are_not_counted() -> None:
    body = json.dumps([{"type": "deprecation", "body": {"id": "x"}}]).encode()
    assert not count_reports(body, REPORTING_API, [ORIGIN])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", REPORT_URI),
        (b"{", REPORT_URI),
        (b"\xff", REPORT_URI),
        (b"[" * 100_000, REPORTING_API),
        (b"[]", REPORT_URI),
        (b"{}", REPORT_URI),
        (b'{"csp-report": []}', REPORT_URI),
        (b"{}", REPORTING_API),
        (b"[1]", REPORTING_API),
        (b'[{"type": "csp-violation"}]', REPORTING_API),
        (newer(*["https://ads.example/"] * (MAX_REPORTS + 1)), REPORTING_API),
        (b'{"csp-report": {"document-uri": 7}}', REPORT_URI),
        (b'{"csp-report": {"effective-directive": ["img-src"]}}', REPORT_URI),
    ],
)
def test_what_is_no_report_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(RuleError):
        count_reports(body, kind, [ORIGIN])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["csp-report", "type", "body", "documentURL", "blocked-uri", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(json_values, st.sampled_from([REPORT_URI, REPORTING_API]))
def test_whatever_is_sent_is_counted_or_refused(value: Any, kind: str) -> None:
    try:
        counts = count_reports(json.dumps(value).encode(), kind, [ORIGIN])
    except RuleError:
        return
    assert all(count > 0 for count in counts.values())


@settings(deadline=None)
@given(st.text())
def test_no_path_or_query_ever_stays(path: str) -> None:
    body = newer(f"https://ads.example/{path}")
    assert set(count_reports(body, REPORTING_API, [ORIGIN])) == {("img-src", "ads.example")}
