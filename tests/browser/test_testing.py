"""What `consent.testing` gives the tests of a website: visitors who have chosen already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from consent.testing import ConsentCookies, ConsentTestingError, cookies_after
from tests.browser.demo_fixture import Demo, running_demo
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser


NewContext = Callable[..., BrowserContext]
CATEGORIES = ("functional", "personalisation", "ads")


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demo]:
    with running_demo(sqlite_url, tmp_path) as demo:
        yield demo


def site_url(demo: Demo) -> str:
    return f"{demo.url}/consent/sites/programme"


def allowed(page: Page) -> set[str]:
    wait_until(page, "self.consent && self.consent.allows")
    return {name for name in CATEGORIES if page.evaluate(f"consent.allows({name!r})")}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("accepted", set(CATEGORIES)),
        ("refused", set()),
        ({"functional": True, "ads": False}, {"functional"}),
    ],
)
def test_a_visitor_who_has_chosen_is_not_asked(
    new_context: NewContext,
    demo: Demo,
    consent_cookies: ConsentCookies,
    choice: str | Mapping[str, bool],
    expected: set[str],
) -> None:
    context = new_context(locale="en-GB")
    context.add_cookies(consent_cookies(site_url(demo), choice))  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(demo.url)
    assert allowed(page) == expected
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.goto(demo.preferences)  # the server holds them for genuine too
    for name, label in zip(CATEGORIES, ("Functional", "Personalisation", "Ads"), strict=True):
        expect(page.get_by_role("checkbox", name=label)).to_be_checked(checked=name in expected)
    assert len(demo.events()) == 1


def test_an_undecided_visitor_is_asked(new_context: NewContext, demo: Demo) -> None:
    context = new_context(locale="en-GB")
    assert cookies_after(site_url(demo), "undecided") == []
    page = context.new_page()
    page.goto(demo.url)
    expect(page.locator("#consent-banner")).to_be_visible()
    assert demo.events() == []


def test_what_is_wrong_is_said(demo: Demo) -> None:
    with pytest.raises(ValueError, match='"accepted", "refused" or "undecided"'):
        cookies_after(site_url(demo), "maybe")
    with pytest.raises(ValueError, match="no category seo; the site has: functional"):
        cookies_after(site_url(demo), {"seo": True})
    with pytest.raises(ConsentTestingError, match=r"sites/other/notice answered 404.*other"):
        cookies_after(f"{demo.url}/consent/sites/other", "accepted")
    assert demo.events() == []
