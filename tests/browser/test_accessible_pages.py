"""The service's pages by axe, in every language, and in each way that visitors set up a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from consent.bundled import bundled
from consent.core.catalogue import LANGUAGES
from consent.core.config import load_site
from consent.services.clock import now_ms
from tests.browser.axe import page_faults
from tests.browser.every_language import site_in_every_language
from tests.browser.test_pages import follow, press
from tests.databases import copy_sqlite
from tests.service import Clock, close_apps, make_app

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

SAMPLE = [tag for tag in ("de", "ar", "zh") if tag in LANGUAGES]
ZOOMED = {"viewport": {"width": 320, "height": 256}}
WAYS: dict[str, dict[str, Any]] = {
    "dark": {"color_scheme": "dark"},
    "forced colours at 400 % zoom": {**ZOOMED, "forced_colors": "active"},
}


@dataclass(frozen=True)
class Served:
    """The demo's site in every language, on a port of this machine."""

    app: Flask
    site: str

    def addresses(self, language: str) -> dict[str, str]:
        """Return every page a visitor may come to, by what it is."""
        paths = {"preferences": "preferences", "policy": "policy", "access": "access"}
        pages = {name: f"{self.site}/{path}?lang={language}" for name, path in paths.items()}
        return {
            **pages,
            "verify": f"{self.site}/verify?lang={language}",
            "error": f"{self.site}/policy/none?lang={language}",
        }


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("pages")
    app: Flask | None = None
    server = make_server(
        "127.0.0.1", 0, lambda *request: app(*request) if app else [], threaded=True
    )
    origin = f"http://localhost:{server.server_port}"
    source = bundled("sites") / "programme.toml"
    site = site_in_every_language(load_site(source.read_text(encoding="utf-8"), source.name))
    site = replace(site, origins=(origin,), service_url=f"{origin}/consent")
    url = copy_sqlite(sqlite_template, folder)
    app = make_app(url, folder, site, clock=Clock(now_ms()), CONSENT_MOUNT="/consent")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Served(app, f"{origin}/consent/sites/programme")
    server.shutdown()
    thread.join()
    server.server_close()
    close_apps()


def open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


@pytest.mark.legal("AC-01", "AC-07", "AC-11", "AC-15")
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page_in_any_language(
    served: Served, new_page: NewPage, language: str
) -> None:
    page = new_page()
    faults = {}
    for name, address in served.addresses(language).items():
        page.goto(address)
        if language in SAMPLE:  # the tables within are long, and alike in every language
            open_details(page)
        assert page.get_attribute("html", "lang") == language, address
        if found := page_faults(page, contrast=False):
            faults[name] = found
    assert faults == {}


@pytest.mark.legal("AC-01", "AC-08", "AC-13")
@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing_in_any_way_of_seeing(
    served: Served, new_page: NewPage, way: str
) -> None:
    page = new_page(**WAYS[way])
    faults = {}
    for language in SAMPLE:
        for name, address in served.addresses(language).items():
            page.goto(address)
            open_details(page)
            found = page_faults(page)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append("it scrolls sideways")
            if found:
                faults[f"{language} {name}"] = found
    assert faults == {}


@pytest.mark.legal("AC-01", "AC-08", "AC-11")
def test_a_decided_page_and_the_text_shown_then_are_accessible_in_the_sample(
    served: Served, new_page: NewPage
) -> None:
    """With a choice there are a receipt, a history and the notice as it was shown."""
    for language in SAMPLE:
        page = new_page(viewport={"width": 320, "height": 568})
        page.goto(served.addresses(language)["preferences"])
        press(page, "accept_all")
        open_details(page)
        assert page_faults(page) == [], language
        follow(page, page.locator(".history a").first)
        open_details(page)
        assert page_faults(page) == [], language
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, language


@pytest.mark.legal("AC-08")
def test_pages_written_from_the_right_begin_at_the_right(served: Served, new_page: NewPage) -> None:
    if "ar" not in LANGUAGES:
        pytest.fail("there is no language from right to left in the catalogue")
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto(served.addresses("ar")["preferences"])
    sides = page.evaluate(
        """() => [...document.querySelectorAll("h1, .switch input, .site, .lead")].map((one) => {
          const { left, right } = one.getBoundingClientRect();
          const words = document.createRange();
          words.selectNodeContents(one);
          const inner = one.matches("input") ? one.getBoundingClientRect()
            : words.getBoundingClientRect();
          return innerWidth - inner.right < inner.left;
        })"""
    )
    assert len(sides) >= 5
    assert all(sides)


@pytest.mark.legal("AC-07")
def test_a_page_without_its_styles_reads_in_order(served: Served, new_page: NewPage) -> None:
    page = new_page()
    page.route("**/*.css*", lambda route: route.abort())
    page.goto(served.addresses("en")["preferences"])
    text = page.inner_text("body")
    buttons = ("Refuse all", "Accept all", "Save my choice")
    order = ("Skip to the content", "Cookie preferences", "Functional", *buttons)
    places = [text.index(one) for one in order]
    assert places == sorted(places)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
