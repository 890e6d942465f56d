"""Refusing is as easy to see and to press as accepting, as measured in a real browser.

Both layers, in each place, in every language, at three widths, by day and by night; and what
breaks it is found, whichever way it is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from consent.core.catalogue import LANGUAGES
from consent.core.equality import Pair, inequalities
from consent.core.gate import gate_findings
from consent.core.theme import POSITIONS, with_dark
from consent.services.browsing import BrowserUnavailableError
from consent.services.equality import SCHEMES, VIEWS, equality_findings, measure, measure_in
from consent.services.installing import install
from tests.browser.every_language import configs, site_in_every_language
from tests.browser.script_fixture import ROOT, Website
from tests.cli.installations import Home, command, process_environment, run_process
from tests.make import make_site, make_site_text

# All languages, places and views, one after the other: much on a busy machine.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
NewPage = Callable[..., Page]

ACCEPT = "#consent-accept-all:not(#_):not(#_):not(#_)"


@pytest.fixture
def page(website: Website, new_page: NewPage) -> Page:
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto(website.page(script=""))
    return page


def sizes(page: Page) -> Iterator[str]:
    """Take a page through every scheme and view; say which scheme it is."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, height in VIEWS:
            page.set_viewport_size({"width": width, "height": height})
            yield scheme


@pytest.mark.legal("BF-01", "BF-02", "BF-03", "BF-04", "SL-03", "AC-06", "AC-07")
def test_both_buttons_are_equal_in_every_place_language_width_and_scheme(page: Page) -> None:
    drawn = configs()
    pairs = [pair for scheme in sizes(page) for pair in measure_in(page, drawn, scheme=scheme)]
    assert len(pairs) == len(POSITIONS) * len(LANGUAGES) * len(VIEWS) * len(SCHEMES) * 2
    assert [str(finding) for finding in equality_findings(pairs)] == []
    assert max(pair.covers for pair in pairs if pair.layer == "banner") <= 0.5


@pytest.mark.legal("BF-04", "AC-13")
@pytest.mark.parametrize(
    "colours",
    [
        {"button": "#0a7d4b", "accent": "#0a7d4b"},
        {"surface": "#101418", "text": "#f0f0f0", "button": "#ffd54a", "button_text": "#101418",
         "accent": "#ffd54a"},
    ],
    ids=["one colour", "dark by day"],
)  # fmt: skip
def test_a_theme_of_few_tokens_is_equal_as_well(page: Page, colours: dict[str, str]) -> None:
    site = make_site()
    site = replace(site, theme=replace(site.theme, radius=24, **with_dark(colours)))
    assert gate_findings(site) == []
    drawn = configs(site, languages=["en", "nl"])
    pairs = [pair for scheme in sizes(page) for pair in measure_in(page, drawn, scheme=scheme)]
    assert equality_findings(pairs) == []


BREAKING = {
    f"{ACCEPT} {{ font-size: 20px }}": "BF-04",
    f"{ACCEPT} {{ font-weight: 900 }}": "BF-04",
    f"{ACCEPT} {{ font-family: serif }}": "BF-04",
    f"{ACCEPT} {{ padding: 1em }}": "BF-04",
    f"{ACCEPT} {{ color: #ddd }}": "BF-04",
    f"{ACCEPT} {{ box-shadow: 0 0 9px red }}": "BF-04",
    f"{ACCEPT} {{ width: 60% }}": "BF-04",
    f"{ACCEPT} {{ transform: translateY(-30px) }}": "BF-04",
    "#consent-refuse-all:not(#_):not(#_):not(#_) { background: transparent; color: #000 }": "BF-04",
    "#consent-refuse-all:not(#_):not(#_):not(#_) { position: fixed; top: 110vh }": "BF-01",
    "#consent-refuse-all:not(#_):not(#_):not(#_) { visibility: hidden }": "BF-01",
    "#consent-refuse-all:not(#_):not(#_):not(#_) { white-space: nowrap; width: 4em;"
    " min-height: 44px }": "BF-04",
    "#consent-banner button:not(#_):not(#_):not(#_) { min-height: 20px; padding: 0 }": "AC-06",
}  # fmt: skip


