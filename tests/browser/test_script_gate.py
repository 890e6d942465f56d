"""What waits for consent: stays inert without it, runs in order with it, each category its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import (
    CATEGORIES,
    PAUSE,
    SCRIPT,
    TRACKER,
    Website,
    choice_cookie,
)
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def with_choice(website: Website, page: Page, *granted: str) -> None:
    cookie = {"name": "consent", "value": choice_cookie(*granted), "url": website.url()}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def gated(category: str, rest: str = "", text: str = "") -> str:
    return f'<script type="text/plain" data-consent="{category}" {rest}>{text}</script>'


def ran(page: Page) -> list[str]:
    names: list[str] = page.evaluate("self.ran || []")
    return names


def note(name: str) -> str:
    return f"(self.ran = self.ran || []).push('{name}')"


@pytest.mark.legal("PB-01", "PB-02", "SL-01", "WD-08")
@pytest.mark.parametrize(
    "granted",
    [subset for n in range(4) for subset in itertools.combinations(CATEGORIES, n)],
    ids="+".join,
)
def test_each_category_releases_only_its_own(
    website: Website, new_page: NewPage, granted: tuple[str, ...]
) -> None:
    website.page(
        "".join(
            gated(name, f'src="{website.tag(name)}"')
            + gated(name, text=note(f"inline-{name}"))
            + f'<img data-consent="{name}" data-src="/{name}.png" alt="{name}" width=20 height=20>'
            for name in CATEGORIES
        )
        + gated("functional ads", text=note("both"))
        + gated("statistics", text=note("unknown"))
        + gated("", text=note("empty"))
    )
    page = new_page()
    page.goto(website.url())
    page.locator("#consent-choose").click()
    for name in granted:
        page.locator(f"#consent-category-{name}").check()
    page.locator("#consent-save").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    wait_until(page, "document.cookie.includes('consent=')")
    for _ in range(2):
        expected = set(granted) | {f"inline-{name}" for name in granted}
        if {"functional", "ads"} <= set(granted):
            expected.add("both")
        wait_until(page, f"(self.ran || []).length >= {len(expected)}")
        page.wait_for_load_state("networkidle")
        assert set(ran(page)) == expected
        for name in CATEGORIES:
            loaded = page.evaluate("name => !!document.querySelector(`[alt=${name}]`).src", name)
            assert loaded is (name in granted)
        page.reload()
    assert set(website.paths(TRACKER)) == {f"/tag/{name}.js" for name in granted}


def test_scripts_run_in_the_order_of_the_page(website: Website, new_page: NewPage) -> None:
    website.page(
        gated("ads", text=note("1"))
        + gated("ads", f'src="{website.tag("slow-2")}"')
        + gated("ads", text=note("3"))
        + gated("ads", f'src="{website.tag("slow-late")}" async')
        + gated("ads", f'src="{website.tag("4")}"')
        + gated("ads", 'src="/missing.js"')
        + gated("ads", text=note("5"))
    )
    page = new_page()
    page.goto(website.url())
    page.locator("#consent-accept-all").click()
    wait_until(page, "self.ran && ran.length === 6")
    assert [name for name in ran(page) if name != "slow-late"] == ["1", "slow-2", "3", "4", "5"]


def test_what_a_tag_says_is_carried_over(website: Website, new_page: NewPage) -> None:
    website.headers["Content-Security-Policy"] = (
        "script-src 'nonce-abc'; style-src 'self'; connect-src 'self'"
    )
    website.page(
        gated("ads", 'nonce="abc" id="one" data-account="7"', f"{note('nonce')}; "
              "self.account = document.currentScript.dataset.account")
        + gated("ads", "", note("no-nonce"))
        + gated("ads", 'nonce="abc" data-type="module"', f"{note('module')}; await 0")
        + gated("ads", f'nonce="abc" src="{website.tag("cors")}" crossorigin="anonymous"'),
        script=f'<script nonce="abc" src="{SCRIPT}" defer></script>',
    )  # fmt: skip
    page = new_page()
    page.goto(website.url())
    page.locator("#consent-accept-all").click()
    wait_until(page, "self.ran && ran.length === 3")
    assert set(ran(page)) == {"nonce", "module", "cors"}
    assert page.evaluate("account") == "7"
    assert page.locator("script#one").get_attribute("type") in (None, "")


@pytest.mark.legal("RE-01")
def test_a_returning_visitor_causes_no_request_and_sees_no_banner(
    website: Website, new_page: NewPage
) -> None:
    website.page(
        gated("functional", f'src="{website.tag("functional")}"')
        + gated("ads", f'src="{website.tag("ads")}"'),
        script=f'<script src="{SCRIPT}"></script>',
    )
    page = new_page()
    with_choice(website, page, "functional")
    page.goto(website.url())
    wait_until(page, "self.ran && ran.length === 1")
    expect(page.locator("#consent-control")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.locator("[id^=consent-]").evaluate_all("nodes => nodes.map(n => n.id)") == [
        "consent-controls",
        "consent-control",
        "consent-withdraw-all",
    ]
    asked = [path for path in website.paths() if path != "/favicon.ico"]
    assert asked == ["/", SCRIPT]
    assert website.paths(TRACKER) == ["/tag/functional.js"]


def test_tags_added_later_are_released_and_held_too(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "functional")
    page.goto(website.page())
    expect(page.locator("#consent-control")).to_be_visible()
    page.evaluate(
        """([tag, frame]) => {
          const wrapper = document.createElement('div');
          wrapper.innerHTML = `<script type="text/plain" data-consent="functional" src="${tag}">
            <\\/script><script type="text/plain" data-consent="ads">ran.push('ads')<\\/script>
            <iframe data-consent="ads" data-src="${frame}" title="Film"></iframe>`;
          document.querySelector('main').append(wrapper);
        }""",
        [website.tag("functional"), website.url("/embed", TRACKER)],
    )
    wait_until(page, "self.ran && ran.length === 1")
    assert ran(page) == ["functional"]
    expect(page.locator(".consent-embed")).to_contain_text("Demo Tracker Ltd")


def test_a_link_waits_too(website: Website, new_page: NewPage) -> None:
    website.pages["/fonts.css"] = "main { color: rgb(1, 2, 3) }"
    head = '<link rel="stylesheet" data-consent="functional" data-href="/fonts.css">'
    page = new_page()
    page.goto(website.page(head=head))
    expect(page.locator("#consent-banner")).to_be_visible()
    assert "/fonts.css" not in website.paths()
    page.locator("#consent-accept-all").click()
    expect(page.locator("main")).to_have_css("color", "rgb(1, 2, 3)")


def embed_page(website: Website) -> str:
    frame = website.url("/embed", TRACKER)
    return website.page(
        f'<main><iframe data-consent="ads" data-src="{frame}" title="Film" width="400" '
        'height="300"></iframe><iframe data-consent="ads" '
        f'data-src="{frame}?2" title="Second film"></iframe>'
        f'<img data-consent="ads" data-src="{website.url("/map.png", TRACKER)}" alt="A map" '
        'width="200" height="100"><img data-consent="ads" width="1" height="1" '
        f'data-src="{website.url("/pixel.png", TRACKER)}" alt=""></main>'
    )


@pytest.mark.legal("PB-02")
def test_a_blocked_embed_says_whose_it_is_and_loads_once(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(embed_page(website))
    placeholders = page.locator(".consent-embed")
    expect(placeholders).to_have_count(3)
    film = placeholders.first
    expect(film).to_contain_text("Film")
    expect(film).to_contain_text("Demo Tracker Ltd")
    expect(film).to_contain_text("Ads")
    expect(placeholders.nth(2)).to_contain_text("A map")
    box = film.bounding_box()
    assert box is not None
    assert box["height"] >= 300
    assert website.paths(TRACKER) == []
    film.get_by_role("button", name="Load this once").click()
    expect(placeholders).to_have_count(2)
    frame = page.get_by_title("Film", exact=True)
    expect(frame).to_be_visible()
    expect(frame).to_be_focused()
    expect(page.frame_locator("iframe[title=Film]").locator("p")).to_have_text("Page")
    expect(page.locator("#consent-banner")).to_be_visible()
    assert website.acts == []
    assert page.context.cookies() == []
    assert website.paths(TRACKER) == ["/embed"]


def test_an_embed_may_be_allowed_for_good(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "functional")
    page.goto(embed_page(website))
    placeholders = page.locator(".consent-embed")
    placeholders.first.get_by_role("button", name="Always allow “Ads”").click()
    expect(placeholders).to_have_count(0)
    wait_until(page, "document.cookie.includes('ads-1')")
    (act,) = website.acts
    assert act["control"] == "embed"
    assert act["choices"] == {"functional": True, "personalisation": False, "ads": True}
    for title in ("Film", "Second film"):
        expect(page.frame_locator(f"[title='{title}']").locator("p")).to_have_text("Page")
    wait_until(page, "[...document.images].every(image => image.src && image.complete)")
    assert sorted(set(website.paths(TRACKER))) == ["/embed", "/embed?2", "/map.png", "/pixel.png"]
    assert page.get_by_alt_text("A map").get_attribute("alt") == "A map"


@pytest.mark.legal("PB-06")
def test_everything_stays_blocked_without_the_script(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page(gated("ads", f'src="{website.tag("ads")}"') + "Text", script=""))
    page.wait_for_load_state("networkidle")
    assert website.hosts() == {"localhost"}


def test_an_inline_script_that_arrives_in_parts_is_released_whole(
    website: Website, new_page: NewPage
) -> None:
    website.page(
        "<p>Text</p>" * 200 + gated("ads", text=f"if (true) {{ {PAUSE.decode()} {note('long')} }}"),
        script=f'<script src="{SCRIPT}"></script>',
    )
    page = new_page()
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    with_choice(website, page, "ads")
    page.goto(website.url())
    wait_until(page, "self.ran && ran.length === 1")
    assert errors == []
