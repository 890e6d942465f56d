"""Statistics without consent: each condition of the exemption is stated, held, and told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consent.core.catalogue import LANGUAGES
from consent.core.config import load_site
from consent.core.gate import gate_findings
from consent.core.model import Kind, Lifetime, Provider, Role, Site, Tracker
from consent.core.notice import Notice, notice_document, scope_hash
from consent.core.policy import policy_document
from consent.errors import ConfigurationError
from consent.export.pages import notice_page
from tests.make import make_site, make_site_in, make_site_text

STATED = """
exempt = "statistics"
measures = ["quality", "effectiveness"]
cross_site_id = false
shared = false
ip_stored = false
data_months = 25
"""
VISITS = """
[[trackers]]
name = "_pk_id.1.1fff"
category = "necessary"
provider = "controller"
kind = "cookie"
lifetime = "13 months"
purpose = { en = "Counts visits.", nl = "Telt bezoeken." }
necessity_reason = { en = "Counts, of us alone.", nl = "Tellingen, van ons alleen." }
"""
DECLARED = VISITS + STATED
PLAIN = make_site()
SITE = make_site(text=make_site_text(extra=DECLARED))


def with_visits(site: Site = SITE, **changes: Any) -> Site:
    *others, visits = site.trackers
    return replace(site, trackers=(*others, replace(visits, **changes)))


def with_statement(**changes: Any) -> Site:
    stated = visits_of(SITE).exempt
    assert stated is not None
    return with_visits(exempt=replace(stated, **changes))


def visits_of(site: Site) -> Tracker:
    return site.trackers[-1]


def found(site: Site) -> list[tuple[str, str]]:
    """Return rule and place of what keeps a site from being published."""
    start = 'trackers "_pk_id.1.1fff"'
    return [
        (one.rule, one.place.removeprefix(start).strip())
        for one in gate_findings(site)
        if one.severity == "error"
    ]


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_site(text, "site.toml")
    return [fault.partition(":")[2] for fault in caught.value.faults]


def line_of(words: str, text: str) -> int:
    return text.splitlines().index(words) + 1


def sections(site: Site, language: str = "en") -> dict[str, dict[str, Any]]:
    policy = policy_document(site, notice_document(site))
    return {one["id"]: one for one in policy["languages"][language]["sections"]}


@pytest.mark.legal("PB-13", "CT-15")
def test_own_statistics_with_every_condition_stated_pass() -> None:
    assert gate_findings(SITE) == []
    assert visits_of(SITE).exempt is not None


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize("key", ["measures", "cross_site_id", "shared", "ip_stored", "data_months"])
def test_no_condition_is_taken_as_said(key: str) -> None:
    kept = "\n".join(line for line in STATED.splitlines() if not line.startswith(key))
    [fault] = faults_of(make_site_text(extra=VISITS + kept))
    assert f"trackers[6].{key}: is missing" in fault


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('exempt = "statistics"', 'exempt = "analytics"', 'exempt: is "analytics"'),
        ('"effectiveness"]', '"advertising"]', "advertising"),
        ("shared = false", 'shared = "no"', "shared: is"),
        ("data_months = 25", "data_months = 26", "data_months: is 26; give 1 to 25 months"),
    ],
)
def test_a_statement_that_is_none_is_a_fault_with_its_line(old: str, new: str, told: str) -> None:
    text = make_site_text(extra=DECLARED.replace(old, new))
    changed = next(line for line in text.splitlines() if new in line)
    [fault] = faults_of(text)
    assert told in fault
    assert fault.startswith(f"{line_of(changed, text)}: ")


@pytest.mark.legal("PB-13")
def test_statements_without_the_exemption_and_the_exemption_of_a_choice_are_faults() -> None:
    alone = VISITS + "cross_site_id = false\n"
    [fault] = faults_of(make_site_text(extra=alone))
    assert 'cross_site_id: means nothing without exempt = "statistics"' in fault
    chosen = DECLARED.replace('category = "necessary"', 'category = "ads"')
    chosen = "\n".join(
        line for line in chosen.splitlines() if not line.startswith("necessity_reason")
    )
    [fault] = faults_of(make_site_text(extra=chosen))
    assert 'exempt: is for category "necessary" only' in fault


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize("key", ["cross_site_id", "shared", "ip_stored"])
def test_what_has_more_than_a_little_effect_on_privacy_needs_consent(key: str) -> None:
    assert found(with_statement(**{key: True})) == [("PB-13", key)]


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize("measures", [(), ("advertising",), ("quality", "advertising")])
def test_it_measures_quality_or_effectiveness_and_nothing_else(measures: tuple[str, ...]) -> None:
    assert found(with_statement(measures=measures)) == [("PB-13", "measures")]


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize("host", ["stats.example", "example.org", "*.www.university.example"])
def test_it_contacts_no_host_but_those_of_the_site(host: str) -> None:
    assert found(with_visits(kind=Kind.PIXEL, hosts=(host,))) == [("PB-13", "hosts")]


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize("domain", ["stats.example", "university.example", "example"])
def test_its_identifier_is_not_sent_to_other_sites(domain: str) -> None:
    assert found(with_visits(domain=domain)) == [("PB-13", "domain")]


def test_a_host_of_the_site_itself_is_first_party() -> None:
    host = SITE.origins[0].removeprefix("https://")
    assert found(with_visits(domain=host)) == []
    assert found(with_visits(kind=Kind.PIXEL, hosts=(f"{host}/matomo.php",))) == []


@pytest.mark.legal("PB-13")
@pytest.mark.parametrize(
    ("role", "country", "basis", "rules"),
    [
        (Role.PROCESSOR, "NL", None, []),
        (Role.CONTROLLER, "NL", None, [("PB-13", "provider")]),
        (Role.JOINT_CONTROLLER, "NL", None, [("PB-13", "provider")]),
        (Role.PROCESSOR, "US", "data_privacy_framework", [("PB-13", "provider")]),
    ],
)
def test_only_a_processor_inside_the_economic_area_may_measure_for_the_site(
    role: Role, country: str, basis: str | None, rules: list[tuple[str, str]]
) -> None:
    counter = Provider("counter", "Counting House", role, country, basis, None)
    site = replace(SITE, providers=(*SITE.providers, counter))
    assert found(with_visits(site, provider="counter")) == rules


@pytest.mark.legal("PB-13", "SL-06")
def test_who_is_known_to_measure_across_sites_needs_consent() -> None:
    assert [rule for rule, _ in found(with_visits(name="_ga"))] == ["PB-13"]
    google = Provider("counter", "Google Analytics", Role.PROCESSOR, "IE", None, None)
    site = replace(SITE, providers=(*SITE.providers, google))
    assert [rule for rule, _ in found(with_visits(site, provider="counter"))] == ["PB-13"]


@pytest.mark.legal("SL-06")
def test_what_is_not_exempt_is_still_no_necessity() -> None:
    assert found(with_visits(exempt=None)) == [("SL-06", "")]


@pytest.mark.legal("CT-15")
@pytest.mark.parametrize(
    ("amount", "unit"), [(391, "days"), (14, "months"), (2, "years"), (0, "persistent")]
)
def test_it_stays_thirteen_months_at_most(amount: int, unit: str) -> None:
    assert found(with_visits(lifetime=Lifetime(amount, unit)))[-1] == ("CT-15", "lifetime")


@pytest.mark.legal("CT-15")
def test_what_was_measured_is_kept_twenty_five_months_at_most() -> None:
    assert found(with_statement(data_months=26)) == [("CT-15", "data_months")]


@pytest.mark.legal("PB-13", "SL-11")
def test_the_policy_lists_it_apart_from_what_is_necessary() -> None:
    told = sections(SITE)
    assert list(told)[list(told).index("necessary") + 1] == "exempt"
    assert told["exempt"]["heading"] == "Statistics without consent"
    assert told["exempt"]["table"]["columns"][-1] == "Why no consent is needed"
    [row] = told["exempt"]["table"]["rows"]
    assert row == [
        "_pk_id.1.1fff",
        "Leiden University",
        "Counts visits.",
        "13 months",
        "Cookie",
        "This site",
        "Counts, of us alone.",
    ]
    assert "25 months" in told["exempt"]["paragraphs"][1]
    assert "_pk_id.1.1fff" not in [row[0] for row in told["necessary"]["table"]["rows"]]


@pytest.mark.legal("PB-13")
def test_a_site_that_only_measures_does_not_say_that_all_it_keeps_is_necessary() -> None:
    site = make_site(text=make_site_text(categories=(), extra=DECLARED))
    said = " ".join(sections(site)["what"]["paragraphs"])
    assert "only measure how well the site works" in said
    assert "necessary cookies only" not in said


@pytest.mark.legal("PB-13", "BF-18")
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_told_in_every_language(language: str) -> None:
    site = make_site_in(language)
    visits = replace(
        visits_of(SITE), purpose={language: "…"}, necessity_reason={language: "Because."}
    )
    section = sections(replace(site, trackers=(*site.trackers, visits)), language)["exempt"]
    assert "{" not in "".join(section["paragraphs"])
    assert site.controller.email in section["paragraphs"][1]
    english = sections(SITE)["exempt"]
    assert (section["paragraphs"][0] == english["paragraphs"][0]) == (language == "en")


def test_the_archived_notice_lists_it_apart_too() -> None:
    page = notice_page(Notice(notice_document(SITE)), "nl")
    _, _, after = page.partition("<h2>Statistieken zonder toestemming</h2>")
    assert "_pk_id.1.1fff" in after.partition("<h2>")[0]
    assert "Statistieken zonder" not in notice_page(Notice(notice_document(PLAIN)), "nl")


def test_it_is_part_of_the_notice_and_not_of_what_consent_covers() -> None:
    document = notice_document(SITE)
    assert document["trackers"][-1]["exempt"] == {
        "for": "statistics",
        "measures": ["quality", "effectiveness"],
        "cross_site_id": False,
        "shared": False,
        "ip_stored": False,
        "data_months": 25,
    }
    assert Notice(notice_document(with_statement(data_months=12))).hash != Notice(document).hash
    assert scope_hash(document) == scope_hash(notice_document(PLAIN))


def test_a_site_that_does_not_use_it_has_the_document_it_had() -> None:
    assert not [one for one in notice_document(PLAIN)["trackers"] if "exempt" in one]
    assert "exempt" not in sections(PLAIN)


def test_the_documented_declaration_is_the_one_that_passes() -> None:
    page = Path(__file__).parents[2] / "docs" / "statistics.md"
    _, _, after = page.read_text("utf-8").partition("```toml\n")
    shown = after.partition("```")[0]
    site = make_site(text=make_site_text(extra="\n" + shown))
    assert visits_of(site).exempt is not None
    assert gate_findings(site) == []
