"""Policies and notices stay readable at lasting addresses, in the bytes they are named by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from consent.core.model import Site
from consent.web.context import EXTENSION
from consent.web.markup import linked
from tests.make import make_site
from tests.service import Clock
from tests.web.visitor import POLICY, Visitor, publish_now, words

NOTICES = "/consent/sites/programme/notices"


def live(app: Flask) -> object:
    return app.extensions[EXTENSION].sites.get("programme")


def renamed(site: Site) -> Site:
    return replace(site, controller=replace(site.controller, email="cookies@university.example"))


@pytest.mark.legal("BF-11", "PB-03")
def test_the_policy_opens_without_a_choice_and_may_be_cached(alice: Visitor) -> None:
    response = alice.get(POLICY)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "public, max-age=300"
    again = alice.get(POLICY, If_None_Match=response.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.legal("SL-11", "SL-12", "SL-13")
def test_the_policy_says_all_that_the_archived_document_has(alice: Visitor) -> None:
    page = alice.read(POLICY)
    document = alice.get(f"{POLICY}?format=json").get_json()["languages"]["en"]
    read = words(page)
    assert page.h1
    assert words(page.h1) == document["title"]
    for section in document["sections"]:
        assert section["heading"] in read
        for text in section.get("list", []):
            assert words(BeautifulSoup(linked(text), "html.parser")) in read
        for row in section.get("table", {}).get("rows", []):
            assert all(cell in read for cell in row)
    for text in (
        "Article 6(1)(c) with Article 7(1)",
        "24 months",
        "United States: Standard contractual clauses (GDPR, Article 46)",
        "https://www.autoriteitpersoonsgegevens.nl",
        "dpo@university.example",
    ):
        assert text in read
    assert page.select_one('a[href="mailto:dpo@university.example"]')


@pytest.mark.legal("SL-14")
def test_an_archived_policy_stays_as_it_was_in_bytes_of_its_own_digest(
    alice: Visitor, clock: Clock, demo_site: Site
) -> None:
    version = live(alice.app).policy_version  # type: ignore[attr-defined]
    before = alice.get(f"{POLICY}/{version}?format=json")
    assert hashlib.sha256(before.data).hexdigest() == version
    clock.pass_days(10)
    publish_now(alice.app, renamed(demo_site), clock.now)
    after = alice.get(f"{POLICY}/{version}?format=json")
    assert after.data == before.data
    assert "immutable" in after.headers["Cache-Control"]
    archived, current = alice.read(f"{POLICY}/{version}"), alice.read(POLICY)
    assert "privacy@university.example" in words(archived)
    assert "A later version is in force now." in words(archived)
    assert "cookies@university.example" in words(current)
    assert "Published on 2 December 2026. This version is in force now." in words(current)
    earlier = current.select_one('section[aria-labelledby="versions"] a')
    assert earlier is not None
    assert words(earlier) == "Version of 22 November 2026"
    assert str(earlier["href"]).startswith(f"{POLICY}/{version}")


def test_versions_that_never_were_are_not_found(alice: Visitor) -> None:
    assert alice.get(f"{POLICY}/{'0' * 64}").status_code == 404
    assert alice.get(f"{POLICY}?format=pdf").status_code == 400


def test_one_sites_documents_are_not_found_under_another(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    alice = Visitor(serve(demo_site, make_site(id="library")))
    sites = alice.app.extensions[EXTENSION].sites
    other = sites.get("library")
    assert alice.get(f"{NOTICES}/{other.notice.hash}").status_code == 404
    assert alice.get(f"{POLICY}/{other.policy_version}").status_code == 404
    assert alice.get(f"/consent/sites/library/notices/{other.notice.hash}").status_code == 200


@pytest.mark.legal("BF-18", "RP-02")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_what_was_shown_can_be_read_word_for_word(alice: Visitor, language: str) -> None:
    notice = live(alice.app).notice  # type: ignore[attr-defined]
    page = alice.read(f"{NOTICES}/{notice.hash}?lang={language}")
    assert page.html
    assert page.html["lang"] == language
    read, texts = words(page), notice.texts(language)
    for key in ("banner.title", "banner.withdraw", "dialog.title", "dialog.intro"):
        assert texts[key] in read
    assert texts["banner.intro"].replace("{controller}", "Leiden University") in read
    for digest in (notice.hash, notice.scope, *notice.digests.values()):
        assert digest in read
    for tracker in notice.document["trackers"]:
        assert tracker["name"] in read
        assert tracker["purpose"][language] in read
    shown = page.select(".facsimile")
    assert [len(one.select(".buttons li")) for one in shown] == [3, 3]
    assert not page.select("form, button")


@pytest.mark.legal("RP-02")
def test_a_notice_is_given_in_the_bytes_it_is_named_by(
    alice: Visitor, clock: Clock, demo_site: Site
) -> None:
    notice = live(alice.app).notice  # type: ignore[attr-defined]
    address = f"{NOTICES}/{notice.hash}"
    assert "This notice is in force now." in words(alice.read(address))
    publish_now(alice.app, renamed(demo_site), clock.now)
    response = alice.get(f"{address}?format=json")
    assert hashlib.sha256(response.data).hexdigest() == notice.hash
    assert "immutable" in response.headers["Cache-Control"]
    assert "A later notice is in force now." in words(alice.read(address))
    assert alice.get(f"{NOTICES}/{'0' * 64}").status_code == 404


def test_addresses_in_texts_become_links_and_markup_stays_text() -> None:
    text = "See https://a.example/b?c=1&d=2, or <b>mail</b> x.y@a.example."
    assert str(linked(text)) == (
        'See <a href="https://a.example/b?c=1&amp;d=2">https://a.example/b?c=1&amp;d=2</a>, '
        "or &lt;b&gt;mail&lt;/b&gt; "
        '<a href="mailto:x.y@a.example">x.y@a.example</a>.'
    )