@pytest.mark.legal("BF-01", "BF-04")
@pytest.mark.parametrize("css", BREAKING, ids=range(len(BREAKING)))
def test_a_button_that_is_made_to_stand_out_is_found(page: Page, css: str) -> None:
    [banner, dialog] = measure_in(
        page, configs(positions=["centre"], languages=["en"]), scheme="light", breaking=css
    )
    assert BREAKING[css] in {rule for rule, _ in inequalities(banner)}
    assert list(inequalities(dialog)) == []


def made_pair(page: Page) -> Pair:
    return next(iter(measure_in(page, configs(languages=["en"]), scheme="light")))


@pytest.mark.legal("BF-01", "BF-02", "BF-03")
def test_a_missing_or_late_or_unreal_button_is_found(page: Page) -> None:
    pair = made_pair(page)
    assert pair.refuse is not None
    assert list(inequalities(pair)) == []
    wrong = {
        "BF-01": replace(pair, refuse=None),
        "BF-02": replace(pair, refuse={**pair.refuse, "position": 9}),
        "BF-03": replace(pair, refuse={**pair.refuse, "tag": "A"}),
    }
    for rule, broken in wrong.items():
        assert [found for found, _ in inequalities(broken)] == [rule]
    unreachable = replace(pair, refuse={**pair.refuse, "focusable": False})
    assert [found for found, _ in inequalities(unreachable)] == ["BF-02"]


@pytest.mark.legal("BF-04", "BF-12")
@pytest.mark.parametrize(
    ("accept", "refuse"),
    [("Accept all", "Decline all cookies"), ("Yes, all of them", "Refuse all"), ("OK", "Refuse")],
)
def test_labels_of_a_site_that_would_be_unequal_are_refused_without_a_browser(
    accept: str, refuse: str
) -> None:
    texts = {"en": {"button.accept_all": accept, "button.refuse_all": refuse}}
    rules = {one.rule for one in gate_findings(replace(make_site(), texts=texts))}
    assert rules & {"BF-04", "BF-12"}


@pytest.mark.legal("BF-01", "BF-04")
def test_a_label_too_long_for_its_button_is_found_by_drawing(page: Page) -> None:
    """Texts that the allow-list would let through are measured all the same."""
    long = "Alle Cookies dieser Website und ihrer Partner verarbeiten lassen " * 3
    [config] = configs(positions=["bar"], languages=["en"])
    config["texts"] = {**config["texts"], "button.choose": long}
    page.set_viewport_size({"width": 320, "height": 256})
    found = {
        rule
        for pair in measure_in(page, [config], scheme="light")
        for rule, _ in inequalities(pair)
    }
    assert "BF-01" in found


@pytest.mark.legal("BF-04", "BF-21")
def test_no_rule_of_style_knows_refuse_from_accept() -> None:
    """What is drawn by the same rules is equal; the sheets name neither button."""
    for sheet in ("static/js/src/style.css", "static/css/pages.css"):
        text = (ROOT / sheet).read_text("utf-8")
        assert "refuse" not in text
        assert "accept" not in text


@pytest.mark.slow
@pytest.mark.legal("BF-04")
def test_publishing_measures_where_there_is_a_browser(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    install(home.path, home.keys, f"sqlite:///{home.database}")
    site_file = tmp_path / "programme.toml"
    site_file.write_text(make_site_text() + '\n[theme]\nposition = "box"\nbutton = "#0a7d4b"\n')
    environ = process_environment({"CONSENT_HOME": str(home.path)})
    dry = run_process(command("publish", site_file, "--dry-run"), environ)
    assert "Refuse and accept: equal, measured in 24 drawings." in dry.stdout, dry.stderr


def test_without_a_browser_nothing_is_measured() -> None:
    with ThreadPoolExecutor(1) as thread:
        measuring = thread.submit(measure, configs(languages=["en"]), executable="no-such-browser")
        with pytest.raises(BrowserUnavailableError, match="no browser no-such-browser"):
            measuring.result()


def test_a_site_in_every_language_has_every_language() -> None:
    assert site_in_every_language().languages == LANGUAGES
