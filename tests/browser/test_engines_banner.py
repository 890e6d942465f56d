"""Both layers in every engine: equal buttons, the keyboard, focus, what is said, and every view."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.engines import NewVisitor, Settings, Visitor, eventually
from tests.browser.script_fixture import CATEGORIES, SCRIPT, THEME, Website

pytestmark = pytest.mark.browser

ALL = dict.fromkeys(CATEGORIES, True)
NONE = dict.fromkeys(CATEGORIES, False)
BANNER = "#consent-banner"
DIALOG = "#consent-dialog"
REFUSE, ACCEPT, CHOOSE = "consent-refuse-all", "consent-accept-all", "consent-choose"
STATUS = "#consent-status"
DIALOG_BUTTONS = ("consent-dialog-refuse-all", "consent-dialog-accept-all", "consent-save")
LOOKS = (
    "fontSize", "fontWeight", "fontFamily", "lineHeight", "color", "backgroundColor",
    "paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "borderTopWidth",
    "borderTopStyle", "borderTopColor", "borderTopLeftRadius", "textTransform",
    "textDecorationLine", "opacity", "boxShadow", "visibility", "cursor",
)  # fmt: skip
VIEWS = ((1280, 800), (768, 600), (320, 568))
PAGE = "<main><h1>Programme</h1><a id=home href=/>Home</a><button id=own>Own</button></main>"
# For engines without the signal: what the engine would say.
SAY_GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"


def open_banner(visitor: Visitor, website: Website, **page: Any) -> None:
    visitor.goto(website.page(PAGE, **page))
    visitor.wait_for(BANNER)
    visitor.wait_until(f"() => getComputedStyle(document.querySelector('{BANNER}')).position"
                       " === 'fixed'")  # fmt: skip


def assert_equal(visitor: Visitor, buttons: tuple[str, ...], view: tuple[int, int]) -> None:
    """Check by the rules of the legal checklist that buttons are equal, whole and in view."""
    looks = [visitor.style(f"#{button}", *LOOKS) for button in buttons]
    assert looks[1:] == looks[:-1]
    boxes = [visitor.box(f"#{button}") for button in buttons]
    areas = [box["width"] * box["height"] for box in boxes]
    assert min(areas) / max(areas) >= 0.95
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44
    is_row = len({round(box["y"]) for box in boxes}) == 1
    is_stack = len({(round(box["x"]), round(box["width"])) for box in boxes}) == 1
    assert is_row or is_stack
    width, height = view
    for box in boxes:
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height


def wait_for_act(website: Website, control: str, choices: dict[str, bool]) -> None:
    eventually(lambda: website.acts, f"{control} is sent")
    assert [(act["control"], act["choices"]) for act in website.acts] == [(control, choices)]


@pytest.mark.legal("BF-01", "BF-03", "BF-04", "BF-22", "SL-03", "AC-06")
def test_three_equal_buttons_on_both_layers(visitor: Visitor, website: Website) -> None:
    for view in VIEWS:
        # Anew each time, since a pointer or focus on one of them would mark it.
        visitor.set_window(*view)
        open_banner(visitor, website)
        assert visitor.evaluate(
            f"() => [...document.querySelectorAll('{BANNER} button')].map(one => one.id)"
        ) == [REFUSE, ACCEPT, CHOOSE]
        assert_equal(visitor, (REFUSE, ACCEPT, CHOOSE), view)
        visitor.evaluate("() => consent.open()")
        visitor.wait_for(f"{DIALOG}:modal")
        assert_equal(visitor, DIALOG_BUTTONS, view)


@pytest.mark.legal("BF-02", "BF-22", "AC-02", "AC-03")
def test_a_named_region_is_first_for_the_keyboard_and_lets_it_go(
    visitor: Visitor, website: Website
) -> None:
    open_banner(visitor, website)
    name = website.config["texts"]["banner.title"]
    region = "() => (({ tagName, ariaLabel }) => [tagName, ariaLabel])"
    assert visitor.evaluate(f"{region}(document.querySelector('{BANNER}'))") == ["SECTION", name]
    assert visitor.focused() == "BODY"
    before = visitor.tab_to(f"#{REFUSE}")
    inside = f"() => !!document.activeElement.closest('{BANNER}')"
    # Links, and in some engines the part that scrolls.
    assert not set(before) & {"BODY", "home", "own"}
    assert visitor.evaluate(inside)
    assert visitor.style(f"#{REFUSE}", "outlineStyle", "outlineWidth") == {
        "outlineStyle": "solid",
        "outlineWidth": "3px",
    }
    for stop in (ACCEPT, CHOOSE, "home"):
        visitor.press("Tab")
        assert visitor.focused() == stop
    assert not visitor.evaluate(inside)
    visitor.press("Tab", is_shifted=True)
    assert visitor.focused() == CHOOSE


@pytest.mark.legal("BF-02", "AC-02", "AC-12", "PB-03")
@pytest.mark.parametrize(("button", "key"), [("refuse", "Enter"), ("accept", " ")])
def test_one_key_answers_and_focus_goes_on_at_the_start_of_the_page(
    visitor: Visitor, website: Website, button: str, key: str
) -> None:
    open_banner(visitor, website)
    assert visitor.cookies() == {}
    visitor.tab_to(f"#consent-{button}-all")
    visitor.press(key)
    visitor.wait_without(BANNER)
    visitor.wait_for_focus(STATUS)
    visitor.wait_for_text(STATUS, website.config["texts"]["announce.saved"])
    assert visitor.evaluate(f"() => document.querySelector('{STATUS}').role") == "status"
    wait_for_act(website, f"{button}_all", ALL if button == "accept" else NONE)
    visitor.wait_for_cookie("consent=")
    assert visitor.stored() == []
    visitor.press("Tab")
    assert visitor.focused() == "home"


@pytest.mark.legal("AC-02", "AC-12")
def test_focus_goes_back_to_where_the_visitor_was(visitor: Visitor, website: Website) -> None:
    open_banner(visitor, website)
    visitor.evaluate("() => document.querySelector('#home').focus()")
    for stop in (CHOOSE, ACCEPT, REFUSE):
        visitor.press("Tab", is_shifted=True)
        assert visitor.focused() == stop
    visitor.press("Enter")
    visitor.wait_without(BANNER)
    visitor.wait_for_focus("#home")
    visitor.wait_for_text(STATUS, website.config["texts"]["announce.saved"])


@pytest.mark.legal("BF-07", "SL-08", "AC-02", "AC-04", "AC-12")
def test_leaving_the_dialog_is_no_consent_and_gives_focus_back(
    visitor: Visitor, website: Website
) -> None:
    open_banner(visitor, website)
    visitor.tab_to(f"#{CHOOSE}")
    for leave in ("Escape", "Enter"):
        visitor.press("Enter")
        visitor.wait_for(f"{DIALOG}:modal")
        assert visitor.evaluate("() => !!document.activeElement.closest('dialog')")
        visitor.tab_to("#consent-category-ads")
        visitor.press(" ")
        assert visitor.evaluate("() => document.querySelector('#consent-category-ads').checked")
        if leave == "Enter":
            visitor.tab_to("#consent-close")
        visitor.press(leave)
        visitor.wait_without(DIALOG)
        visitor.wait_for_focus(f"#{CHOOSE}")
    assert visitor.sees(BANNER)
    assert visitor.cookies() == {}
    assert visitor.stored() == []
    assert website.acts == []


@pytest.mark.legal("AC-02", "AC-04")
def test_nothing_of_the_page_has_focus_while_the_dialog_is_open(
    visitor: Visitor, website: Website
) -> None:
    open_banner(visitor, website)
    visitor.click(f"#{CHOOSE}")
    visitor.wait_for(f"{DIALOG}:modal")
    stops = []
    for _ in range(12):
        visitor.press("Tab")
        stops.append(visitor.focused())
        # On its way around, focus may be in the browser's own controls.
        assert visitor.evaluate("() => !document.activeElement.closest('main, #consent-banner')"), (
            stops
        )
    assert set(stops) >= {"consent-category-ads", "consent-close", *DIALOG_BUTTONS}


@pytest.mark.legal("SL-01", "SL-02", "SL-04", "AC-02")
def test_one_category_is_chosen_by_keyboard_alone(visitor: Visitor, website: Website) -> None:
    open_banner(visitor, website)
    visitor.tab_to(f"#{CHOOSE}")
    visitor.press(" ")
    visitor.wait_for(DIALOG)
    visitor.tab_to("#consent-category-ads")
    visitor.press(" ")
    visitor.tab_to("#consent-save")
    visitor.press("Enter")
    visitor.wait_without(DIALOG)
    visitor.wait_without(BANNER)
    visitor.wait_for_text(STATUS, website.config["texts"]["announce.saved"])
    wait_for_act(website, "save", NONE | {"ads": True})
    visitor.reload()
    visitor.wait_for("#consent-control")
    assert not visitor.sees(BANNER)
    visitor.click("#consent-control")
    visitor.wait_for(DIALOG)
    ticked = "() => [...document.querySelectorAll(':checked')].map(one => one.name)"
    assert visitor.evaluate(ticked) == ["ads"]


@pytest.mark.legal("SG-01", "SG-05")
def test_a_privacy_signal_keeps_ads_off_and_is_explained(
    new_visitor: NewVisitor, website: Website
) -> None:
    visitor = new_visitor(Settings(asks_for_privacy=True))
    ours = f'<script src="{SCRIPT}" defer></script>'
    stand_in = "" if visitor.has_gpc else f"<script>{SAY_GPC}</script>"
    open_banner(visitor, website, script=stand_in + ours)
    assert website.config["texts"]["banner.gpc"] in visitor.text(BANNER)
    visitor.click(f"#{ACCEPT}")
    visitor.wait_for_text(STATUS, website.config["texts"]["announce.saved_gpc"])
    wait_for_act(website, "accept_all", ALL | {"ads": False})
    acts = [seen for seen in website.seen if seen.path.endswith("/consents")]
    told = [seen.headers.get("Sec-GPC") for seen in acts]
    assert told == ["1" if visitor.has_gpc else None]


@pytest.mark.legal("AC-07", "AC-08", "AC-13")
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_nothing_is_cut_off_on_a_telephone_in_either_direction(
    new_visitor: NewVisitor, website: Website, *, is_dark: bool
) -> None:
    visitor = new_visitor(Settings(is_dark=is_dark))
    surface = THEME["surface_dark" if is_dark else "surface"]
    colour = "rgb({}, {}, {})".format(*bytes.fromhex(str(surface)[1:]))
    for direction in ("ltr", "rtl"):
        website.config["dir"] = direction
        open_banner(visitor, website)
        visitor.set_window(320, 568)
        assert visitor.style(BANNER, "backgroundColor", "direction") == {
            "backgroundColor": colour,
            "direction": direction,
        }
        assert visitor.sees_nothing_cut_off()
        assert visitor.box(BANNER)["height"] <= 568 / 2
        visitor.click(f"#{CHOOSE}")
        visitor.wait_for(DIALOG)
        assert visitor.style(DIALOG, "backgroundColor")["backgroundColor"] == colour
        assert visitor.sees_nothing_cut_off()
        box = visitor.box("#consent-category-ads")
        assert (box["x"] > 160) == (direction == "rtl")
        visitor.press("Escape")
        visitor.wait_without(DIALOG)


@pytest.mark.legal("BF-16")
def test_a_choice_in_one_tab_is_noticed_in_the_other(visitor: Visitor, website: Website) -> None:
    open_banner(visitor, website)
    visitor.open_tab()
    open_banner(visitor, website)
    visitor.click(f"#{ACCEPT}")
    visitor.wait_without(BANNER)
    visitor.wait_for_cookie("consent=")
    visitor.turn_to(0)
    visitor.wait_without(BANNER)
    assert visitor.evaluate("() => consent.state.choices") == ALL
    assert len(website.acts) == 1
