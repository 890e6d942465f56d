"""Every language of the catalogue is served: script, pages, policy, and in its own direction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from consent.core.catalogue import LANGUAGES, load_language
from consent.core.formats import duration
from consent.core.policy import policy_document
from consent.core.script_line import PLACES, PREFIX, SUFFIX, TEXTS
from consent.core.texts import render
from consent.export.pages import notice_page, policy_page
from consent.web.wording import Words, plain_words
from tests.make import make_notice, make_site_in
from tests.service import Clock
from tests.web.visitor import ORIGIN, POLICY, PREFERENCES, Visitor, publish_now, soup, words

SITE = "/consent/sites/programme"


@pytest.fixture
def alice(serve: Callable[..., Flask]) -> Visitor:
    site = replace(make_site_in(*LANGUAGES), origins=(ORIGIN,), service_url=f"{ORIGIN}/consent")
    return Visitor(serve(site))


def root(page: BeautifulSoup) -> dict[str, str]:
    assert page.html
    return {name: str(page.html[name]) for name in ("lang", "dir")}


def assert_is_in(page: BeautifulSoup, language: str, heading: str) -> None:
    """Check language, direction and heading, that all is filled in, and the way to the others."""
    spoken = load_language(language)
    assert root(page) == {"lang": language, "dir": spoken.direction}
    expected = " ".join(spoken.texts[heading].split()).replace("{site}", "Biomedical Sciences")
    assert words(page.select_one("h1")) == expected  # type: ignore[arg-type]
    assert "{" not in words(page)
    names = [words(link) for link in page.select("nav.languages a")]
    assert names == [load_language(tag).name for tag in LANGUAGES]


@pytest.mark.legal("BF-18", "AC-11")
@pytest.mark.parametrize(
    ("path", "heading"),
    [
        (PREFERENCES, "page.title"),
        (POLICY, "policy.title"),
        (f"{SITE}/access", "access.title"),
        (f"{SITE}/verify", "verify.title"),
    ],
)
def test_every_page_is_there_in_every_language(alice: Visitor, path: str, heading: str) -> None:
    for language in LANGUAGES:
        assert_is_in(alice.read(f"{path}?lang={language}"), language, heading)


@pytest.mark.legal("BF-18", "AC-11")
def test_the_script_is_there_in_every_language(alice: Visitor) -> None:
    for language in LANGUAGES:
        response = alice.get(f"{SITE}/banner.js?lang={language}")
        assert response.headers["Content-Language"] == language
        line = response.text.splitlines()[0] + "\n"
        packed = json.loads(line.removeprefix(PREFIX).removesuffix(SUFFIX))
        config = dict(zip(PLACES, packed, strict=True))
        spoken = load_language(language)
        assert (config["language"], config["direction"]) == (language, spoken.direction)
        texts = dict(zip(TEXTS, config["texts"], strict=True))
        assert texts["button.refuse_all"] == spoken.texts["button.refuse_all"]
        assert config["languages"] == [], "the page has pinned one"


@pytest.mark.legal("BF-18")
def test_a_choice_made_in_any_language_is_answered_in_it(alice: Visitor) -> None:
    for language in LANGUAGES:
        visitor = Visitor(alice.app)
        form = visitor.read(f"{PREFERENCES}?lang={language}")
        answer = visitor.press("refuse_all", page=form)
        assert answer.status_code == 303, answer.text
        page = visitor.read(answer.headers["Location"].removeprefix(ORIGIN))
        assert root(page)["lang"] == language
        assert "{" not in words(page)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hans-CN", "zh"),
        ("zh-TW", "zh"),
        ("pt-BR, pt;q=0.9", "pt"),
        ("de-AT", "de"),
        ("ar-EG, en;q=0.4", "ar"),
        ("nb, nn;q=0.9", "en"),
        ("gsw, fr;q=0.5, de;q=0.8", "de"),
        ("*", "en"),
    ],
)
def test_the_browsers_languages_are_looked_up(alice: Visitor, accepted: str, language: str) -> None:
    assert root(alice.read(PREFERENCES, Accept_Language=accepted))["lang"] == language
    response = alice.get(f"{SITE}/banner.js", Accept_Language=accepted)
    assert response.headers["Content-Language"] == language


@pytest.mark.parametrize("path", ["/consent/sites/nobody/preferences", "/consent/nothing"])
def test_errors_are_told_in_the_readers_language(alice: Visitor, path: str) -> None:
    response = alice.get(path, Accept_Language="ar")
    assert response.status_code == 404
    assert root(soup(response)) == {"lang": "ar", "dir": "rtl"}
    assert load_language("ar").texts["error.404.title"] in response.text


@pytest.mark.legal("RP-02")
def test_a_policy_stays_readable_in_a_language_the_site_has_given_up(
    alice: Visitor, clock: Clock
) -> None:
    before = alice.read(f"{POLICY}?lang=de").select_one("dd.digest")
    assert before
    publish_now(
        alice.app,
        replace(make_site_in("en", "ar"), origins=(ORIGIN,), service_url=f"{ORIGIN}/consent"),
        now=clock.now + 1000,
    )
    page = alice.read(f"{POLICY}/{words(before)}?lang=de")
    assert root(page) == {"lang": "de", "dir": "ltr"}
    heading = page.select_one("h2#version")
    assert heading
    assert words(heading) == load_language("de").texts["page.archive.heading"]


def test_an_old_notice_has_its_days_as_a_bare_number() -> None:
    old = Words("nl", {"notice.consent_days": "Toestemming: {days} dagen"})
    assert old.lasting("notice.consent_days", 180) == "Toestemming: 180 dagen"
    new = plain_words("nl")
    assert new.lasting("notice.consent_days", 1) == "Toestemming: 1 dag"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_pages_of_an_evidence_pack_have_their_direction(language: str) -> None:
    site = make_site_in("en", language) if language != "en" else make_site_in("en")
    notice = make_notice(site)
    spoken = load_language(language)
    page = BeautifulSoup(notice_page(notice, language), "html.parser")
    assert root(page) == {"lang": language, "dir": spoken.direction}
    texts = [item.text for item in page.select("li")]
    amount = duration(language, 180, "days")
    assert render(spoken.texts["notice.refusal_days"], duration=amount) in texts
    policy = policy_document(site, notice.document)
    page = BeautifulSoup(policy_page(policy, "0" * 64, language), "html.parser")
    assert root(page) == {"lang": language, "dir": spoken.direction}


@pytest.mark.parametrize(("tags", "is_folded"), [(LANGUAGES[:6], False), (LANGUAGES[:7], True)])
def test_many_languages_are_folded_away_under_the_current_one(
    serve: Callable[..., Flask], tags: tuple[str, ...], *, is_folded: bool
) -> None:
    site = replace(make_site_in(*tags), origins=(ORIGIN,), service_url=f"{ORIGIN}/consent")
    page = Visitor(serve(site)).read(f"{PREFERENCES}?lang=ar")
    assert len(page.select("nav.languages a")) == len(tags)
    summaries = [words(one) for one in page.select("nav.languages summary bdi")]
    assert summaries == (["العربية"] if is_folded else [])
