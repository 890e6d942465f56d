"""Before publishing, what changes is told in lines, and whom it asks again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.core.difference import describe_difference
from consent.core.notice import notice_document
from tests.make import make_site, make_site_text, make_tracker

SITE = make_site()
DOCUMENT = notice_document(SITE)


def test_the_first_publication_asks_everybody() -> None:
    difference = describe_difference(None, DOCUMENT)
    assert difference.lines == ("+ first publication of this site",)
    assert difference.asks_again == ["functional", "personalisation", "ads"]
    assert difference.material


def test_no_change_is_no_difference() -> None:
    difference = describe_difference(DOCUMENT, notice_document(make_site()))
    assert difference.lines == ()
    assert difference.asks_again == []
    assert not difference.material


@pytest.mark.legal("RE-05")
def test_other_words_are_told_and_ask_nobody() -> None:
    site = replace(
        SITE,
        texts={"en": {"banner.title": "Your cookies"}},
        theme=replace(SITE.theme, radius=0),
        lifetimes=replace(SITE.lifetimes, proof_months=12),
        privacy_url={"en": "/en/privacy", "nl": "/privacy"},
    )
    difference = describe_difference(DOCUMENT, notice_document(site))
    assert difference.lines == (
        "~ lifetimes.proof_months: 24 → 12",
        '~ privacy_url.en: "/privacy" → "/en/privacy"',
        '~ texts.en.banner.title: "Cookies: your choice" → "Your cookies"',
        "~ theme.radius: 8 → 0",
    )
    assert difference.asks_again == []
    assert not difference.material


@pytest.mark.legal("RE-06")
def test_a_new_country_of_a_recipient_asks_about_its_category() -> None:
    providers = (SITE.providers[0], replace(SITE.providers[1], country="DE", transfer_basis=None))
    difference = describe_difference(DOCUMENT, notice_document(replace(SITE, providers=providers)))
    assert difference.lines == (
        '~ provider study-ads.country: "US" → "DE"',
        '~ provider study-ads.country_name.en: "United States" → "Germany"',
        '~ provider study-ads.country_name.nl: "Verenigde Staten" → "Duitsland"',
        '- provider study-ads.transfer_basis: "standard_clauses"',
    )
    assert difference.asks_again == ["ads"]
    assert difference.material


def test_trackers_are_told_one_by_one() -> None:
    others = SITE.trackers[1:]
    changed = [
        replace(one, http_only=True) if one.name == "_study_ads_*" else one for one in others
    ]
    new = make_tracker(name="new", domain="ads.example", path="/x", hosts=("a.example",))
    before = notice_document(SITE)
    after = notice_document(replace(SITE, trackers=(*changed, new)))
    assert describe_difference(before, after).lines == (
        "- tracker embed Campus map",
        "~ tracker cookie _study_ads_*.http_only: no → yes",
        "+ tracker cookie new ads.example /x",
    )


def test_another_order_is_told() -> None:
    site = replace(SITE, providers=tuple(reversed(SITE.providers)))
    difference = describe_difference(DOCUMENT, notice_document(site))
    assert difference.lines == ("~ providers: in another order",)
    assert not difference.material


def test_a_category_that_is_gone_changes_the_scope_and_asks_nobody() -> None:
    fewer = notice_document(make_site(text=make_site_text(categories=["functional", "ads"])))
    difference = describe_difference(DOCUMENT, fewer)
    assert "- category personalisation" in difference.lines
    assert difference.asks_again == []
    assert difference.material
    assert describe_difference(fewer, DOCUMENT).asks_again == ["personalisation"]


def test_lists_and_languages_are_told_in_words() -> None:
    one = {**DOCUMENT, "hosts": [], "languages": ["en"], "name": {"en": "A"}}
    other = {**DOCUMENT, "hosts": ["a.example", "b.example"], "name": {"en": "A", "nl": "B"}}
    assert describe_difference(one, other).lines == (
        '~ hosts: nothing → "a.example", "b.example"',
        '~ languages: "en" → "en", "nl"',
        '+ name.nl: "B"',
    )


def test_a_part_that_is_new_or_gone_is_told() -> None:
    larger = {**DOCUMENT, "extra": {"a": 1, "b": [True]}}
    assert describe_difference(DOCUMENT, larger).lines == ("+ extra: a 1, b yes",)
    assert describe_difference(larger, DOCUMENT).lines == ("- extra: a 1, b yes",)
    without = {key: value for key, value in DOCUMENT.items() if key != "trackers"}
    lines = describe_difference({**without, "trackers": []}, DOCUMENT).lines
    assert lines[0] == "+ tracker cookie __Host-consent"
