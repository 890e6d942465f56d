"""By keyboard and by screen reader: what is where, what is said, and where focus goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import CATEGORIES, Website, choice_cookie
from tests.browser.waiting import wait_for, wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

FOCUSED = "document.activeElement.id || document.activeElement.textContent"


def open_page(website: Website, new_page: NewPage, **options: Any) -> Page:
    page = new_page(**options)
    page.goto(website.page())
    expect(page.locator("#consent-banner")).to_be_visible()
    return page


@pytest.mark.legal("AC-03", "BF-22")
def test_it_is_one_named_region_that_comes_first(website: Website, new_page: NewPage) -> None:
    page = open_page(website, new_page)
    texts = website.config["texts"]
    tree = page.locator("body").aria_snapshot().replace("'", "").splitlines()
    assert tree[0] == f'- region "{texts["banner.title"]}":'
    assert tree[1] == f'  - heading "{texts["banner.title"]}" [level=2]'
    assert sum(line.startswith("- region") for line in tree) == 1
    # Nothing interrupts: what is first in reading order need not be announced over it.
    loud = "[role=alert], [role=alertdialog], [role=dialog], [aria-live], [aria-modal]"
    assert page.locator(f"#consent-banner :is({loud}), #consent-banner:is({loud})").count() == 0
    hidden = page.evaluate(
        "[...document.querySelectorAll('*')].filter(one => one.shadowRoot || one.ariaHidden).length"
    )
    assert hidden == 0


@pytest.mark.legal("AC-02", "AC-03", "BF-02")
def test_tab_comes_to_it_first_passes_refuse_before_accept_and_goes_on(
    website: Website, new_page: NewPage
) -> None:
    page = open_page(website, new_page)
    order = []
    for _ in range(7):
        page.keyboard.press("Tab")
        order.append(page.evaluate(FOCUSED))
    assert order[3:6] == ["consent-refuse-all", "consent-accept-all", "consent-choose"]
    assert order[6] == "Home"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED) == "consent-choose"


@pytest.mark.legal("BF-06", "BF-19")
def test_time_changes_nothing(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.clock.install()
    page.goto(website.page())
    expect(page.locator("#consent-banner")).to_be_visible()
    before = page.locator("#consent-banner").inner_text()
    page.clock.run_for("12:00:00")
    assert page.locator("#consent-banner").inner_text() == before
    assert page.evaluate("consent.state.status") == "undecided"
    assert website.acts == []
    assert page.context.cookies() == []


@pytest.mark.legal("BF-07", "AC-04")
def test_a_click_beside_the_dialog_is_no_answer(website: Website, new_page: NewPage) -> None:
    page = open_page(website, new_page, viewport={"width": 1280, "height": 800})
    page.locator("#consent-choose").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.mouse.click(10, 10)
    assert page.evaluate("consent.state.status") == "undecided"
    assert website.acts == []


@pytest.mark.legal("AC-04", "AC-09")
def test_the_dialog_is_named_and_its_switches_say_their_state(
    website: Website, new_page: NewPage
) -> None:
    page = open_page(website, new_page)
    page.locator("#consent-choose").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=website.config["texts"]["dialog.title"])
    assert page.evaluate("document.activeElement.tagName") == "H2"
    for _ in range(len(CATEGORIES)):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tree = dialog.aria_snapshot()
    assert '- checkbox "Functional"\n' in tree
    assert '- checkbox "Ads" [checked]' in tree
    assert website.acts == []


@pytest.mark.legal("AC-04", "AC-12")
def test_after_saving_from_the_control_focus_is_back_on_it(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.context.add_cookies([{"name": "consent", "value": choice_cookie(), "url": website.url()}])
    page.goto(website.page())
    page.locator("#consent-control").focus()
    page.keyboard.press("Enter")
    page.locator("#consent-category-functional").check()
    page.locator("#consent-save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.saved"])
    expect(page.locator("#consent-control")).to_be_focused()


@pytest.mark.legal("AC-05")
@pytest.mark.parametrize("position", ["bar", "box", "centre"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_focus_is_hidden_in_any_place(
    website: Website, new_page: NewPage, position: str, width: int
) -> None:
    website.config["theme"]["position"] = position
    links = "".join(f'<p><a href="/{n}">Link {n}</a></p>' for n in range(40))
    page = new_page(viewport={"width": width, "height": 700})
    page.goto(website.page(f"<main>{links}</main>"))
    expect(page.locator("#consent-banner")).to_be_visible()
    # Room for it is made by an observer, after it is drawn; the box in a corner needs none.
    page.evaluate("new Promise(requestAnimationFrame).then(() => new Promise(setTimeout))")
    page.locator("#consent-choose").focus()
    for _ in range(38):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => {
              const { x, y, width, height } = document.activeElement.getBoundingClientRect();
              const top = document.elementFromPoint(x + width / 2, y + height / 2);
              return top === document.activeElement;
            }"""
        )
        assert seen, page.evaluate(FOCUSED)


