"""The service's own pages in a real browser: without script, by keyboard, small, dark, by axe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page
from werkzeug.serving import make_server

from consent.bundled import bundled
from consent.core.config import load_site
from consent.services.clock import now_ms
from tests.browser.axe import page_faults
from tests.databases import copy_sqlite
from tests.service import Clock, make_app
from tests.web.visitor import events_of

pytestmark = pytest.mark.browser

LONG_NAME = "_a_very_long_cookie_name_that_somebody_once_thought_was_a_good_idea"
PHONE = {"viewport": {"width": 390, "height": 844}}
BUTTONS = ("refuse_all", "accept_all", "save")

NewPage = Callable[..., Page]


@dataclass(frozen=True)
class Served:
    """The service on a port of this machine, with the demo's site published."""

    app: Flask
    origin: str

    @property
    def preferences(self) -> str:
        return f"{self.origin}/consent/sites/programme/preferences"

    @property
    def policy(self) -> str:
        return f"{self.origin}/consent/sites/programme/policy"


@pytest.fixture
def served(tmp_path: Path, sqlite_template: Path) -> Iterator[Served]:
    app: Flask | None = None
    server = make_server(
        "127.0.0.1", 0, lambda *request: app(*request) if app else [], threaded=True
    )
    origin = f"http://localhost:{server.server_port}"
    source = bundled("sites") / "programme.toml"
    site = load_site(source.read_text(encoding="utf-8"), source.name)
    ads = next(one for one in site.trackers if one.name == "_study_ads_*")
    site = replace(
        site,
        origins=(origin,),
        service_url=f"{origin}/consent",
        trackers=(*site.trackers, replace(ads, name=LONG_NAME)),
    )
    url = copy_sqlite(sqlite_template, tmp_path)
    app = make_app(url, tmp_path, site, clock=Clock(now_ms()), CONSENT_MOUNT="/consent")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Served(app, origin)
    server.shutdown()
    thread.join()
    server.server_close()


def button(page: Page, value: str) -> Locator:
    return page.locator(f'main button[value="{value}"]:visible')


def follow(page: Page, link: Locator) -> None:
    """Click on what leads to another page, and wait until that has loaded."""
    with page.expect_navigation():
        link.click()


def press(page: Page, value: str) -> None:
    follow(page, button(page, value).first)
    assert "act=" in page.url


def is_ticked(page: Page) -> list[str]:
    boxes = page.locator('[name="allow"]')
    return [str(one.get_attribute("value")) for one in boxes.all() if one.is_checked()]


