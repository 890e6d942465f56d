"""Both layers by axe, in every language, in each way that visitors set up their browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from consent.core.catalogue import LANGUAGES, load_language
from tests.browser.axe import look_at, page_faults
from tests.browser.every_language import configs
from tests.browser.script_fixture import Website

# Each takes all languages, one after the other: much on a busy machine.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
NewPage = Callable[..., Page]

BODY = "<header><a href='/'>University</a></header><main><h1>Page</h1><p>Text</p></main>"
# WCAG 1.4.12, as its own technique puts it.
SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
    " word-spacing: 0.16em !important } p { margin-bottom: 2em !important }"
)
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 320, "height": 568}}
ZOOMED = {"viewport": {"width": 320, "height": 256}}
WAYS: dict[str, dict[str, Any]] = {
    "light": DESK,
    "dark": {**DESK, "color_scheme": "dark"},
    "forced colours": {**DESK, "forced_colors": "active"},
    "forced colours, dark": {**PHONE, "forced_colors": "active", "color_scheme": "dark"},
    "320 pixels": PHONE,
    "400 % zoom": ZOOMED,
}
# Axe reads every language by day and by night. What else a visitor sets changes the style alone,
# and there it reads a plain one, long ones, one from the right, and one without spaces; whether
# the words fit is measured in every language, each time.
BY_STYLE = ("en", "de", "el", "ar", "zh")
JUDGED: dict[str, Sequence[str]] = {"light": LANGUAGES, "dark": LANGUAGES}


def opened(website: Website, new_page: NewPage, options: dict[str, Any]) -> Page:
    page = new_page(**options)
    page.goto(website.page(BODY, script=""))
    return page


def faults(seen: list[dict[str, Any]]) -> list[str]:
    """Return every fault of what was seen, with its language and layer."""
    wrong = []
    for one in seen:
        at = f"{one['language']} {one['layer']}"
        wrong += [f"{at}: {fault}" for fault in one["faults"]]
        wrong += [f"{at}: clipped {label!r}" for label in one["clipped"]]
        wrong += [f"{at}: small target {label!r}" for label in one["small"]]
        wrong += [f"{at}: buttons out of view"] * (not one["inView"])
        wrong += [f"{at}: scrolls sideways"] * one["sideways"]
        if one["layer"] == "banner" and one["share"] > 0.5:
            wrong.append(f"{at}: covers {one['share']:.2f} of the view's height")
    return wrong


@pytest.mark.legal("AC-01", "AC-06", "AC-07", "AC-08", "AC-11", "AC-13", "AC-15")
@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing_in_any_language(website: Website, new_page: NewPage, way: str) -> None:
    page = opened(website, new_page, WAYS[way])
    seen = look_at(page, configs(positions=["bar"]), judged=JUDGED.get(way, BY_STYLE))
    assert len(seen) == 2 * len(LANGUAGES)
    assert faults(seen) == []


@pytest.mark.legal("AC-01", "BF-21")
@pytest.mark.parametrize("position", ["box", "centre"])
def test_axe_finds_nothing_in_any_place(website: Website, new_page: NewPage, position: str) -> None:
    few = [tag for tag in BY_STYLE if tag in LANGUAGES]
    for options in (DESK, {"viewport": {"width": 700, "height": 900}}, ZOOMED):
        page = opened(website, new_page, options)
        seen = look_at(page, configs(positions=[position], languages=few))
        assert [fault for fault in faults(seen) if ": covers" not in fault] == []


@pytest.mark.legal("AC-08", "AC-11")
def test_what_is_written_from_the_right_is_drawn_from_the_right(
    website: Website, new_page: NewPage
) -> None:
    right = [tag for tag in LANGUAGES if load_language(tag).direction == "rtl"] or ["en"]
    page = opened(website, new_page, DESK)
    drawn = configs(positions=["bar"], languages=right)
    for config in drawn:
        config["dir"] = "rtl"
    assert faults(look_at(page, drawn)) == []
    website.config.update(dir="rtl")
    page.goto(website.page(BODY))
    banner = page.locator("#consent-banner")
    assert banner.evaluate("one => getComputedStyle(one).direction") == "rtl"
    title, button = (
        banner.locator("h2").bounding_box(),
        banner.locator("button").first.bounding_box(),
    )
    assert title
    assert button
    assert title["x"] > button["x"]


@pytest.mark.legal("AC-08")
@pytest.mark.parametrize("options", [DESK, PHONE], ids=["desk", "phone"])
def test_wider_spacing_of_text_hides_nothing(
    website: Website, new_page: NewPage, options: dict[str, Any]
) -> None:
    page = opened(website, new_page, options)
    page.add_style_tag(content=SPACING)
    assert faults(look_at(page, configs(positions=["bar"]), judged=BY_STYLE)) == []


@pytest.mark.legal("AC-08")
@pytest.mark.parametrize(
    "view", [(1280, 800), (768, 1024), (390, 844)], ids=["desk", "tablet", "phone"]
)
def test_letters_twice_as_large_hide_nothing(
    website: Website, new_page: NewPage, view: tuple[int, int]
) -> None:
    page = opened(website, new_page, {"viewport": {"width": view[0], "height": view[1]}})
    page.context.new_cdp_session(page).send(
        "Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}}
    )
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert faults(look_at(page, configs(positions=["bar"]), judged=BY_STYLE)) == []


@pytest.mark.legal("AC-01", "AC-09", "AC-10")
@pytest.mark.parametrize("options", [DESK, {**PHONE, "forced_colors": "active"}], ids=str)
def test_axe_finds_nothing_after_the_choice(
    website: Website, new_page: NewPage, options: dict[str, Any]
) -> None:
    """The control on every page, a placeholder for an embed, and what is announced."""
    website.behaviour = "down"
    film = '<main><iframe data-consent="ads" data-src="/embed" title="Film"></iframe></main>'
    page = new_page(**options)
    page.goto(website.page(BODY.replace("<main>", film[:-7])))
    page.locator("#consent-refuse-all").click()
    expect(page.locator("#consent-status")).not_to_be_empty()
    expect(page.locator(".consent-embed")).to_be_visible()
    for button in page.locator(".consent-embed button, #consent-controls button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
    assert [fault for fault in page_faults(page) if "consent" in fault] == []