@pytest.mark.legal("AC-13", "AC-07", "AC-02")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_show_every_edge_and_the_focus(
    website: Website, new_page: NewPage, scheme: str
) -> None:
    page = open_page(website, new_page, forced_colors="active", color_scheme=scheme)
    edges = """selector => [...document.querySelectorAll(selector)].map((one) => {
      const style = getComputedStyle(one);
      return style.borderTopStyle === "solid" && style.borderTopWidth === "1px"
        && style.borderTopColor !== style.backgroundColor
        && !/^rgba.*, 0\\)$/.test(style.borderTopColor);
    })"""
    assert all(page.evaluate(edges, "#consent-banner, #consent-banner button"))
    page.locator("#consent-banner a").first.focus()
    page.keyboard.press("Tab")
    style = page.evaluate(
        "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])"
        "(getComputedStyle(document.activeElement))"
    )
    assert style == ["solid", "3px"]
    page.locator("#consent-choose").click()
    assert all(page.evaluate(edges, "#consent-dialog, #consent-dialog button"))
    box = page.locator("#consent-category-ads")
    assert box.evaluate("one => getComputedStyle(one).appearance") == "auto"


@pytest.mark.legal("AC-13")
def test_nothing_moves_where_motion_is_not_wanted(website: Website, new_page: NewPage) -> None:
    website.behaviour = "down"
    page = open_page(website, new_page, reduced_motion="reduce")
    page.locator("#consent-choose").click()
    page.locator("#consent-dialog-refuse-all").click()
    expect(page.locator("#consent-status")).not_to_be_empty()
    # The message is held in view by an animation in which nothing changes.
    moving = """document.getAnimations().filter(one => {
      const frames = one.effect.getKeyframes().map(({ computedOffset, offset, ...look }) => look);
      return new Set(frames.map((look) => JSON.stringify(look))).size > 1;
    }).length"""
    assert page.evaluate(moving) == 0


@pytest.mark.legal("AC-14", "WD-01")
def test_the_control_is_in_the_same_place_on_every_page(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.context.add_cookies([{"name": "consent", "value": choice_cookie(), "url": website.url()}])
    places = []
    for path, body in (("/", ""), ("/long", "<main style='height:3000px'>Text</main>")):
        page.goto(website.page(body, path=path))
        expect(page.locator("#consent-control")).to_be_visible()
        places.append(page.locator("#consent-control").bounding_box())
    assert places[0] == places[1]


def test_without_dialogs_the_page_of_the_service_opens(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script("delete HTMLDialogElement.prototype.showModal")
    page.goto(website.page())
    page.locator("#consent-choose").click()
    wait_until(page, "location.pathname.endsWith('/preferences')")


def test_without_any_styles_it_reads_in_order_and_works(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script("delete Document.prototype.adoptedStyleSheets")
    page.goto(website.page())
    banner = page.locator("#consent-banner")
    expect(banner).to_be_visible()
    texts = website.config["texts"]
    assert page.evaluate(
        "getComputedStyle(document.querySelector('#consent-banner')).position"
    ) == ("static")
    text = banner.inner_text()
    keys = ("banner.title", "banner.withdraw", "button.refuse_all", "button.accept_all")
    places = [text.index(texts[key]) for key in keys if key != "button.accept_all"]
    assert places == sorted(places)
    page.locator("#consent-refuse-all").click()
    expect(banner).to_have_count(0)
    wait_for(page, lambda: website.acts, "the refusal is sent")
    assert website.acts[0]["control"] == "refuse_all"
