"""The settings in words: what is set, where and why; and the documents made from them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import select

from consent.core.model import Blocking, ErasureMode, GoogleMode, Lifetimes, Signals, Site
from consent.core.notice import Notice, notice_document
from consent.core.roles import Role
from consent.store.database import db
from consent.store.tables import OfficerActionRow
from tests.service import Clock
from tests.web.console.people import CONSOLE, Console

SETTINGS = "/console/sites/programme/settings"


def setting(page: BeautifulSoup, key: str) -> str:
    found = page.find(id=key)
    assert isinstance(found, Tag), key
    return " ".join(found.get_text(" ").split())


def differing(page: BeautifulSoup) -> list[str]:
    """Return the keys of what is told to differ from the recommendation."""
    return [str(one["id"]) for one in page.select(".setting") if one.select_one(".differs")]


def served(serve: Callable[..., Flask], clock: Clock, site: Site, **settings: str) -> BeautifulSoup:
    app = serve(site, CONSENT_CONSOLE_ORIGIN=CONSOLE, **settings)
    return Console(app, clock).auditor.page(SETTINGS)


def test_each_setting_says_what_it_is_where_it_stands_and_why(console: Console) -> None:
    page = console.auditor.page(SETTINGS)
    rows = page.select(".setting")
    assert len(rows) >= 35
    for row in rows:
        assert all(row.select_one(part) for part in ("dt", ".value", ".why", ".source")), row
    proof = setting(page, "proof")
    assert "While the consent is relied on, then 24 months." in proof
    assert "In the website’s file: lifetimes.proof_months . The same where" in proof
    assert "Articles 5(1)(e) and 17(3)(b) and (e) GDPR" in proof
    assert "The service itself, all the time." in setting(page, "sealing")
    assert "In the service’s environment: CONSENT_SEALING" in setting(page, "sealing")
    assert "Where nothing is set: None" in setting(page, "console")
    assert "Always so" in setting(page, "never")
    ids = [str(one["id"]) for one in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_what_differs_from_the_recommendation_is_told_and_nothing_else(console: Console) -> None:
    page = console.auditor.page(SETTINGS)
    assert differing(page) == ["refusals"]
    assert "1 setting differs from the recommended set-up" in page.get_text()
    link = page.select_one('a[href="#refusals"]')
    assert link is not None


def test_a_site_set_otherwise_in_many_ways_is_told_so(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    site = replace(
        demo_site,
        record_refusals="count",
        lifetimes=Lifetimes(365, 365, 36),
        proof_reason="A court case.",
        erasure=ErasureMode.UNLINK,
        erasure_reason={"en": "Claims can be made.", "nl": "Er kan worden geklaagd."},
        signals=Signals(google=GoogleMode.ADVANCED),
        blocking=Blocking(automatic=True, holds_undeclared=True),
        page_groups=(),
        backup_days=None,
    )
    page = served(serve, clock, site, CONSENT_REPORT_MINIMUM="1", CONSENT_WRITES_PER_MINUTE="0")
    assert differing(page) == ["proof", "consent_days", "google"]
    assert "Claims can be made." in setting(page, "erasure")
    assert "The reason stands in the cookie policy." in setting(page, "proof")
    assert "Only the number per day is kept." in setting(page, "refusals")
    assert "Not said" in setting(page, "backups")
    assert "None is recorded." in setting(page, "groups")
    assert "are held back." in setting(page, "blocker")
    assert "Every count is told." in setting(page, "minimum")
    assert "None." in setting(page, "writes")


@pytest.mark.legal("CT-02")
def test_a_service_beside_the_sites_own_host_differs(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    site = replace(demo_site, service_url="https://cookies.elsewhere.example")
    page = served(serve, clock, site)
    assert "place" in differing(page)
    assert "on the website’s own host, under a path" in setting(page, "place")


def test_the_page_tells_no_secret_and_no_path(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock, tmp_path: Any
) -> None:
    secrets = {
        "CONSENT_OIDC_ISSUER": "https://idp.university.example/realm/staff",
        "CONSENT_OIDC_CLIENT_ID": "the-client-id",
        "CONSENT_OIDC_CLIENT_SECRET": "the-client-secret",
        "CONSENT_METRICS_TOKEN": "the-token-of-the-metrics",
    }
    app = serve(demo_site, CONSENT_CONSOLE_ORIGIN=CONSOLE, **secrets)
    text = str(Console(app, clock).auditor.page(SETTINGS))
    assert "idp.university.example" in text
    assert "Given at /metrics" in text
    hidden = [
        "the-client-id",
        "the-client-secret",
        "the-token-of-the-metrics",
        "realm/staff",
        str(tmp_path),
        "sqlite://",
    ]
    hidden += [
        line for path in (tmp_path / "keys").iterdir() for line in path.read_text().splitlines()
    ]
    for one in hidden:
        assert one not in text, one


def test_keys_are_told_by_fingerprint_and_day(console: Console) -> None:
    page = console.auditor.page(SETTINGS)
    rows = [row.get_text(" ", strip=True) for row in page.select("table tbody tr")]
    assert [row.split(" ")[0] for row in rows[-2:]] == ["receipts", "cookies"]
    receipt, signing = rows[-2:]
    assert "22 November 2026" in receipt or "23 November 2026" in receipt
    assert "not recorded" in signing
    assert all("signs" in row for row in rows)


def test_people_are_counted_by_role_and_not_named(console: Console) -> None:
    console.person("Olga", {"programme": (Role.OFFICER,)})
    console.person("Elsewhere", {"other": (Role.OFFICER,)})
    page = console.auditor.page(SETTINGS)
    told = setting(page, "people")
    assert "2 people" in told
    assert "officer: 1" in told
    assert "Olga" not in page.main.get_text()  # type: ignore[union-attr]


def test_in_dutch_all_of_it_is_dutch(console: Console) -> None:
    nelly = console.person("Nelly", {"programme": (Role.OFFICER,)}, language="nl")
    page = nelly.page(SETTINGS)
    assert page.h1 is not None
    assert page.h1.get_text() == "Instellingen"
    assert "Zolang de toestemming geldt, dan nog 24 maanden." in setting(page, "proof")
    assert "Engels" in setting(page, "languages")


@pytest.mark.legal("RP-18", "SL-12")
@pytest.mark.parametrize("document", ["record", "privacy", "assessment"])
def test_a_document_is_a_page_in_both_languages_with_its_files(
    console: Console, demo_site: Site, document: str
) -> None:
    olga = console.officer
    page = olga.page(f"{SETTINGS}/{document}?language=nl")
    article = page.article
    assert article is not None
    assert article["lang"] == "nl"
    assert Notice(notice_document(demo_site)).hash in article.get_text()
    assert page.find("mark") is not None
    links = [str(one["href"]) for one in page.select(".downloads a")]
    assert len(links) == 3
    for link in links:
        response = olga.get(link)
        assert response.status_code == 200, link
        assert "attachment" in response.headers["Content-Disposition"]
        assert "-programme-2026112" in response.headers["Content-Disposition"]
    english = olga.get(f"{SETTINGS}/{document}/en.json").get_json(force=True)
    assert english["notice_hash"] == Notice(notice_document(demo_site)).hash
    assert english["blanks"] > 0


def test_a_document_there_is_not_is_not_found(console: Console) -> None:
    olga = console.officer
    for path in ("nothing", "record/xx.md", "record/en.exe"):
        assert olga.get(f"{SETTINGS}/{path}").status_code == 404


def test_looks_at_settings_and_documents_are_recorded(console: Console) -> None:
    olga = console.officer
    olga.page(SETTINGS)
    olga.page(f"{SETTINGS}/privacy")
    olga.get(f"{SETTINGS}/privacy/nl.md")
    with console.app.app_context():
        rows = db.session.execute(select(OfficerActionRow.action, OfficerActionRow.detail)).all()
        db.session.remove()
    looks = [(action, json.loads(detail)) for action, detail in rows]
    told = {action: detail for action, detail in looks if action.startswith("settings:")}
    assert told.keys() == {"settings:show", "settings:document", "settings:document_file"}
    assert told["settings:document"]["document"] == "privacy"
    file = told["settings:document_file"]
    assert (file["document"], file["language"], file["format"]) == ("privacy", "nl", "md")
