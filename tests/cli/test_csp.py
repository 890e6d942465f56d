"""`consent csp` prints what a web server sends, and tells declared hosts from undeclared ones."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from consent.core.times import day_of
from consent.services.clock import now_ms
from consent.store.database import write_transaction
from consent.store.policy_reports import Blocked, add_counts
from tests.cli.findings import sentence
from tests.cli.installations import Home
from tests.cli.proxies import publish_in, site_at
from tests.cli.test_doctor_sites import site_findings
from tests.service import engine_session

ORIGIN = "https://programme.example"
OWN = '\n[content_policy]\nscript = ["\'self\'", "\'nonce\'", "https://cdn.example"]\n'
POLICIES = {
    "nginx": r'^    "~(.*)" "(.*)";$',
    "apache": r'^SetEnvIf Cookie "(.*)" "[^=]*=(.*)"$',
    "caddy": r"^\t`~(.*)` `(.*)`$",
}


def report(home: Home, *names: str) -> None:
    """Have browsers reported hosts, once each, on a site that is published."""
    app = publish_in(home, site_at(ORIGIN, extra=OWN))
    with engine_session(app) as session, write_transaction(session):
        counts = {Blocked("script-src", name): 1 for name in names}
        add_counts(session, "programme", day_of(now_ms()), counts)


def printed(home: Home, *options: str) -> str:
    publish_in(home, site_at(ORIGIN, extra=OWN))
    result = home.run("csp", "programme", *options)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_without_a_form_it_is_a_list_to_read(home: Home) -> None:
    lines = printed(home).splitlines()
    assert len(lines) == 2 * 8
    assert lines[0] == "functional-0_personalisation-0_ads-0"
    assert "ads.example" not in lines[1]
    assert "nonce" not in lines[1]
    assert lines[-2] == "functional-1_personalisation-1_ads-1"
    assert "ads.example" in lines[-1]
    assert "map.example" in lines[-1]


def test_as_a_document_it_is_what_programs_read(home: Home) -> None:
    document = json.loads(printed(home, "--json"))
    assert document["site"] == "programme"
    assert len(document["enforce"]) == 8


@pytest.mark.parametrize(("server", "policy_at"), POLICIES.items())
def test_each_servers_patterns_meet_their_own_choice_only(
    home: Home, server: str, policy_at: str
) -> None:
    text = printed(home, f"--{server}")
    document = json.loads(printed(home, "--json"))
    pairs = re.findall(policy_at, text, re.MULTILINE)
    assert len(pairs) == 7 + 1  # the other one is for two cookies of the name
    choices = list(document["enforce"])
    for choice in choices:
        value = f"1.0a1b2c3d.{document['scope']}.{choice}.20261122.20270521.sig-N_x"
        for header in (f"__Host-consent={value}", f"a=b; __Host-consent={value}; c=d"):
            met = [policy for pattern, policy in pairs if re.search(pattern, header)]
            expected = document["enforce"][choice].replace(" 'nonce-{nonce}'", "")
            assert met == ([] if choice == choices[0] else [expected])
        for other in (
            f"x__Host-consent={value}",
            f"__Host-consent={value.replace(document['scope'], '0' * 16)}",
        ):
            assert not any(re.search(pattern, other) for pattern, _ in pairs)


@pytest.mark.legal("PB-02", "PB-06")
@pytest.mark.parametrize("server", ["nginx", "apache", "caddy"])
def test_two_cookies_of_the_name_count_as_a_refusal(home: Home, server: str) -> None:
    """Their order says nothing of which is newer, so that a refusal may be one of them."""
    text = printed(home, f"--{server}")
    document = json.loads(printed(home, "--json"))
    pairs = re.findall(POLICIES[server], text, re.MULTILINE)
    refused = next(iter(document["enforce"].values())).replace(" 'nonce-{nonce}'", "")
    for one, other in itertools.product(document["enforce"], repeat=2):
        cookies = [
            f"__Host-consent=1.0a1b2c3d.{document['scope']}.{choice}.20261122.20270521.sig-N_x"
            for choice in (one, other)
        ]
        for between in ("; ", ";", "; a=b; "):
            met = [policy for pattern, policy in pairs if re.search(pattern, between.join(cookies))]
            # The first counts in nginx and Caddy, the last in Apache.
            assert met[-1 if server == "apache" else 0] == refused


def test_a_servers_own_nonce_is_put_in_its_place(home: Home) -> None:
    text = printed(home, "--nginx", "--nonce", "$request_id", "--report-only")
    assert "'nonce-$request_id'" in text
    assert "# add_header Content-Security-Policy-Report-Only $consent_csp_programme always;" in text
    assert "report-uri https://programme.example/consent/api/v1/sites/programme/" in text


def test_reports_are_told_apart(home: Home) -> None:
    report(home, "ads.example", "cdn.example", "stranger.example", "(inline)")
    result = home.run("csp", "programme", "--reports")
    lines = [line.split(maxsplit=4) for line in result.stdout.splitlines()]
    told = {name: meaning for _, _, _, name, meaning in lines}
    assert told["ads.example"] == "declared, refused: held as it should"
    assert told["stranger.example"] == "undeclared: declare or remove"
    assert told["cdn.example"].startswith("your own, but not for this directive")
    assert told["(inline)"] == "no host"


def test_no_reports_is_said_too(home: Home) -> None:
    assert printed(home, "--reports") == "Nothing was reported in the last 90 days.\n"


def test_an_unknown_site_is_an_error_that_names_the_known(home: Home) -> None:
    publish_in(home, site_at(ORIGIN))
    result = home.run("csp", "shop")
    assert result.exit_code == 1
    assert "there is no site 'shop'; published are: programme" in result.output


def test_the_doctor_tells_of_undeclared_hosts(home: Home) -> None:
    report(home, "ads.example", "(inline)")
    found = sentence(site_findings(home), "sites", "content policy", "ok")
    assert "no undeclared host" in found
    report(home, *(f"h{number}.example" for number in range(7)))
    found = sentence(site_findings(home), "sites", "content policy", "warning")
    assert "h0.example, h1.example, h2.example, h3.example, h4.example and 2 more" in found
    assert "consent csp programme --reports" in found