@pytest.mark.legal("SL-09", "SL-02", "SL-08", "WD-01", "WD-02", "WD-03")
def test_a_visitor_without_script_chooses_and_withdraws(served: Served, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(served.preferences)
    page.get_by_label("Ads", exact=True).check()
    page.goto(served.policy)
    page.goto(served.preferences)
    assert is_ticked(page) == []  # left without saving
    assert events_of(served.app) == []
    page.get_by_label("Functional", exact=True).check()
    follow(page, page.get_by_role("button", name="Save my choice"))
    assert "Your choice is saved." in page.inner_text(".message")
    assert is_ticked(page) == ["functional"]
    follow(page, page.locator("footer").get_by_role("button", name="Withdraw all"))
    assert "Your consent is withdrawn." in page.inner_text(".message")
    assert is_ticked(page) == []
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert names == {"consent"}
    assert len(events_of(served.app)) == 2


@pytest.mark.legal("SL-03", "BF-04", "AC-07")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_three_buttons_look_the_same(
    served: Served, new_page: NewPage, scheme: str, width: int
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(served.preferences)
    looks = [
        button(page, value).evaluate(
            """one => {
              const { width, height } = one.getBoundingClientRect(), style = getComputedStyle(one);
              const names = ["fontSize", "fontWeight", "fontFamily", "color", "backgroundColor",
                "borderTopColor", "borderTopWidth", "paddingLeft", "paddingTop", "opacity"];
              return [Math.round(width), Math.round(height), ...names.map(name => style[name])];
            }"""
        )
        for value in BUTTONS
    ]
    assert looks[0] == looks[1] == looks[2]
    tops = {round(box["y"]) for value in BUTTONS if (box := button(page, value).bounding_box())}
    assert len(tops) == (1 if width == 1280 else 3)


def states(page: Page, served: Served) -> Iterator[str]:
    """Take a page through everything there is to see, and say where it is."""
    page.goto(served.preferences)
    yield "undecided"
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    yield "opened"
    page.get_by_label("Functional", exact=True).check()
    press(page, "save")
    yield "decided"
    follow(page, page.locator(".history a").first)
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    yield "notice"
    page.goto(f"{served.preferences}?lang=nl")
    press(page, "withdraw_all")
    yield "withdrawn"
    page.goto(served.policy)
    yield "policy"
    page.goto(f"{served.policy}/none")
    yield "error"


@pytest.mark.legal("AC-01", "AC-07", "AC-09", "AC-11")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(served: Served, new_page: NewPage, scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    for state in states(page, served):
        assert page_faults(page) == [], state


@pytest.mark.legal("AC-08")
def test_nothing_scrolls_sideways_at_320_pixels(served: Served, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 320, "height": 256})
    for state in states(page, served):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, state


def test_tables_fit_on_a_desk_with_the_longest_names(served: Served, new_page: NewPage) -> None:
    for width in (840, 1280):
        page = new_page(viewport={"width": width, "height": 800})
        for state in states(page, served):
            assert page.evaluate("document.documentElement.scrollWidth") <= width, state
            for table in page.locator("table:visible").all():
                box, around = table.bounding_box(), table.locator("..").bounding_box()
                assert box
                assert around
                assert box["width"] <= around["width"], state


@pytest.mark.legal("AC-06")
@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_targets_are_large_enough_for_a_thumb(
    served: Served, new_page: NewPage, options: dict[str, Any]
) -> None:
    page = new_page(**options)
    page.goto(served.preferences)
    press(page, "accept_all")
    for one in page.locator("button:visible, summary, .links a, nav a, .switch label").all():
        box = one.bounding_box()
        assert box
        assert box["height"] >= 44, one.inner_text()


@pytest.mark.legal("AC-02", "AC-12")
def test_everything_works_by_keyboard(served: Served, new_page: NewPage) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.goto(served.preferences)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "functional"
    page.keyboard.press("Space")
    assert is_ticked(page) == ["functional"]
    outline = page.locator("#allow-functional").evaluate(
        "one => getComputedStyle(one).outlineStyle"
    )
    assert outline == "solid"
    order = []
    for _ in range(20):
        page.keyboard.press("Tab")
        order.append(str(page.evaluate("document.activeElement.value || ''")))
        if order[-1] == "save":
            break
    assert tuple(order[-3:]) == BUTTONS
    assert "POST" not in asked
    page.keyboard.press("Enter")
    page.wait_for_url("**act=**")
    assert page.evaluate("document.activeElement.className") == "message"
    assert page.title().startswith("Your choice is saved.")


def test_enter_on_a_switch_saves_what_is_switched_on(served: Served, new_page: NewPage) -> None:
    page = new_page()
    page.goto(served.preferences)
    page.get_by_label("Ads", exact=True).check()
    page.get_by_label("Ads", exact=True).press("Enter")
    page.wait_for_url("**act=**")
    assert is_ticked(page) == ["ads"]


@pytest.mark.legal("PB-04", "PB-16", "CT-10")
def test_the_pages_ask_nobody_else_and_keep_nothing_else(served: Served, new_page: NewPage) -> None:
    page = new_page()
    asked: set[str] = set()
    blocked: list[str] = []
    page.on("request", lambda request: asked.add(request.url))
    page.on("console", lambda message: blocked.append(message.text))
    for state in states(page, served):
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0, state
    assert all(url.startswith((served.origin, "data:")) for url in asked)
    assert [text for text in blocked if "Content Security Policy" in text] == []


@pytest.mark.legal("AC-13", "AC-09")
def test_switches_are_seen_in_forced_colours_and_move_only_where_wanted(
    served: Served, new_page: NewPage
) -> None:
    page = new_page(forced_colors="active", reduced_motion="reduce")
    page.goto(served.preferences)
    style = page.locator("#allow-ads").evaluate(
        "one => [getComputedStyle(one).appearance,"
        " getComputedStyle(one, '::before').transitionDuration]"
    )
    assert style == ["auto", "0s"]
