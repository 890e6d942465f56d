"""On websites as they are: apps that draw themselves anew, odd markup, wrong clocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import (
    CATEGORIES,
    SCRIPT,
    TRACKER,
    Website,
    choice_cookie,
    day,
)
from tests.browser.waiting import settle, wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

NONE = dict.fromkeys(CATEGORIES, False)


def with_choice(website: Website, page: Page, *granted: str) -> None:
    cookie = {"name": "consent", "value": choice_cookie(*granted), "url": website.url()}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def errors_of(page: Page) -> list[object]:
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    return errors


def note(category: str, name: str) -> str:
    text = f"(self.ran = self.ran || []).push('{name}')"
    return f'<script type="text/plain" data-consent="{category}">{text}</script>'


# --- how and when the script comes -------------------------------------------------------------

TAG_MANAGER = (
    "<script>const made = document.createElement('script'); made.async = true; "
    f"made.src = '{SCRIPT}'; document.head.append(made)</script>"
)


@pytest.mark.parametrize(
    "script",
    [
        f'<script src="{SCRIPT}"></script>',
        f'<script src="{SCRIPT}" defer></script>',
        f'<script src="{SCRIPT}" async></script>',
        TAG_MANAGER,
    ],
    ids=["blocking", "defer", "async", "tag-manager"],
)
def test_it_works_however_it_is_loaded(website: Website, new_page: NewPage, script: str) -> None:
    page = new_page()
    errors = errors_of(page)
    page.goto(website.page(f"<main>Text{note('ads', 'ads')}</main>", script=script))
    page.locator("#consent-accept-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    wait_until(page, "self.ran?.length === 1")
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    wait_until(page, "self.ran?.length === 1")
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert errors == []


def test_it_works_long_after_the_page_has_loaded(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.page(f"<main>Text{note('ads', 'ads')}</main>", script=""))
    settle(page)
    page.add_script_tag(url=SCRIPT)
    expect(page.locator("#consent-control")).to_be_visible()
    wait_until(page, "self.ran?.length === 1")


@pytest.mark.parametrize("second", ["", "defer", "async"])
def test_a_second_copy_leaves_the_first_alone(
    website: Website, new_page: NewPage, second: str
) -> None:
    page = new_page()
    errors = errors_of(page)
    scripts = f'<script src="{SCRIPT}"></script><script>self.first = consent</script>'
    scripts += f'<script src="{SCRIPT}?again" {second}></script>'
    page.goto(website.page(f"<main>Text{note('ads', 'ads')}</main>", script=scripts))
    expect(page.locator("#consent-banner")).to_have_count(1)
    settle(page)
    assert page.evaluate("consent === first") is True
    page.locator("#consent-accept-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    expect(page.locator("#consent-control")).to_have_count(1)
    assert len(website.acts) == 1
    assert page.evaluate("ran") == ["ads"]
    assert errors == []


# --- markup of the page that stands in the way -------------------------------------------------


@pytest.mark.parametrize(
    "markup",
    [
        '<section id="consent">Our consent</section>',
        (
            '<form id="consent"><input name="config" value="x"><button name="allows">A</button>'
            '<input name="was"><input name="released"></form>'
        ),
        '<form id="consent" name="config"></form>',
        '<a id="consent"></a><a id="consent" name="config" href="x:y"></a>',
        '<iframe name="consent" src="{elsewhere}"></iframe>',
        '<div id="config"></div><form name="config"></form>',
    ],
    ids=["section", "form", "form-config", "two-links", "frame", "config"],
)
def test_an_element_of_our_name_neither_stops_nor_fools_it(
    website: Website, new_page: NewPage, markup: str
) -> None:
    page = new_page()
    errors = errors_of(page)
    markup = markup.replace("{elsewhere}", website.url("/embed", "other.localhost"))
    body = f'{markup}<main>Text{note("ads", "ads")}</main><script src="{SCRIPT}"></script>'
    page.goto(website.page(body, script=""))
    expect(page.locator("#consent-banner")).to_be_visible()
    assert page.evaluate("consent.allows('ads')") is False
    page.locator("#consent-accept-all").click()
    wait_until(page, "document.cookie.includes('ads-1')")
    assert page.evaluate("consent.allows('ads')") is True
    assert page.evaluate("ran") == ["ads"]
    assert errors == []


def test_a_base_address_leads_nothing_astray(website: Website, new_page: NewPage) -> None:
    elsewhere = website.url("/deep/", TRACKER)
    base = f'<base href="{elsewhere}">'
    page = new_page()
    script = f'<script src="{website.url(SCRIPT)}" defer></script>'
    page.goto(website.page(f"<main>Text{note('ads', 'ads')}</main>", script=script + base))
    links = page.locator("#consent-banner a").evaluate_all("all => all.map(one => one.href)")
    assert [link.startswith(website.url()) for link in links] == [True] * 3
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    assert website.acts[0]["choices"] == NONE
    assert website.paths(TRACKER) == []


# --- apps that draw themselves anew ------------------------------------------------------------


def test_another_route_runs_nothing_twice(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    tags = f'<div id="app">{note("ads", "inline")}'
    tags += (
        f'<script type="text/plain" data-consent="ads" src="{website.tag("one")}"></script></div>'
    )
    page.goto(website.page(tags + "<main>Text</main>"))
    wait_until(page, "self.ran?.length === 2")
    page.evaluate(
        """() => {
          history.pushState({}, '', '/another');
          const app = document.getElementById('app');
          document.querySelector('main').append(app);
          dispatchEvent(new PopStateEvent('popstate'));
          document.body.append(document.createElement('p'));
        }"""
    )
    settle(page)
    assert page.evaluate("ran") == ["inline", "one"]
    # What an app made it can take away: the tag is still where the app left it.
    page.evaluate("document.querySelectorAll('[type^=text]').forEach(tag => tag.remove())")
    assert website.paths(TRACKER) == ["/tag/one.js"]


def test_a_banner_that_the_app_takes_out_comes_back(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page())
    banner = page.locator("#consent-banner")
    expect(banner).to_be_visible()
    for _ in range(2):
        page.evaluate("document.body.innerHTML = '<main><h1>Drawn anew</h1></main>'")
        expect(banner).to_have_count(1)
        expect(banner).to_be_visible()
    room = "parseFloat(document.documentElement.style.paddingBottom) > 50"
    wait_until(page, room)
    saved = website.config["texts"]["announce.saved"]
    page.locator("#consent-refuse-all").click()
    expect(page.get_by_role("status")).to_have_text(saved)
    expect(banner).to_have_count(0)
    # What says so comes back as well.
    page.evaluate("document.body.innerHTML = '<main><h1>Drawn anew</h1></main>'")
    page.locator("#consent-control").click()
    page.locator("#consent-save").click()
    expect(page.get_by_role("status")).to_have_text(saved)


@pytest.mark.legal("WD-01")
def test_a_control_that_the_app_takes_out_comes_back(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.page())
    control = page.locator("#consent-control")
    expect(control).to_be_visible()
    new_body = (
        "const body = document.createElement('body'); "
        "body.innerHTML = '<main>New</main><footer data-consent-control></footer>'; "
        "document.body.replaceWith(body)"
    )
    page.evaluate(f"() => {{ {new_body} }}")
    expect(page.locator("footer #consent-control")).to_be_visible()
    page.evaluate("document.querySelector('footer').remove()")
    expect(page.locator("body > #consent-controls #consent-control")).to_be_visible()
    page.locator("#consent-withdraw-all").click()
    wait_until(page, "document.cookie.includes('ads-0')")
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.withdrawn"])


def test_a_page_that_always_takes_us_out_does_not_hang(website: Website, new_page: NewPage) -> None:
    page = new_page()
    spite = (
        "<script>new MutationObserver(() => { document.getElementById('consent-banner')?.remove(); "
        "self.taken = (self.taken || 0) + 1 }).observe(document, {childList: true, subtree: true})"
        "</script>"
    )
    page.goto(website.page(head=spite))
    wait_until(page, "self.taken > 5")
    assert page.evaluate("document.title") == "Programme"


# --- several cookies, and wrong clocks ---------------------------------------------------------


@pytest.mark.legal("CT-04")
@pytest.mark.parametrize("is_newer_above", [True, False])
def test_of_two_hosts_cookies_the_newest_stays_and_the_other_goes(
    website: Website, new_page: NewPage, *, is_newer_above: bool
) -> None:
    website.config["domain"] = "shop.localhost"
    host = "www.shop.localhost"
    days = {True: day(-1), False: day(-9)}
    above = choice_cookie("ads", chosen=days[is_newer_above], signature="above")
    here = choice_cookie(chosen=days[not is_newer_above], signature="here")
    page = new_page()
    page.context.add_cookies(
        [
            {"name": "consent", "path": "/", "value": value, "domain": domain}
            for value, domain in ((here, host), (above, ".shop.localhost"))
        ]
    )
    website.page()
    page.goto(website.url("/", host))
    expect(page.locator("#consent-control")).to_be_visible()
    assert page.evaluate("consent.allows('ads')") is is_newer_above
    (kept,) = page.context.cookies()
    assert kept["value"] == (above if is_newer_above else here)
    assert kept["domain"] == ".shop.localhost"
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    assert page.evaluate("consent.allows('ads')") is is_newer_above


def test_one_cookie_is_left_as_it_is(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    page.add_init_script(
        "const {get, set} = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie'); "
        "self.written = [];"
        "Object.defineProperty(document, 'cookie', {get: () => get.call(document), "
        "set: line => { written.push(line); set.call(document, line) }})"
    )
    page.goto(website.page())
    expect(page.locator("#consent-control")).to_be_visible()
    assert [line for line in page.evaluate("written") if line.startswith("consent=")] == []


@pytest.mark.legal("RE-01")
@pytest.mark.parametrize("years", [-3, 3])
@pytest.mark.parametrize("behaviour", [201, "down"])
def test_a_wrong_clock_asks_nobody_twice(
    website: Website, new_page: NewPage, years: int, behaviour: int | str
) -> None:
    website.behaviour = behaviour
    page = new_page()
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {years} * 365 * 864e5")
    page.goto(website.page(f"<main>Text{note('ads', 'ads')}</main>"))
    page.locator("#consent-accept-all").click()
    wait_until(page, "self.ran?.length === 1")
    expect(page.get_by_role("status")).not_to_be_empty()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.reload()
    wait_until(page, "self.ran?.length === 1")
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)


def test_a_right_clock_still_lets_consent_expire(website: Website, new_page: NewPage) -> None:
    page = new_page()
    value = choice_cookie("ads", chosen=day(-200), ends=day(-1))
    page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])
    page.goto(website.page())
    expect(page.locator("#consent-banner")).to_be_visible()
    assert page.evaluate("consent.allows('ads')") is False
