"""Among strict policies, hostile styles and visitors' own settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import TRACKER, Website, choice_cookie
from tests.browser.test_script_banner import BUTTONS, look

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

BODY = "<header><a href='/'>University</a></header><main><h1>Programme</h1><p>Text</p></main>"
WATCH = (
    "self.violations = []; addEventListener('securitypolicyviolation', event => "
    "violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))"
)


def strict_policy(website: Website) -> str:
    tracker = website.url("", TRACKER)
    return (
        f"default-src 'none'; script-src 'self' {tracker}; style-src 'self'; connect-src 'self'; "
        f"img-src 'self' {tracker}; frame-src {tracker}; base-uri 'none'; form-action 'self'; "
        "require-trusted-types-for 'script'; trusted-types consent"
    )


@pytest.mark.legal("PB-04")
def test_a_strict_policy_with_trusted_types_is_never_broken(
    website: Website, new_page: NewPage
) -> None:
    website.headers["Content-Security-Policy"] = strict_policy(website)
    frame = website.url("/embed", TRACKER)
    website.page(
        f'{BODY}<script type="text/plain" data-consent="ads" src="{website.tag("ads")}"></script>'
        f'<iframe data-consent="ads" data-src="{frame}" title="Film"></iframe>'
    )
    page = new_page()
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.add_init_script(WATCH)
    page.goto(website.url())
    expect(page.locator("#consent-banner")).to_have_css("position", "fixed")
    assert website.hosts() == {"localhost"}
    page.locator("#consent-choose").click()
    page.locator("#consent-dialog-accept-all").click()
    expect(page.get_by_role("status")).not_to_be_empty()
    for _ in range(
        100
    ):  # what polls inside the page is code from a string, and the policy stops it
        if page.evaluate("self.ran?.length") == 1:
            break
        page.wait_for_timeout(100)
    assert page.evaluate("ran.length") == 1
    assert page.evaluate("violations") == []
    with page.expect_event("load"):
        page.locator("#consent-withdraw-all").click()
    expect(page.locator("#consent-control")).to_be_visible()
    assert page.evaluate("violations") == []
    assert errors == []
    assert website.hosts() == {"localhost", TRACKER}


@pytest.mark.legal("SG-12")
def test_nothing_but_its_own_name_is_added_to_the_window(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script("self.before = Object.keys(self)")
    page.goto(website.page())
    expect(page.locator("#consent-banner")).to_be_visible()
    added = "Object.keys(self).filter(name => !before.includes(name) && name !== 'before')"
    assert page.evaluate(added) == ["consent"]


HOSTILE = (
    "* { margin: 3px; letter-spacing: 4px } html { font-size: 30% } body { text-align: right; "
    "text-transform: uppercase; font: italic 40px serif; color: red } "
    "button { background: hotpink; border-radius: 99px; float: left; width: 7px } "
    "section { display: none } #consent-accept-all { color: lime; font-size: 60px } "
    "div { opacity: 0.1 } h2, p, li, a { display: none; color: red }"
)


@pytest.mark.legal("BF-04")
def test_styles_of_the_page_neither_change_it_nor_are_changed(
    website: Website, new_page: NewPage
) -> None:
    plain, hostile = new_page(), new_page()
    plain.goto(website.page(BODY))
    expect(plain.locator("#consent-banner")).to_be_visible()
    website.pages["/site.css"] = HOSTILE
    hostile.goto(website.page(BODY, head='<link rel="stylesheet" href="/site.css">'))
    expect(hostile.locator("#consent-banner")).to_be_visible()
    for selector in (*BUTTONS, "#consent-banner h2", "#consent-banner p", "#consent-banner a"):
        assert look(plain, selector) == look(hostile, selector)
        box = hostile.locator(selector).first.bounding_box()
        assert box == plain.locator(selector).first.bounding_box()
    assert look(plain, "h1") == look_of_bare_page(website, new_page)


def look_of_bare_page(website: Website, new_page: NewPage) -> dict[str, str]:
    bare = new_page()
    bare.goto(website.page(BODY, script=""))
    return look(bare, "h1")


def contrast(page: Page, selector: str) -> float:
    """Return the WCAG contrast of an element's text on its nearest opaque background."""
    ratio: float = page.eval_on_selector(
        selector,
        """node => {
          const parse = text => text.match(/[\\d.]+/g).map(Number);
          const light = colour => colour.slice(0, 3).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          let back = node;
          while (parse(getComputedStyle(back).backgroundColor)[3] === 0) back = back.parentElement;
          const [a, b] = [getComputedStyle(node).color, getComputedStyle(back).backgroundColor]
            .map(parse).map(light).sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        }""",
    )
    return ratio


@pytest.mark.legal("AC-07", "AC-13")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_can_be_read(
    website: Website, new_page: NewPage, scheme: str
) -> None:
    page = new_page(color_scheme=scheme)
    page.goto(website.page(BODY))
    expected = {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 26, 38)"}[scheme]
    expect(page.locator("#consent-banner")).to_have_css("background-color", expected)
    for selector in (*BUTTONS, "#consent-banner p", "#consent-banner a"):
        assert contrast(page, selector) >= 4.5


@pytest.mark.legal("AC-02", "AC-07")
def test_focus_is_seen(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page(BODY))
    expect(page.locator("#consent-banner")).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Tab")
    button = page.locator("#consent-refuse-all")
    expect(button).to_be_focused()
    expect(button).to_have_css("outline", "rgb(10, 88, 202) solid 3px")


def test_it_is_not_printed(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page(BODY))
    expect(page.locator("#consent-banner")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("#consent-banner")).to_be_hidden()


def test_it_can_be_written_from_right_to_left(website: Website, new_page: NewPage) -> None:
    website.config["dir"] = "rtl"
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto(website.page(BODY))
    title = page.locator("#consent-banner h2").bounding_box()
    button = page.locator("#consent-accept-all").bounding_box()
    assert title is not None
    assert button is not None
    assert title["x"] > button["x"]


def test_a_decided_page_builds_no_banner_in_the_dark_either(
    website: Website, new_page: NewPage
) -> None:
    page = new_page(color_scheme="dark")
    value = choice_cookie("ads")
    page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])
    page.goto(website.page(BODY))
    expect(page.locator("#consent-control")).to_have_css("color", "rgb(238, 240, 246)")
    expect(page.locator("#consent-banner")).to_have_count(0)
