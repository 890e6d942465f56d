"""What waits for consent: stays inert without it, runs in order with it, each category its own."""

from __future__ import annotations

import base64
import hashlib
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
from tests.browser.waiting import settle, wait_until

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
        settle(page)
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
    settle(page)
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


@pytest.mark.legal("PB-06")
def test_everything_stays_blocked_without_the_script(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page(gated("ads", f'src="{website.tag("ads")}"') + "Text", script=""))
    settle(page)
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


def test_what_is_deferred_waits_for_the_page(website: Website, new_page: NewPage) -> None:
    see = "(self.ran = self.ran || []).push({name} + !!document.querySelector('footer'))"
    website.pages["/plain.js"] = see.replace("{name}", "'plain '") + "; fetch('/plain-ran')"
    website.goes_on_when = lambda: "/plain-ran" in website.paths()
    website.pages["/deferred.js"] = see.replace("{name}", "'deferred '")
    website.page(
        gated("ads", 'src="/deferred.js" defer')
        + gated("ads", 'data-type="module"', see.replace("{name}", "'module '"))
        + gated("ads", 'src="/plain.js"')
        + f"<main>Text {PAUSE.decode()}</main><footer>End</footer>",
        script=f'<script src="{SCRIPT}"></script>',
    )
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.url())
    wait_until(page, "self.ran?.length === 3")
    assert ran(page) == ["plain false", "deferred true", "module true"]


def test_a_script_that_is_not_the_agreed_one_does_not_run(
    website: Website, new_page: NewPage
) -> None:
    website.pages["/agreed.js"] = note("agreed")
    digest = base64.b64encode(hashlib.sha384(note("agreed").encode()).digest()).decode()
    website.page(
        gated("ads", f'src="{website.tag("changed")}" crossorigin integrity="sha384-{digest}"')
        + gated("ads", f'src="/agreed.js" integrity="sha384-{digest}"')
        + gated("ads", text=note("after"))
    )
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.url())
    wait_until(page, "self.ran?.length === 2")
    assert ran(page) == ["agreed", "after"]


@pytest.mark.legal("PB-07")
@pytest.mark.parametrize("hint", ["preconnect", "dns-prefetch", "preload"])
def test_a_hint_to_a_tracker_waits_too(website: Website, new_page: NewPage, hint: str) -> None:
    address = website.tag("hinted")
    head = f'<link rel="{hint}" as="script" data-consent="ads" data-href="{address}">'
    page = new_page()
    page.goto(website.page(head=head))
    expect(page.locator("#consent-banner")).to_be_visible()
    link = page.locator(f"link[rel={hint}]")
    assert link.get_attribute("href") is None
    assert website.paths(TRACKER) == []
    page.locator("#consent-accept-all").click()
    expect(link).to_have_attribute("href", address)
    if hint == "preload":
        wait_until(
            page, "performance.getEntriesByType('resource').some(one => /hinted/.test(one.name))"
        )
        assert website.paths(TRACKER) == ["/tag/hinted.js"]


@pytest.mark.legal("PB-05", "PB-10")
@pytest.mark.parametrize("granted", [(), ("functional",), ("ads",), ("functional", "ads")])
def test_a_tag_may_wait_for_any_of_several(
    website: Website, new_page: NewPage, granted: tuple[str, ...]
) -> None:
    website.page(
        gated("ads|functional", text=note("any"))
        + gated("ads|functional personalisation", text=note("any and one"))
        + gated("|", text=note("none"))
        + gated("functional", text=note("last"))
        + gated("ads", text=note("last"))
    )
    page = new_page()
    with_choice(website, page, *granted)
    page.goto(website.url())
    expect(page.locator("#consent-control")).to_be_visible()
    wait_until(page, f"(self.ran || []).length === {len(granted) + bool(granted)}")
    assert ran(page) == ["any"] * bool(granted) + ["last"] * len(granted)


def test_a_form_with_a_field_called_children_holds_up_no_other_tag(
    website: Website, new_page: NewPage
) -> None:
    """A field's name hides the form's own property of that name."""
    form = '<form data-consent="ads"><input name="children"><input name="dataset"></form>'
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.page(f"{form}{gated('ads', text=note('after'))}<main>Text</main>"))
    wait_until(page, "self.ran?.length === 1")
    assert ran(page) == ["after"]
    expect(page.locator("#consent-control")).to_be_visible()


def test_an_app_finds_its_tags_where_it_left_them(website: Website, new_page: NewPage) -> None:
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(
        website.page(f"<main><div id=app>{gated('ads', 'id=mine', note('one'))}</div></main>")
    )
    wait_until(page, "self.ran?.length === 1")
    children = page.evaluate(
        """() => {
          const app = document.getElementById('app');
          const own = app.querySelector('[type]');
          const before = app.children.length;
          app.removeChild(own);
          app.append(own);
          return [before, document.querySelectorAll('#mine').length];
        }"""
    )
    assert children == [2, 1]
    page.wait_for_timeout(100)
    assert ran(page) == ["one"]


@pytest.mark.legal("PB-01", "PB-06")
@pytest.mark.parametrize("granted", [(), CATEGORIES])
def test_a_category_that_is_none_is_never_allowed(
    website: Website, new_page: NewPage, granted: tuple[str, ...]
) -> None:
    """Also not one that every object of the language has something under."""
    names = ("constructor", "toString", "__proto__", "hasOwnProperty", "nothing")
    page = new_page()
    with_choice(website, page, *granted)
    tags = "".join(gated(name, text=note(name)) for name in names)
    page.goto(website.page(tags + gated("ads|constructor", text=note("either"))))
    wait_until(page, "self.consent && self.consent.allows")
    expected = ["either"] if granted else []
    wait_until(page, f"(self.ran || []).length === {len(expected)}")
    assert ran(page) == expected
    for name in names:
        assert page.evaluate(f"consent.allows({name!r})") is False


def test_a_placeholder_names_the_provider_of_a_declared_wildcard(
    website: Website, new_page: NewPage
) -> None:
    website.config["providers"] = {"other.example": "Other", "*.localhost": "Any Sub-domain Ltd"}
    frame = (
        f'<iframe data-consent="functional" data-src="{website.url("/embed", TRACKER)}" '
        'title="Map" width=400 height=200></iframe>'
    )
    page = new_page()
    page.goto(website.page(frame))
    expect(page.locator(".consent-embed")).to_contain_text("comes from Any Sub-domain Ltd")
