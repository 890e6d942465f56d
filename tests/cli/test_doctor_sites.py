"""`consent doctor` finds what follows from how a site is deployed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from consent.core.deployment import Deployment
from consent.services.clock import now_ms
from consent.store.database import write_transaction
from consent.store.publications import insert_publication
from tests.cli.findings import levels, sentence
from tests.cli.installations import Home
from tests.cli.proxies import publish_in, site_at
from tests.service import engine_session

HTTPS = "https://programme.example"


def publish_deployment(home: Home, **changes: Any) -> None:
    """Bring a deployment into force as it may stand in a database, past the gate."""
    app = publish_in(home, site_at(HTTPS))
    values: dict[str, Any] = {
        "origins": (HTTPS,),
        "service_url": f"{HTTPS}/consent",
        "cookie_domain": None,
        "log_id": "leiden-university/1",
        "page_groups": (),
        "record_refusals": "event",
    }
    with engine_session(app) as session:
        row = session.execute(text("SELECT * FROM publication")).mappings().one()
        with write_transaction(session):
            insert_publication(
                session,
                site="programme",
                notice_hash=row["notice_hash"],
                scope_hash=row["scope_hash"],
                policy_version=row["policy_version"],
                deployment=Deployment(**(values | changes)),
                now=now_ms(),
            )


def site_findings(home: Home, **environ: str) -> list[dict[str, str]]:
    """Look at the sites and not at what runs: nothing listens at this address."""
    return home.findings("--url", "http://127.0.0.1:1", **environ)


def test_a_site_on_https_behind_a_trusted_proxy_is_fine(home: Home) -> None:
    publish_in(home, site_at(HTTPS))
    findings = site_findings(home, CONSENT_TRUSTED_PROXIES="127.0.0.1", CONSENT_MOUNT="/consent")
    sites = [one for one in findings if one["group"] == "sites"]
    assert {one["level"] for one in sites} == {"ok"}
    assert "the choice cookie is __Host-consent" in sentence(findings, "sites", "cookies", "ok")


def test_a_site_on_localhost_is_for_development(home: Home) -> None:
    publish_in(home, site_at("http://localhost:8000"))
    findings = site_findings(home)
    assert "development" in sentence(findings, "sites", "https", "warning")
    assert "no __Host- prefix" in sentence(findings, "sites", "cookies", "warning")


def test_plain_http_outside_this_machine_is_a_problem(home: Home) -> None:
    plain = "http://programme.example"
    publish_deployment(home, origins=(plain,), service_url=f"{plain}/consent")
    assert "others can read" in sentence(site_findings(home), "sites", "https", "problem")


def test_another_domain_is_a_warning(home: Home) -> None:
    publish_in(home, site_at(HTTPS, service_url="https://consent.other.example"))
    assert "seven days" in sentence(site_findings(home), "sites", "shape", "warning")


def test_a_second_host_in_one_site_is_a_warning(home: Home) -> None:
    publish_deployment(home, origins=(HTTPS, "https://second.example"))
    assert "https://second.example" in sentence(site_findings(home), "sites", "shape", "warning")


def test_hosts_that_share_a_choice_are_named(home: Home) -> None:
    top = 'cookie_domain = "programme.example"\nshared_hosts = ["programme.example"]'
    publish_in(home, site_at(HTTPS, top=top))
    findings = site_findings(home)
    assert levels(findings, "sites", "shape") == ["ok"]
    assert "programme.example" in sentence(findings, "sites", "shared hosts", "ok")
    assert "__Secure-consent" in sentence(findings, "sites", "cookies", "ok")


def test_a_host_that_the_notice_does_not_name_is_a_problem(home: Home) -> None:
    publish_deployment(home, cookie_domain="programme.example")
    found = sentence(site_findings(home), "sites", "shared hosts", "problem")
    assert "does not name programme.example" in found


def test_two_mounts_that_differ_are_a_warning(home: Home) -> None:
    publish_in(home, site_at(HTTPS))
    findings = site_findings(home, CONSENT_MOUNT="/cookies")
    assert "mounted at /cookies" in sentence(findings, "sites", "mount", "warning")


def test_a_proxy_that_is_not_trusted_is_a_warning(home: Home) -> None:
    publish_in(home, site_at(HTTPS))
    found = sentence(site_findings(home), "sites", "proxy", "warning")
    assert "all visitors together may send 60 choices" in found


def test_a_console_on_a_websites_host_is_a_problem(home: Home) -> None:
    publish_in(home, site_at(HTTPS))
    own = site_findings(home, CONSENT_CONSOLE_ORIGIN="https://console.example")
    assert "on a host of its own, console.example" in sentence(own, "sites", "console", "ok")
    taken = site_findings(home, CONSENT_CONSOLE_ORIGIN=f"{HTTPS}:8443")
    assert "answers 404" in sentence(taken, "sites", "console", "problem")
    without = site_findings(home)
    assert [one for one in without if one["check"] == "console"] == []
