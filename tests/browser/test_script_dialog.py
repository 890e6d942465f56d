"""The second layer, and the control that reopens it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import CATEGORIES, Website, choice_cookie
from tests.browser.test_script_banner import look
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

BUTTONS = ("#consent-dialog-refuse-all", "#consent-dialog-accept-all", "#consent-save")


def with_choice(website: Website, page: Page, *granted: str) -> None:
    cookie = {"name": "consent", "value": choice_cookie(*granted), "url": website.url()}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def open_dialog(website: Website, page: Page) -> None:
    page.goto(website.page())
    page.locator("#consent-choose").click()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.legal("BF-05", "SL-01", "SL-02", "SL-05", "AC-09")
def test_every_category_is_a_switch_of_its_own_and_off(website: Website, new_page: NewPage) -> None:
    page = new_page()
    open_dialog(website, page)
    dialog = page.get_by_role("dialog", name=website.config["texts"]["dialog.title"])
    boxes = dialog.get_by_role("checkbox")
    assert boxes.count() == len(CATEGORIES)
    for category in website.config["categories"]:
        box = dialog.get_by_role("checkbox", name=category["label"], exact=True)
        expect(box).not_to_be_checked()
        expect(box).to_have_accessible_description(category["description"])
    expect(dialog).to_contain_text(website.config["texts"]["dialog.necessary_text"])


@pytest.mark.legal("SL-03")
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_its_three_buttons_are_equal(website: Website, new_page: NewPage, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 700})
    open_dialog(website, page)
    sizes = set()
    for selector in BUTTONS:
        expect(page.locator(selector)).to_be_in_viewport(ratio=1)
        box = page.locator(selector).bounding_box()
        assert box is not None
        sizes.add((round(box["width"]), round(box["height"]), round(box["y"])))
        assert look(page, selector) == look(page, BUTTONS[0])
    assert len(sizes) == 1


@pytest.mark.legal("AC-04", "BF-07", "SL-08", "AC-12")
@pytest.mark.parametrize("leave", ["Escape", "close"])
def test_leaving_changes_nothing_and_gives_focus_back(
    website: Website, new_page: NewPage, leave: str
) -> None:
    page = new_page()
    open_dialog(website, page)
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.get_by_label("Ads", exact=True).check()
    if leave == "Escape":
        page.keyboard.press("Escape")
    else:
        page.locator("#consent-close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#consent-choose")).to_be_focused()
    expect(page.locator("#consent-banner")).to_be_visible()
    assert page.context.cookies() == []
    assert website.acts == []


@pytest.mark.legal("AC-02", "AC-04")
def test_focus_stays_within(website: Website, new_page: NewPage) -> None:
    page = new_page()
    open_dialog(website, page)
    for _ in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || "
                             "document.activeElement.closest('dialog') !== null")  # fmt: skip


@pytest.mark.legal("SL-01", "SL-02", "SL-04")
@pytest.mark.parametrize("granted", [(), ("ads",), ("functional", "personalisation")])
def test_saving_stores_what_is_ticked_and_shows_it_again(
    website: Website, new_page: NewPage, granted: tuple[str, ...]
) -> None:
    page = new_page()
    open_dialog(website, page)
    for name in granted:
        page.locator(f"#consent-category-{name}").check()
    page.locator("#consent-save").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    wait_until(page, "document.cookie.includes('consent=')")
    (act,) = website.acts
    assert (act["control"], act["layer"]) == ("save", "dialog")
    assert act["choices"] == {name: name in granted for name in CATEGORIES}
    page.reload()
    page.locator("#consent-control").click()
    for name in CATEGORIES:
        expect(page.locator(f"#consent-category-{name}")).to_be_checked(checked=name in granted)


@pytest.mark.legal("SL-03")
@pytest.mark.parametrize("control", ["refuse_all", "accept_all"])
def test_all_or_nothing_is_one_click_whatever_is_ticked(
    website: Website, new_page: NewPage, control: str
) -> None:
    page = new_page()
    open_dialog(website, page)
    page.locator("#consent-category-ads").check()
    page.locator(f"#consent-dialog-{control.replace('_', '-')}").click()
    wait_until(page, "document.cookie.includes('consent=')")
    assert website.acts[0]["control"] == control
    assert website.acts[0]["choices"] == dict.fromkeys(CATEGORIES, control == "accept_all")


@pytest.mark.legal("WD-01", "AC-14")
def test_the_control_is_on_every_page_after_the_choice(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page)
    website.page(path="/other")
    for path in ("/other", "/"):
        page.goto(website.page(path=path))
        control = page.get_by_role("button", name=website.config["texts"]["control.label"])
        expect(control).to_be_in_viewport(ratio=1)
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    control.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(control).to_be_focused()


def test_a_page_may_offer_a_place_for_the_control(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page("<main>Text</main><footer><p data-consent-control></p></footer>"))
    expect(page.locator("footer #consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_be_visible()


def test_links_of_the_page_open_and_withdraw(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(
        website.page(
            '<main><a href="/consent/sites/programme/preferences" data-consent-open>Cookies</a>'
            "<button data-consent-withdraw>Take it back</button></main>"
        )
    )
    page.get_by_role("link", name="Cookies").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Take it back").click()
    wait_until(page, "document.cookie.includes('ads-0')")
    assert website.acts[0]["control"] == "withdraw_all"


def test_the_programming_interface_opens_withdraws_and_tells(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    page.add_init_script(
        "self.told = []; for (const name of ['consent:ready', 'consent:change'])"
        "document.addEventListener(name, event => told.push([name, event.detail]))"
    )
    page.goto(website.page())
    wait_until(page, "self.consent && consent.state")
    state = page.evaluate("consent.state")
    assert state["status"] == "decided"
    assert state["choices"] == {"functional": False, "personalisation": False, "ads": True}
    assert state["gpc"] is False
    assert state["decidedOn"] < state["validUntil"]
    page.evaluate("self.called = []; self.stop = consent.onChange(c => called.push(c)); null")
    page.evaluate("consent.withdraw()")
    wait_until(page, "document.cookie.includes('ads-0')")
    none = {"functional": False, "personalisation": False, "ads": False}
    change = {"choices": none, "changed": ["ads"], "source": "withdraw_all"}
    assert page.evaluate("called") == [change]
    known = list(state["choices"])
    ready = {"choices": state["choices"], "changed": known, "source": "load"}
    assert page.evaluate("told") == [["consent:ready", ready], ["consent:change", change]]
    page.evaluate("stop(); consent.open()")
    page.locator("#consent-dialog-accept-all").click()
    wait_until(page, "told.length === 3")
    assert len(page.evaluate("called")) == 1
