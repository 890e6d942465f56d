"""The first layer: what it says, how its buttons compare, and that the page stays usable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import CATEGORIES, Website, choice_cookie
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

BUTTONS = ("#consent-refuse-all", "#consent-accept-all", "#consent-choose")
# An observer does it, after the banner is drawn.
HAS_MADE_ROOM = "document.documentElement.style.paddingBottom !== ''"
SIZES = ((320, 568), (320, 256), (768, 1024), (1280, 800))
LOOKS = (
    "fontSize", "fontWeight", "fontFamily", "color", "backgroundColor", "paddingTop",
    "paddingLeft", "borderTopWidth", "borderTopColor", "borderTopLeftRadius", "textTransform",
)  # fmt: skip


def open_banner(website: Website, new_page: NewPage, **options: Any) -> Page:
    page = new_page(**options)
    page.goto(website.page())
    expect(page.locator("#consent-banner")).to_be_visible()
    return page


def look(page: Page, selector: str) -> dict[str, str]:
    styles: dict[str, str] = page.eval_on_selector(
        selector,
        "(node, names) => Object.fromEntries(names.map(n => [n, getComputedStyle(node)[n]]))",
        list(LOOKS),
    )
    return styles


@pytest.mark.legal("BF-01", "BF-03", "BF-04", "AC-06", "AC-08")
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_three_buttons_are_equal_and_in_view(
    website: Website, new_page: NewPage, width: int, height: int
) -> None:
    page = open_banner(website, new_page, viewport={"width": width, "height": height})
    boxes = []
    for selector in BUTTONS:
        button = page.locator(selector)
        assert button.evaluate("node => node.tagName") == "BUTTON"
        expect(button).to_be_in_viewport(ratio=1)
        assert look(page, selector) == look(page, BUTTONS[0])
        boxes.append(button.bounding_box())
    sizes = {(round(box["width"]), round(box["height"])) for box in boxes if box}
    assert len(sizes) == 1
    assert min(next(iter(sizes))) >= 44
    rows = {round(box["y"]) for box in boxes if box}
    columns = {round(box["x"]) for box in boxes if box}
    assert len(rows) == 1 or len(columns) == 1
    banner = page.locator("#consent-banner").bounding_box()
    assert banner is not None
    assert banner["height"] <= height / 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.legal("BF-01", "BF-22", "AC-10")
def test_the_buttons_are_found_by_plain_names_and_stand_in_order(
    website: Website, new_page: NewPage
) -> None:
    page = open_banner(website, new_page)
    region = page.get_by_role("region", name=website.config["texts"]["banner.title"])
    expect(region).to_have_id("consent-banner")
    labels = [
        website.config["texts"][f"button.{n}"] for n in ("refuse_all", "accept_all", "choose")
    ]
    assert region.get_by_role("button").all_inner_texts() == labels


@pytest.mark.legal("BF-08", "BF-09", "BF-10", "BF-11", "BF-17")
def test_it_says_who_asks_what_for_and_how_to_withdraw(website: Website, new_page: NewPage) -> None:
    page = open_banner(website, new_page)
    banner = page.locator("#consent-banner")
    expect(banner).to_contain_text("Leiden University")
    expect(banner).to_contain_text(website.config["texts"]["banner.withdraw"])
    for category in website.config["categories"]:
        expect(banner).to_contain_text(category["label"])
        expect(banner).to_contain_text(category["description"])
    links = banner.get_by_role("link")
    assert [link.evaluate("one => one.pathname") for link in links.all()] == [
        website.config["preferences"],
        website.config["policy"],
        website.config["privacy"],
    ]
    assert "3" in links.nth(1).inner_text()
    links.nth(1).click()
    page.wait_for_url(website.url(website.config["policy"]))
    assert page.context.cookies() == []


@pytest.mark.legal("BF-02", "AC-02", "AC-03")
def test_it_is_first_in_the_tab_order_takes_no_focus_and_lets_it_go(
    website: Website, new_page: NewPage
) -> None:
    page = open_banner(website, new_page)
    assert page.evaluate("document.activeElement === document.body")
    seen = []
    for _ in range(7):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert seen[3:] == ["consent-refuse-all", "consent-accept-all", "consent-choose", "A"]
    assert page.evaluate("document.activeElement.closest('#consent-banner')") is None
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "consent-choose"


@pytest.mark.legal("BF-06", "BF-07", "BF-16", "BF-19", "PB-01", "PB-03")
def test_scrolling_escape_and_browsing_on_are_no_answer(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    tag = website.tag("ads")
    url = website.page(
        f'<main style="height:300vh"><a href="/">Home</a></main>'
        f'<script type="text/plain" data-consent="ads" src="{tag}"></script>'
    )
    for _ in range(3):
        page.goto(url)
        page.locator("#consent-refuse-all").focus()
        page.keyboard.press("Escape")
        page.mouse.wheel(0, 2000)
        page.mouse.click(5, 5)
        expect(page.locator("#consent-banner")).to_be_visible()
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert website.hosts() == {"localhost"}
    assert website.acts == []


@pytest.mark.legal("BF-15")
def test_the_page_stays_usable_down_to_its_last_line(website: Website, new_page: NewPage) -> None:
    website.page('<main style="height:1500px">Text</main><footer><a href="/">End</a></footer>')
    page = new_page(viewport={"width": 390, "height": 700})
    page.goto(website.url())
    banner = page.locator("#consent-banner")
    expect(banner).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).overflow") == "visible"
    wait_until(page, HAS_MADE_ROOM)
    page.evaluate("scrollTo(0, 1e6)")
    end, top = page.get_by_role("link", name="End").bounding_box(), banner.bounding_box()
    assert end is not None
    assert top is not None
    assert end["y"] + end["height"] <= top["y"]
    page.locator("#consent-refuse-all").click()
    expect(banner).to_have_count(0)
    wait_until(page, "document.documentElement.style.cssText === ''")


@pytest.mark.legal("AC-05")
def test_what_has_focus_is_not_hidden_behind_the_banner(
    website: Website, new_page: NewPage
) -> None:
    rows = "".join(f'<p><a href="/{n}">Link {n}</a></p>' for n in range(60))
    website.page(f"<main>{rows}</main>")
    page = new_page(viewport={"width": 390, "height": 700})
    page.goto(website.url())
    wait_until(page, HAS_MADE_ROOM)
    page.locator("#consent-choose").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getBoundingClientRect().bottom")
    top = page.evaluate("document.getElementById('consent-banner').getBoundingClientRect().top")
    assert focused <= top


@pytest.mark.legal("AC-02", "AC-12")
def test_focus_goes_back_to_where_the_visitor_was(website: Website, new_page: NewPage) -> None:
    page = open_banner(website, new_page)
    home = page.get_by_role("link", name="Home")
    home.focus()
    page.locator("#consent-choose").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#consent-banner")).to_have_count(0)
    expect(home).to_be_focused()
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.saved"])


@pytest.mark.legal("AC-02", "AC-12")
def test_who_came_straight_to_the_banner_goes_on_at_the_start_of_the_page(
    website: Website, new_page: NewPage
) -> None:
    page = open_banner(website, new_page)
    page.locator("#consent-refuse-all").focus()
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    expect(status).to_be_focused()
    expect(status).to_have_text(website.config["texts"]["announce.saved"])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Home")).to_be_focused()


@pytest.mark.legal("BF-02")
@pytest.mark.parametrize("button", ["refuse_all", "accept_all"])
def test_one_click_answers(website: Website, new_page: NewPage, button: str) -> None:
    page = open_banner(website, new_page)
    page.locator(f"#consent-{button.replace('_', '-')}").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    wait_until(page, "document.cookie.includes('consent=')")
    (act,) = website.acts
    assert act["control"] == button
    assert act["layer"] == "banner"
    assert act["choices"] == dict.fromkeys(CATEGORIES, button == "accept_all")
    assert act["notice_token"] == "token-en"
    assert set(act) == {"submission_id", "notice_token", "control", "layer", "choices"}


@pytest.mark.legal("RE-01", "RE-06")
def test_only_what_changed_is_asked_again(website: Website, new_page: NewPage) -> None:
    website.config["earlier"] = {"aaaaaaaaaaaaaaaa": ["ads"]}
    page = new_page()
    old = choice_cookie("functional", scope="aaaaaaaaaaaaaaaa")
    page.context.add_cookies([{"name": "consent", "value": old, "url": website.url()}])
    page.goto(website.page())
    banner = page.locator("#consent-banner")
    expect(banner).to_contain_text(website.config["texts"]["banner.again"])
    assert banner.locator("p strong").count() == 1
    expect(banner.locator("p strong")).to_contain_text("Ads")
    assert page.evaluate("consent.state.status") == "renewal_needed"
    assert page.evaluate("consent.allows('functional')") is True
    page.locator("#consent-refuse-all").click()
    expect(banner).to_have_count(0)
    wait_until(page, "!document.cookie.includes('aaaaaaaaaaaaaaaa')")
    assert website.acts[0]["choices"] == {
        "functional": True,
        "personalisation": False,
        "ads": False,
    }


@pytest.mark.legal("CO-09")
def test_a_site_with_nothing_to_choose_shows_nothing(website: Website, new_page: NewPage) -> None:
    website.config["categories"] = []
    page = new_page()
    page.goto(website.page())
    wait_until(page, "self.consent && consent.state")
    page.wait_for_timeout(200)
    assert page.locator("[id^=consent]").count() == 0
    assert page.evaluate("consent.state.choices") == {}


@pytest.mark.parametrize(
    "script",
    [
        '<script src="{}"></script>',
        '<script src="{}" async></script>',
        '<script src="{}" defer></script>',
    ],
)
def test_it_may_be_loaded_in_any_way(website: Website, new_page: NewPage, script: str) -> None:
    page = new_page()
    page.goto(website.page(script=script.format("/consent/sites/programme/banner.js")))
    expect(page.locator("body > :first-child")).to_have_id("consent-banner")


def test_a_second_copy_does_nothing(website: Website, new_page: NewPage) -> None:
    page = new_page()
    once = '<script src="/consent/sites/programme/banner.js"></script>'
    page.goto(website.page(script=once + once))
    expect(page.locator("#consent-banner")).to_have_count(1)
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    expect(page.locator("#consent-control")).to_have_count(1)
    wait_until(page, "document.cookie.includes('consent=')")
    assert len(website.acts) == 1


def test_it_shifts_nothing_on_the_page(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        "self.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => self.shift += entry.value)).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(website.page("<main><h1>Programme</h1>" + "<p>Text</p>" * 100 + "</main>"))
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.wait_for_timeout(200)
    assert page.evaluate("self.shift") == 0
