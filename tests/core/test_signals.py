"""Google's signals: read from the site's file, judged by the gate, told by the notice."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from consent.core.config import load_site
from consent.core.difference import describe_difference
from consent.core.gate import gate_findings
from consent.core.model import GoogleMode, Signals
from consent.core.notice import Notice, notice_document
from consent.errors import ConfigurationError
from tests.make import make_site, make_site_text

ROOT = Path(__file__).parents[2]
BASIC = Signals(google=GoogleMode.BASIC)
ADVANCED = Signals(google=GoogleMode.ADVANCED)


def read(signals: str) -> Signals:
    return load_site(f"{make_site_text()}\n[signals]\n{signals}\n", "site.toml").signals


def of_signals(signals: Signals, **overrides: Any) -> list[tuple[str, str, str]]:
    """Return the gate's findings about a site's signals: rule, severity, place."""
    found = gate_findings(make_site(signals=signals, **overrides))
    return [
        (one.rule, str(one.severity), one.place) for one in found if one.rule in ("SG-07", "SG-10")
    ]


def test_a_site_that_says_nothing_gives_no_signal() -> None:
    assert make_site().signals == Signals()
    assert "signals" not in notice_document(make_site())
    assert Notice(notice_document(make_site())).google_signals is None
    assert of_signals(Signals()) == []


@pytest.mark.legal("SG-09")
def test_the_modes_are_read() -> None:
    assert read('google = "basic"') == BASIC
    assert read('google = "advanced"') == ADVANCED
    alone = read('google = "basic"\ngoogle_personalised_ads = "ads"')
    assert alone == Signals(GoogleMode.BASIC, google_ads_alone=True)
    both = read('google = "basic"\ngoogle_personalised_ads = "ads_and_personalisation"')
    assert both == BASIC


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('google = "on"', 'signals.google: is "on"; allowed: advanced, basic'),
        ("google = true", "signals.google: is true; give a text in quotes"),
        ('googel = "basic"', 'signals.googel: unknown key; did you mean "google"?'),
        ('google_personalised_ads = "ads"', "google_personalised_ads: needs google ="),
        ('google = "basic"\ngoogle_personalised_ads = "no"', 'google_personalised_ads: is "no"'),
    ],
)
def test_a_fault_is_told(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert any(fault in line for line in caught.value.faults), caught.value.faults


@pytest.mark.legal("SG-07")
def test_every_signal_needs_what_the_table_says() -> None:
    needs = Notice(notice_document(make_site(signals=BASIC))).google_signals
    assert needs == {
        "ad_storage": ["ads"],
        "ad_user_data": ["ads"],
        "ad_personalization": ["ads", "personalisation"],
        "analytics_storage": ["analytics"],
        "functionality_storage": ["functional"],
        "personalization_storage": ["personalisation"],
        "security_storage": [],
    }
    alone = Signals(GoogleMode.BASIC, google_ads_alone=True)
    loosened = Notice(notice_document(make_site(signals=alone))).google_signals
    assert loosened == {**needs, "ad_personalization": ["ads"]}


@pytest.mark.legal("SG-10")
def test_advanced_mode_is_published_with_a_warning() -> None:
    assert ("SG-10", "warning", "signals.google") in of_signals(ADVANCED)
    assert "SG-10" not in {rule for rule, _, _ in of_signals(BASIC)}
    assert not [
        one for one in gate_findings(make_site(signals=ADVANCED)) if one.severity == "error"
    ]


@pytest.mark.legal("SG-07")
def test_who_hears_of_a_choice_is_told_to_visitors_too() -> None:
    assert of_signals(BASIC) == [("SG-07", "warning", "categories.ads")]
    site = make_site(signals=BASIC)
    google = [
        one if one.id != "study-ads" else replace_name(one, "Google Ireland Limited")
        for one in site.providers
    ]
    assert of_signals(BASIC, providers=tuple(google)) == []


def replace_name(provider: Any, name: str) -> Any:
    return type(provider)(
        **{field: getattr(provider, field) for field in provider.__dataclass_fields__}
        | {"name": name}
    )


@pytest.mark.legal("SG-07")
def test_signals_that_could_never_be_granted_are_noticed() -> None:
    site = make_site()
    without = tuple(category for category in site.categories if category.id != "ads")
    assert ("SG-07", "warning", "signals.google") in of_signals(BASIC, categories=without)


def test_personalised_ads_for_ads_alone_are_noticed() -> None:
    alone = Signals(GoogleMode.BASIC, google_ads_alone=True)
    assert ("SG-07", "warning", "signals.google_personalised_ads") in of_signals(alone)


@pytest.mark.legal("RE-07")
def test_a_change_of_signals_is_told_and_asks_nobody_again() -> None:
    documents = [notice_document(make_site(signals=one)) for one in (Signals(), BASIC, ADVANCED)]
    for before, after in itertools.permutations(documents, 2):
        difference = describe_difference(before, after)
        assert difference.asks_again == []
        assert not difference.material
        assert any("signals" in line for line in difference.lines)
        assert Notice(before).hash != Notice(after).hash


@pytest.mark.legal("SG-13", "SG-14")
def test_the_documentation_claims_nothing_that_is_not_so() -> None:
    text = (ROOT / "docs" / "signals.md").read_text("utf-8")
    for said in (
        "not a Google-certified CMP and not registered with IAB Europe",
        "no personalised AdSense or Ad Manager ads in the European Economic Area",
        "is personal data",
    ):
        assert said in text
    for recipe in (ROOT / "static" / "js" / "recipes").iterdir():
        assert f"`{recipe.name}`" in text
