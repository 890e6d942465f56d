"""Embedded content that waits: it says whose it is, and comes once, for good, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import TRACKER, Website, choice_cookie
from tests.browser.waiting import settle, wait_for, wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def with_choice(website: Website, page: Page, *granted: str) -> None:
    cookie = {"name": "consent", "value": choice_cookie(*granted), "url": website.url()}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


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


@pytest.mark.legal("PB-11", "PB-12", "AC-02")
def test_one_embed_is_loaded_once_by_keyboard_and_allows_nothing_else(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    with_choice(website, page, "functional")
    page.goto(embed_page(website))
    placeholders = page.locator(".consent-embed")
    expect(placeholders).to_have_count(3)
    once = placeholders.nth(1).get_by_role("button", name="Load this once")
    once.focus()
    page.keyboard.press("Enter")
    frame = page.get_by_title("Second film")
    # Focus on the frame is what a screen reader says: its title.
    expect(frame).to_be_focused()
    expect(page.frame_locator("[title='Second film']").locator("p")).to_have_text("Page")
    expect(placeholders).to_have_count(2)
    assert page.evaluate("consent.state.choices") == {
        "functional": True,
        "personalisation": False,
        "ads": False,
    }
    assert website.acts == []
    assert website.paths(TRACKER) == ["/embed?2"]
    # On the keyboard's way from the frame the page goes on where it was.
    page.keyboard.press("Shift+Tab")
    expect(placeholders.nth(0).get_by_role("button").last).to_be_focused()
    page.reload()
    expect(placeholders).to_have_count(3)


@pytest.mark.legal("PB-11")
def test_an_embed_that_an_app_inserts_late_is_held_and_released(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(website.page("<main><h1>App</h1><div id=view></div></main>"))
    expect(page.locator("#consent-banner")).to_be_visible()
    frame = website.url("/embed", TRACKER)
    draw = f"""document.getElementById('view').innerHTML =
      '<iframe data-consent="ads" data-src="{frame}" title="Film" height=200></iframe>'"""
    placeholders = page.locator(".consent-embed")
    for _ in range(2):  # each route draws it anew
        page.evaluate(draw)
        expect(placeholders).to_have_count(1)
        expect(placeholders).to_contain_text("Demo Tracker Ltd")
    assert website.paths(TRACKER) == []
    page.locator("#consent-accept-all").click()
    expect(page.frame_locator("[title=Film]").locator("p")).to_have_text("Page")
    page.evaluate(draw)
    expect(page.frame_locator("[title=Film]").locator("p")).to_have_text("Page")
    expect(placeholders).to_have_count(0)


@pytest.mark.legal("PB-11")
def test_a_placeholder_stays_with_its_embed(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(embed_page(website))
    placeholders = page.locator(".consent-embed")
    expect(placeholders).to_have_count(3)
    film = "document.querySelector('[title=Film]')"
    page.evaluate(f"{film}.previousSibling.remove()")
    expect(placeholders).to_have_count(3)
    page.evaluate(f"document.body.append({film})")
    expect(page.locator("body > .consent-embed")).to_have_count(1)
    page.evaluate(f"() => {{ self.film = {film}; film.remove() }}")
    expect(placeholders).to_have_count(2)
    page.evaluate("document.querySelector('main').append(film)")
    expect(placeholders).to_have_count(3)
    placeholders.last.get_by_role("button", name="Load this once").click()
    expect(page.frame_locator("[title=Film]").locator("p")).to_have_text("Page")
    assert website.paths(TRACKER) == ["/embed"]


PICTURE = """
  <picture data-consent="ads">
    <source data-srcset="{wide}.png 2x, {wide}.png" media="(min-width: 100px)">
    <img data-src="{narrow}.png" alt="A picture" width="200" height="100">
  </picture>
  <img data-consent="ads" data-srcset="{set}.png 1x" alt="A set" width="200" height="100">
  <video data-consent="ads" controls width="200" data-poster="{poster}.png">
    <source data-src="{film}.mp4" type="video/mp4">
  </video>
  <audio data-consent="ads" controls data-src="{sound}.mp3"></audio>
"""
MEDIA = ("wide", "narrow", "set", "poster", "film", "sound")


@pytest.mark.legal("PB-02", "PB-11")
def test_pictures_and_films_wait_with_all_their_sources(
    website: Website, new_page: NewPage
) -> None:
    addresses = {name: website.url(f"/{name}", TRACKER) for name in MEDIA}
    page = new_page()
    page.goto(website.page(f"<main>{PICTURE.format(**addresses)}</main>"))
    placeholders = page.locator(".consent-embed")
    expect(placeholders).to_have_count(4)
    for text in placeholders.all_text_contents():
        assert "Demo Tracker Ltd" in text
    settle(page)
    assert website.paths(TRACKER) == []
    page.locator("#consent-accept-all").click()
    expect(placeholders).to_have_count(0)
    asked = {"/wide.png", "/set.png", "/poster.png", "/film.mp4", "/sound.mp3"}
    wait_until(page, "document.querySelector('video').networkState === 3")  # it looked for a source
    wait_until(page, "document.querySelector('[alt=\\'A picture\\']').currentSrc.includes('wide')")
    wait_until(page, "document.querySelector('audio').error")
    wait_for(page, lambda: asked <= set(website.paths(TRACKER)), f"{asked} are asked for")
    settle(page)
    assert set(website.paths(TRACKER)) == asked
