"""The cookie policy says all that is in the registry, and all the law asks, in each language."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from consent.core.canonical import digest_hex
from consent.core.model import ErasureMode, Site
from consent.core.notice import notice_document
from consent.core.policy import policy_document
from tests.make import make_site, make_site_in, make_site_text

SITE = make_site()


def policy_of(site: Site = SITE) -> dict[str, Any]:
    return policy_document(site, notice_document(site))


def sections(site: Site = SITE, language: str = "en") -> dict[str, dict[str, Any]]:
    found = policy_of(site)["languages"][language]["sections"]
    return {section["id"]: section for section in found}


def words_of(section: dict[str, Any]) -> str:
    return json.dumps(section, ensure_ascii=False)


def test_the_policy_has_a_digest_that_only_its_content_changes() -> None:
    assert digest_hex(policy_of()) == digest_hex(policy_of(make_site()))
    renamed = replace(SITE, controller=replace(SITE.controller, dpo_email="new@university.example"))
    assert digest_hex(policy_of(renamed)) != digest_hex(policy_of())
    assert digest_hex(policy_of(replace(SITE, record_refusals="count"))) != digest_hex(policy_of())


@pytest.mark.legal("BF-18")
def test_every_language_has_the_same_sections_and_no_open_placeholder() -> None:
    policy = policy_of()
    assert policy["v"] == 1
    assert policy["site"] == "programme"
    assert list(policy["languages"]) == ["en", "nl"]
    english, dutch = sections(SITE, "en"), sections(SITE, "nl")
    assert (
        list(english)
        == list(dutch)
        == [
            "who",
            "what",
            "category-functional",
            "category-personalisation",
            "category-ads",
            "necessary",
            "recipients",
            "choice",
            "third",
            "log",
            "rights",
            "contact",
            "versions",
        ]
    )
    assert "{" not in "".join(
        "".join(section["paragraphs"]) for section in [*english.values(), *dutch.values()]
    )


def test_nothing_is_said_that_does_not_apply() -> None:
    found = sections()
    assert len(found["who"]["paragraphs"]) == 1  # nothing on hosts that share a choice
    assert "more than 24 months" not in words_of(found["log"])
    assert "list" not in found["who"]
    assert "table" not in found["who"]


@pytest.mark.legal("SL-07", "SL-11")
def test_every_tracker_of_the_registry_has_its_row() -> None:
    found = sections()
    rows = [
        row
        for section_id, section in found.items()
        if section_id.startswith("category-") or section_id == "necessary"
        for row in section["table"]["rows"]
    ]
    declared = [tracker["name"] for tracker in notice_document(SITE)["trackers"]]
    assert sorted(row[0] for row in rows) == sorted(declared)
    for section in found.values():
        if "table" in section:
            assert {len(row) for row in section["table"]["rows"]} == {
                len(section["table"]["columns"])
            }
    assert found["category-ads"]["table"]["columns"] == [
        "Name",
        "Provider",
        "Purpose",
        "How long it stays",
        "Kind",
        "Data goes to",
        "Country and basis for transfer",
    ]
    assert found["category-ads"]["table"]["rows"] == [
        [
            "_study_ads_*",
            "Study Ads Network",
            "Tells your browser apart.",
            "90 days",
            "Cookie",
            "This site",
            "United States: Standard contractual clauses (GDPR, Article 46)",
        ],
        [
            "Study ads pixel",
            "Study Ads Network",
            "Measures visits after an ad.",
            "Only while the page is open",
            "Tracking pixel",
            "ads.example",
            "United States: Standard contractual clauses (GDPR, Article 46)",
        ],
    ]
    assert found["category-personalisation"]["table"]["rows"][0][1:] == [
        "Leiden University",
        "Keeps what you viewed.",
        "Until you or the site delete it",
        "Local storage",
        "This site",
        "Stays with us",
    ]


def test_a_category_says_what_for_and_which_data() -> None:
    section = sections()["category-ads"]
    assert section["heading"] == "Category: Ads"
    assert section["list"] == ["Show ads that are chosen for you", "Measure whether ads work"]
    assert (
        "Data involved: which pages you view and an identifier in a cookie or in the browser’s "
        "storage." in section["paragraphs"]
    )
    assert "Data involved: IP address." in sections()["category-functional"]["paragraphs"]


@pytest.mark.legal("SL-05", "SL-06")
def test_what_is_necessary_is_listed_with_its_reason() -> None:
    section = sections()["necessary"]
    assert section["table"]["columns"][-1] == "Why it is necessary"
    rows = {row[0]: row for row in section["table"]["rows"]}
    assert rows["contact_form"][-1] == "You ask for the form."
    assert rows["__Host-consent"][3] == "180 days"
    assert rows["contact_form"][3] == "Until you close the browser"


@pytest.mark.legal("SL-13", "CO-06")
def test_recipients_have_role_and_country() -> None:
    section = sections()["recipients"]
    assert section["table"]["rows"] == [
        [
            "Campus Map",
            "Works only on our instructions (processor)",
            "Netherlands",
            "Functional",
            "None",
        ],
        [
            "Study Ads Network",
            "Decides itself what happens with the data (controller)",
            "United States: Standard contractual clauses (GDPR, Article 46)",
            "Ads",
            "None",
        ],
    ]
    assert section["paragraphs"][0].endswith(": 2.")


def test_a_site_without_other_recipients_says_so() -> None:
    found = sections(make_site(text=make_site_text(categories=["personalisation"])))
    assert "table" not in found["recipients"]
    assert "No other organisation" in found["recipients"]["paragraphs"][0]
    assert "third" not in found
    assert "Global Privacy Control" not in words_of(found["choice"])


@pytest.mark.legal("CO-09")
def test_a_site_that_asks_nothing_says_so() -> None:
    found = sections(make_site(text=make_site_text(categories=())))
    assert list(found) == ["who", "what", "necessary", "log", "rights", "contact", "versions"]
    assert found["what"]["paragraphs"][-1].startswith("This site uses necessary cookies only.")


@pytest.mark.legal("SL-12", "RR-01")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_policy_explains_the_record_itself(language: str) -> None:
    found = sections(SITE, language)
    log = words_of(found["log"])
    article = {"en": "Article 6(1)(c) with Article 7(1)", "nl": "onder c, met artikel 7, lid 1"}
    assert article[language] in log
    assert {"en": "24 months", "nl": "24 maanden"}[language] in log
    assert {"en": "180 days", "nl": "180 dagen"}[language] in log
    assert "Autoriteit Persoonsgegevens" in words_of(found["rights"])
    assert "dpo@university.example" in words_of(found["contact"])
    assert len(found["log"]["list"]) == 6


@pytest.mark.legal("RR-01", "RR-03")
def test_retention_follows_the_configuration() -> None:
    lifetimes = replace(SITE.lifetimes, proof_months=36)
    site = replace(SITE, lifetimes=lifetimes, proof_reason="A claim can come late.")
    log = words_of(sections(site)["log"])
    assert "36 months" in log
    assert "Why we keep it for more than 24 months: A claim can come late." in log
    counted = words_of(sections(replace(SITE, record_refusals="count"))["log"])
    assert "Of refusals we keep only the number per day." in counted


@pytest.mark.legal("RR-01", "RR-07", "RP-07")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_policy_tells_of_the_log_and_of_what_stays_in_it(language: str) -> None:
    log = words_of(sections(SITE, language)["log"])
    assert {"en": "32 bytes for each record go into a log", "nl": "32 bytes in een logboek"}[
        language
    ] in log
    assert {"en": "open to nothing and lead to nobody", "nl": "leiden naar niemand"}[
        language
    ] in log
    assert {"en": "We sign how far", "nl": "We ondertekenen hoe ver"}[language] in log
    assert {"en": "lock it away", "nl": "sluiten haar"}[language] not in log
    assert {"en": "Backups", "nl": "Back-ups"}[language] not in log


@pytest.mark.legal("RR-07", "RR-08")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_site_that_keeps_erased_records_says_so_and_why(language: str) -> None:
    reason = {"en": "Claims can come late.", "nl": "Klachten kunnen laat komen."}
    site = replace(SITE, erasure=ErasureMode.UNLINK, erasure_reason=reason)
    found = sections(site, language)
    assert reason[language] in words_of(found["log"])
    assert {"en": "only someone who checks the proof", "nl": "alleen wie het bewijs"}[
        language
    ] in words_of(found["log"])
    rights = words_of(found["rights"])
    assert {"en": "within a day it is removed", "nl": "binnen een dag"}[language] not in rights
    assert {"en": "locked away until it is deleted", "nl": "weggesloten tot"}[language] in rights


@pytest.mark.legal("RR-13")
def test_the_policy_says_how_long_backups_are_kept_if_the_site_does() -> None:
    log = words_of(sections(replace(SITE, backup_days=35))["log"])
    assert "are deleted after at most: 35 days." in log


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Data involved: which pages you view."),
        ("de", "Welche Seiten Sie ansehen"),
        ("uk", "стосується: сторінки, які ви переглядаєте"),
    ],
)
def test_a_label_in_a_sentence_has_the_letters_of_its_language(language: str, said: str) -> None:
    section = sections(make_site_in(language), language)["category-personalisation"]
    assert said in words_of(section)


@pytest.mark.legal("RR-10")
def test_the_policy_says_why_objection_does_not_apply() -> None:
    assert "Article 21" in words_of(sections()["rights"])


@pytest.mark.legal("WD-09")
def test_the_policy_says_how_to_delete_cookies_of_other_sites() -> None:
    section = sections()["third"]
    assert "map.example" in section["paragraphs"][0]
    assert len(section["list"]) == 3


def test_the_policy_says_how_long_a_choice_counts_and_how_to_withdraw() -> None:
    choice = words_of(sections()["choice"])
    assert "How long consent counts: 180 days." in choice
    assert "“Cookie preferences”" in choice
    assert "“Withdraw all”" in choice
    assert "refusal of: Ads" in choice


@pytest.mark.legal("CT-04")
def test_hosts_that_share_a_choice_are_named() -> None:
    top = 'cookie_domain = "a.example"\nshared_hosts = ["programme.a.example", "b.a.example"]\n'
    site = make_site(text=make_site_text(origin="https://programme.a.example", top=top))
    assert "programme.a.example and b.a.example" in words_of(sections(site)["who"])
