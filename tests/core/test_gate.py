"""What breaks a rule cannot be published; each rule is held by a site that breaks it alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consent.core.catalogue import LANGUAGES
from consent.core.config import load_site
from consent.core.gate import Finding, gate_findings
from consent.core.model import ErasureMode, Lifetime, Site
from tests.make import make_site, make_site_in, make_site_text, make_tracker

SITE = make_site()
PROGRAMME = Path(__file__).parents[2] / "sites" / "programme.toml"


def rules(site: Site, severity: str = "error") -> set[str]:
    return {one.rule for one in gate_findings(site) if one.severity == severity}


def with_texts(language: str, **texts: str) -> Site:
    named = {key.replace("__", "."): text for key, text in texts.items()}
    return replace(SITE, texts={language: named})


def with_category(**changes: Any) -> Site:
    first, *others = SITE.categories
    return replace(SITE, categories=(replace(first, **changes), *others))


def with_tracker(**changes: Any) -> Site:
    return replace(SITE, trackers=(*SITE.trackers, make_tracker(**{"name": "another", **changes})))


def with_theme(**changes: Any) -> Site:
    return replace(SITE, theme=replace(SITE.theme, **changes))


def with_lifetimes(**changes: int) -> Site:
    return replace(SITE, lifetimes=replace(SITE.lifetimes, **changes))


def with_provider(**changes: Any) -> Site:
    return replace(SITE, providers=(SITE.providers[0], replace(SITE.providers[1], **changes)))


@pytest.mark.parametrize(
    "site",
    [
        SITE,
        make_site(text=make_site_text(categories=())),
        make_site(text=make_site_text(categories=["ads"])),
        load_site(PROGRAMME.read_text(encoding="utf-8"), "programme.toml"),
    ],
)
def test_a_proper_site_passes_without_a_warning(site: Site) -> None:
    assert gate_findings(site) == []


@pytest.mark.legal("BF-01")
@pytest.mark.parametrize("language", LANGUAGES)
def test_refuse_cannot_be_missing(language: str) -> None:
    site = replace(make_site_in(language), texts={language: {"button.refuse_all": " "}})
    assert rules(site) == {"BF-01"}


@pytest.mark.legal("BF-12")
@pytest.mark.parametrize(
    ("language", "key", "label"),
    [
        ("en", "accept_all", "I agree to all"),
        ("en", "refuse_all", "Needed only"),
        ("en", "choose", "More"),
        ("en", "save", "Done"),
        ("nl", "accept_all", "Prima, alles"),
        ("nl", "refuse_all", "Alleen het nodige"),
        ("nl", "withdraw_all", "Opnieuw"),
    ],
)
def test_a_label_says_plainly_what_happens(language: str, key: str, label: str) -> None:
    assert rules(with_texts(language, **{f"button__{key}": label})) == {"BF-12"}


@pytest.mark.legal("BF-12")
def test_other_plain_labels_are_allowed() -> None:
    site = with_texts("en", button__accept_all="Allow all", button__refuse_all="Reject all")
    assert gate_findings(site) == []


@pytest.mark.legal("BF-04", "CO-08")
def test_labels_of_unequal_length_make_unequal_buttons() -> None:
    assert rules(with_texts("en", button__refuse_all="Decline all cookies")) == {"BF-04"}


@pytest.mark.legal("BF-04")
@pytest.mark.parametrize("suffix", ["", "_dark"])
def test_a_button_that_is_hard_to_see_is_refused(suffix: str) -> None:
    surface = getattr(SITE.theme, f"surface{suffix}")
    ink = getattr(SITE.theme, f"text{suffix}")
    site = with_theme(**{f"button{suffix}": surface, f"button_text{suffix}": ink})
    [finding] = gate_findings(site)
    assert (finding.rule, finding.place) == ("BF-04", f"theme.button{suffix}")
    assert "has a contrast of 1.00; at least 3.0 is needed" in finding.message


@pytest.mark.legal("BF-04")
@pytest.mark.parametrize("suffix", ["", "_dark"])
def test_a_label_that_is_hard_to_read_is_refused(suffix: str) -> None:
    button = getattr(SITE.theme, f"button{suffix}")
    [finding] = gate_findings(with_theme(**{f"button_text{suffix}": button}))
    assert (finding.rule, finding.place) == ("BF-04", f"theme.button_text{suffix}")


@pytest.mark.legal("AC-07")
@pytest.mark.parametrize("token", ["text", "text_dark", "accent", "accent_dark"])
def test_text_that_is_hard_to_read_is_refused(token: str) -> None:
    assert rules(with_theme(**{token: "#777777"})) == {"AC-07"}


@pytest.mark.legal("BF-08")
def test_the_banner_names_the_controller() -> None:
    assert rules(with_texts("en", banner__intro="We use cookies.")) == {"BF-08"}
    assert rules(replace(SITE, controller=replace(SITE.controller, name=" "))) == {"BF-08"}


@pytest.mark.legal("BF-09")
@pytest.mark.parametrize("part", ["label", "description"])
@pytest.mark.parametrize("text", [{"en": "x"}, {"en": "x", "nl": " "}])
def test_a_category_has_label_and_description_in_every_language(
    part: str, text: dict[str, str]
) -> None:
    if part == "label" and "nl" not in text:
        text = {"en": "x", "nl": ""}
    assert rules(with_category(**{part: text})) == {"BF-09"}


@pytest.mark.legal("BF-09")
def test_a_category_has_a_purpose() -> None:
    assert rules(with_category(purposes=())) == {"BF-09"}


@pytest.mark.legal("BF-10")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Use “{control}” on any page."),
        ("en", "You can withdraw consent."),
        ("nl", "Zie “{control}” op elke pagina."),
        ("nl", " "),
    ],
)
def test_the_banner_says_that_and_how_consent_is_withdrawn(language: str, text: str) -> None:
    assert rules(with_texts(language, banner__withdraw=text)) == {"BF-10"}


@pytest.mark.legal("BF-11")
def test_the_banner_links_to_policy_and_privacy_notice() -> None:
    assert rules(with_texts("nl", banner__privacy="")) == {"BF-11"}
    assert rules(replace(SITE, privacy_url={"en": "/privacy"})) == {"BF-11"}


@pytest.mark.legal("WD-01")
def test_the_control_on_every_page_has_a_name() -> None:
    assert "WD-01" in rules(with_texts("en", control__label=""))


@pytest.mark.legal("BF-12", "BF-13", "BF-19")
@pytest.mark.parametrize(
    ("language", "text", "rule"),
    [
        ("en", "For the best experience, choose.", "BF-12"),
        ("en", "We value your privacy", "BF-12"),
        ("en", "Got it?", "BF-12"),
        ("en", "That is OK.", "BF-12"),
        ("en", "We have a legitimate interest.", "BF-13"),
        ("en", "You would miss out.", "BF-19"),
        ("en", "Don’t worry.", "BF-19"),
        ("nl", "Voor een optimale ervaring.", "BF-12"),
        ("nl", "Begrepen!", "BF-12"),
        ("nl", "Oké.", "BF-12"),
        ("nl", "Wij hebben een gerechtvaardigd belang.", "BF-13"),
        ("nl", "Helaas werkt dit dan niet.", "BF-19"),
    ],
)
def test_steering_words_are_refused_wherever_a_visitor_chooses(
    language: str, text: str, rule: str
) -> None:
    other = "nl" if language == "en" else "en"
    both = {language: text, other: "x"}
    trackers = (replace(SITE.trackers[0], purpose=both), *SITE.trackers[1:])
    for site in (
        with_texts(language, banner__title=text),
        with_texts(language, page__intro="{site} " + text),
        with_category(description=both),
        with_category(label=both),
        replace(SITE, trackers=trackers),
        replace(SITE, purpose_labels={"own": both}),
        replace(SITE, data_labels={"own": both}),
    ):
        assert rules(site) == {rule}


@pytest.mark.legal("BF-17")
def test_the_link_to_the_recipients_has_their_number() -> None:
    assert rules(with_texts("en", banner__policy="Cookie policy")) == {"BF-17"}


@pytest.mark.legal("BF-18")
@pytest.mark.parametrize(
    "site",
    [
        with_texts("nl", dialog__title=""),
        with_texts("nl", embed__blocked="Van {provider}."),
        with_texts("nl", policy__log__retention="{proof_months} {other}"),
        replace(SITE, name={"en": "x"}),
        replace(SITE, purpose_labels={"own": {"en": "x"}}),
        replace(SITE, data_labels={"own": {"nl": "x"}}),
    ],
)
def test_no_text_is_missing_in_any_language(site: Site) -> None:
    assert rules(site) == {"BF-18"}


@pytest.mark.legal("BF-20")
def test_a_long_first_layer_is_a_warning() -> None:
    site = with_texts("en", banner__title="A title. " * 10)
    assert rules(site) == set()
    [finding] = gate_findings(site)
    assert finding.severity == "warning"
    assert "the first layer has 94 words; 90 are enough" in finding.message


@pytest.mark.legal("BF-20")
def test_a_long_sentence_is_a_warning() -> None:
    short = dict.fromkeys(("en", "nl"), "x")
    site = with_category(description={**short, "en": "and so on " * 9})
    messages = [finding.message for finding in gate_findings(site)]
    assert any(message.startswith("a long sentence is hard to read") for message in messages)


@pytest.mark.legal("BF-20")
@pytest.mark.parametrize(
    ("language", "description"),
    [
        ("en", "Personalised communications, behavioural advertising, audience measurement."),
        ("nl", "Gepersonaliseerde communicatie, gedragsgerichte advertenties, doelgroepmeting."),
        ("de", "Personalisierte Kommunikation, verhaltensbasierte Werbung, Zielgruppenmessung."),
    ],
)
def test_words_that_are_hard_to_read_are_a_warning(language: str, description: str) -> None:
    site = make_site_in(language)
    hard = [replace(one, description={language: description}) for one in site.categories]
    found = [
        one for one in gate_findings(replace(site, categories=tuple(hard))) if one.rule == "BF-20"
    ]
    assert [one.severity for one in found] == ["warning"]
    assert "long words and sentences make the first layer hard to read: LIX is" in found[0].message


@pytest.mark.legal("BF-20", "BF-12", "BF-18", "BF-19")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_of_every_language_passes_the_gate(language: str) -> None:
    site = replace(make_site_in(language), reviewed_languages=(language,))
    assert [str(one) for one in gate_findings(site)] == []


@pytest.mark.legal("BF-18")
def test_texts_nobody_has_read_in_place_are_told_once_per_language() -> None:
    site = make_site_in("en", "de", "fr")
    told = "are machine-written; have someone who speaks it read them, then name it in"
    found = gate_findings(site)
    assert {one.severity for one in found} == {"warning"}
    assert [one.place for one in found] == ["languages.de", "languages.fr"]
    assert f"texts in Deutsch (de) {told} reviewed_languages" in found[0].message
    assert f"texts in Français (fr) {told} reviewed_languages" in found[1].message
    assert gate_findings(replace(site, reviewed_languages=("de", "fr"))) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"refusal_days": 179, "consent_days": 90}, "RE-02",
                     marks=pytest.mark.legal("RE-02")),
        pytest.param({"refusal_days": 180, "consent_days": 181}, "RE-03",
                     marks=pytest.mark.legal("RE-03")),
        pytest.param({"refusal_days": 366, "consent_days": 366}, "RE-04",
                     marks=pytest.mark.legal("RE-04")),
        pytest.param({"consent_days": 0}, "RE-04", marks=pytest.mark.legal("RE-04")),
        pytest.param({"refusal_days": 401}, "CT-05", marks=pytest.mark.legal("CT-05")),
        pytest.param({"proof_months": 61}, "RR-03", marks=pytest.mark.legal("RR-03")),
        pytest.param({"proof_months": 0}, "RR-03", marks=pytest.mark.legal("RR-01", "RR-03")),
        pytest.param({"proof_months": 25}, "RR-03", marks=pytest.mark.legal("RR-03")),
    ],
)  # fmt: skip
def test_lifetimes_have_limits(changes: dict[str, int], rule: str) -> None:
    assert rules(with_lifetimes(**changes)) == {rule}


@pytest.mark.legal("RR-03")
def test_long_proof_passes_with_a_reason() -> None:
    assert gate_findings(replace(with_lifetimes(proof_months=60), proof_reason="A claim.")) == []


@pytest.mark.legal("RR-07")
def test_keeping_what_was_erased_needs_a_reason_in_every_language() -> None:
    site = replace(make_site(), erasure=ErasureMode.UNLINK, erasure_reason={"en": "x", "nl": " "})
    assert rules(site) == {"RR-07"}
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    assert gate_findings(replace(site, erasure_reason=reason)) == []


@pytest.mark.legal("CT-05")
@pytest.mark.parametrize("lifetime", [Lifetime(401, "days"), Lifetime(14, "months")])
def test_nothing_stays_longer_than_browsers_keep_it(lifetime: Lifetime) -> None:
    assert rules(with_tracker(lifetime=lifetime)) == {"CT-05"}


@pytest.mark.legal("SL-05")
def test_what_is_necessary_is_never_a_choice() -> None:
    assert "SL-05" in rules(with_category(id="necessary"))


@pytest.mark.legal("CO-09")
def test_a_category_without_a_tracker_is_not_asked() -> None:
    empty = replace(SITE.categories[0], id="empty")
    assert rules(replace(SITE, categories=(*SITE.categories, empty))) == {"CO-09"}


REASON = {"en": "x", "nl": "x"}


@pytest.mark.legal("SL-06")
@pytest.mark.parametrize("reason", [{}, {"en": "x"}, {"en": "x", "nl": " "}])
def test_what_is_necessary_has_a_written_reason(reason: dict[str, str]) -> None:
    assert rules(with_tracker(category="necessary", necessity_reason=reason)) == {"SL-06"}


@pytest.mark.legal("SL-06")
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "_ga"},
        {"name": "_GA_ABC123"},
        {"name": "_gid"},
        {"name": "_fbp"},
        {"name": "Hotjar"},
        {"name": "session", "provider": "google-analytics"},
        {"name": "session", "domain": "doubleclick.net"},
        {"name": "tag", "hosts": ("cdn.example", "www.googletagmanager.com")},
        {"name": "tag", "hosts": ("connect.facebook.net",)},
        {"name": "tag", "hosts": ("bat.bing.com",)},
        {"name": "tag", "hosts": ("analytics.tiktok.com",)},
        {"name": "tag", "hosts": ("px.ads.linkedin.com",)},
    ],
)
def test_analytics_and_advertising_are_never_necessary(changes: dict[str, Any]) -> None:
    google = replace(SITE.providers[0], id="google-analytics", name="G")
    site = with_tracker(category="necessary", necessity_reason=REASON, **changes)
    site = replace(site, providers=(*site.providers, google))
    assert rules(site) == {"SL-06"}


@pytest.mark.legal("SL-07")
@pytest.mark.parametrize(
    "site",
    [
        with_tracker(provider="nobody"),
        with_tracker(category="nothing"),
        with_tracker(purpose={"en": "x"}),
        with_provider(name=" "),
    ],
)
def test_every_tracker_has_provider_category_and_purpose(site: Site) -> None:
    assert rules(site) == {"SL-07"}


@pytest.mark.legal("SL-13")
@pytest.mark.parametrize("changes", [{"transfer_basis": None}, {"country": "XX"}])
def test_a_transfer_outside_the_eea_has_a_country_and_a_basis(changes: dict[str, Any]) -> None:
    assert rules(with_provider(**changes)) == {"SL-13"}


@pytest.mark.legal("CT-04")
def test_hosts_that_share_a_choice_are_named() -> None:
    assert rules(replace(SITE, cookie_domain="example")) == {"CT-04"}


@pytest.mark.legal("WD-05")
def test_withdrawal_never_deletes_what_is_necessary() -> None:
    [finding] = gate_findings(with_tracker(name="contact_*"))
    assert finding.rule == "WD-05"
    assert finding.message == "withdrawing would delete contact_form, which is necessary"


@pytest.mark.legal("SG-01")
def test_advertising_that_ignores_the_signal_is_a_warning() -> None:
    *others, ads = SITE.categories
    site = replace(SITE, categories=(*others, replace(ads, gpc=False)))
    assert (rules(site), rules(site, "warning")) == (set(), {"SG-01"})


@pytest.mark.legal("CO-01")
@pytest.mark.parametrize("group", ["pupils", "for-scholieren", "school"])
def test_advertising_on_pages_for_minors_is_a_warning(group: str) -> None:
    site = replace(SITE, page_groups=("programme", group))
    assert (rules(site), rules(site, "warning")) == (set(), {"CO-01"})
    without = make_site(text=make_site_text(categories=["functional"]), page_groups=(group,))
    assert gate_findings(without) == []


def test_errors_come_first_and_read_as_a_line() -> None:
    site = replace(with_provider(country="XX"), page_groups=("pupils",))
    first, second = gate_findings(site)
    assert str(first) == "error SL-13 at providers.study-ads.country: 'XX' is not a country"
    assert str(second).startswith("warning CO-01 at page_groups.pupils: pages for minors should")
    assert first == Finding(first.rule, "error", first.place, first.message)


def test_several_rules_are_told_at_once() -> None:
    site = with_lifetimes(refusal_days=10, consent_days=500)
    assert rules(site) == {"RE-02", "RE-03", "RE-04"}


@pytest.mark.legal("CT-04")
def test_several_hosts_without_a_shared_cookie_cannot_be_published() -> None:
    hosts = ("https://programme.example", "https://shop.example")
    findings = gate_findings(make_site(origins=hosts))
    assert [(one.rule, one.severity) for one in findings] == [("CT-04", "error")]
    assert "programme.example only" in findings[0].message
