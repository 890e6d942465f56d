"""A site's own application sends the right policy, with or without the keys."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.audit.signed import Keyring
from consent.audit.tokens import sign_answer
from consent.content_security import policy_headers
from consent.core.answer import Answer
from consent.core.content_policy import content_policy
from consent.core.content_policy_document import content_policy_document
from consent.core.deployment import deployment_of
from consent.core.state import Scope
from consent.core.times import parse_rfc3339
from consent.errors import RuleError
from tests.make import make_notice, make_site, make_site_text

NOW = parse_rfc3339("2026-11-22T12:00:00Z")
KEYRING = Keyring([b"k" * 32])
OTHER_KEYRING = Keyring([b"o" * 32])
EARLIER = "0123456789abcdef"
NONCE = "R4nd0mEnoughForATest"
HOST_OF = {"functional": "map.example", "ads": "ads.example"}


def document() -> dict[str, Any]:
    text = make_site_text(extra="\n[content_policy]\nscript = [\"'self'\", \"'nonce'\"]\n")
    site = make_site(text=text)
    notice, deployment = make_notice(site), deployment_of(site)
    scope = Scope(notice.scope, notice.categories, {EARLIER: ["ads"]})
    written = content_policy_document(
        content_policy(notice.document, deployment), scope, deployment, site.id
    )
    as_read: dict[str, Any] = json.loads(json.dumps(written, sort_keys=True))
    return as_read


DOCUMENT = document()


def cookie(
    *allowed: str,
    scope: str = DOCUMENT["scope"],
    chosen: str = "20261101",
    ends: str = "20270501",
    keyring: Keyring = KEYRING,
) -> str:
    choices = {name: name in allowed for name in DOCUMENT["categories"]}
    value = sign_answer(keyring, "programme", Answer(scope, choices, chosen, ends))
    return f"__Host-consent={value}"


def hosts(header: str | None, **options: Any) -> set[str]:
    """Return the categories whose host the policy lists."""
    found = policy_headers(DOCUMENT, header, now_ms=NOW, **options)
    assert found["Vary"] == "Cookie"
    policy = found["Content-Security-Policy"]
    return {name for name, host in HOST_OF.items() if host in policy}


@pytest.mark.legal("PB-02", "PB-10")
@pytest.mark.parametrize("keyring", [None, KEYRING])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, set()),
        ("", set()),
        ("theme=dark; session=1", set()),
        (cookie(), set()),
        (cookie("ads"), {"ads"}),
        (f"theme=dark; {cookie('functional', 'ads')}; x=1", {"functional", "ads"}),
        (cookie("functional", "ads", scope=EARLIER), {"functional"}),
        (cookie("ads", scope="f" * 16), set()),
        (cookie("ads", ends="20261121"), set()),
        (cookie("ads", chosen="20261123"), set()),
        (cookie("ads").replace("__Host-", ""), set()),
        (cookie("ads")[:-60], set()),
        ("__Host-consent=", set()),
        ("__Host-consent=1.x.y.z", set()),
        (f"{cookie('ads', chosen='20261101')}; {cookie(chosen='20261102')}", set()),
        (f"{cookie('ads')}; {cookie('functional')}", set()),
        (f"{cookie('ads', chosen='20261102')}; {cookie(chosen='20261101')}", {"ads"}),
    ],
)
def test_the_policy_follows_the_newest_answer_that_counts(
    header: str | None, expected: set[str], keyring: Keyring | None
) -> None:
    assert hosts(header, keyring=keyring) == expected


def test_with_keys_only_what_we_signed_counts() -> None:
    forged = cookie("ads", keyring=OTHER_KEYRING)
    assert hosts(forged) == {"ads"}
    assert hosts(forged, keyring=KEYRING) == set()


@settings(deadline=None)
@given(st.text(), st.text())
def test_nothing_a_browser_sends_opens_a_policy_or_breaks_it(value: str, rest: str) -> None:
    assert hosts(f"__Host-consent={value}; {rest}") == set()


def test_a_nonce_is_used_as_given_or_the_policy_has_none() -> None:
    with_one = policy_headers(DOCUMENT, None, nonce=NONCE, now_ms=NOW)
    assert f"script-src 'nonce-{NONCE}' 'self'" in with_one["Content-Security-Policy"]
    without = policy_headers(DOCUMENT, None, now_ms=NOW)["Content-Security-Policy"]
    assert "script-src 'self';" in without
    assert "nonce" not in without
    with pytest.raises(RuleError):
        policy_headers(DOCUMENT, None, nonce="'; script-src *", now_ms=NOW)


def test_report_only_is_another_header_with_the_address_of_reports() -> None:
    found = policy_headers(DOCUMENT, None, report_only=True, now_ms=NOW)
    assert set(found) == {"Content-Security-Policy-Report-Only", "Reporting-Endpoints", "Vary"}
    assert "report-to consent-policy" in found["Content-Security-Policy-Report-Only"]


def test_the_sites_application_needs_neither_framework_nor_database() -> None:
    program = (
        "import sys; from consent.content_security import policy_headers;"
        "assert not {'flask', 'sqlalchemy', 'marshmallow', 'cryptography'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
