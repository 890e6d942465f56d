"""Withdrawing: one click, what was stored goes, and what runs is stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import CATEGORIES, TRACKER, Website, choice_cookie
from tests.browser.waiting import settle, wait_until, wait_until_saved

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def granted_page(website: Website, new_page: NewPage, body: str = "") -> Page:
    page = new_page()
    value = choice_cookie(*CATEGORIES)
    page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])
    page.goto(website.page(body))
    expect(page.locator("#consent-control")).to_be_visible()
    return page


def tag(website: Website) -> str:
    return (
        f'<script type="text/plain" data-consent="ads" src="{website.tag("ads")}"></script>'
        "<main>Text</main>"
    )


@pytest.mark.legal("WD-02", "WD-03", "WD-10")
def test_withdrawing_is_one_click_and_is_remembered(website: Website, new_page: NewPage) -> None:
    page = granted_page(website, new_page)
    page.get_by_role("button", name=website.config["texts"]["button.withdraw_all"]).click()
    wait_until(page, "document.cookie.includes('ads-0')")
    (act,) = website.acts
    assert act["control"] == "withdraw_all"
    assert act["choices"] == dict.fromkeys(CATEGORIES, False)
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.withdrawn"])
    expect(page.locator("#consent-withdraw-all")).to_be_hidden()
    expect(page.locator("#consent-control")).to_be_focused()
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)
    expect(page.locator("#consent-withdraw-all")).to_be_hidden()


@pytest.mark.legal("WD-05")
def test_declared_items_are_deleted_and_others_are_not(website: Website, new_page: NewPage) -> None:
    page = granted_page(website, new_page)
    page.evaluate(
        """async () => {
          document.cookie = '_ads_visitor=1; Path=/; Max-Age=9999';
          document.cookie = '_ads_deep=1; Path=/; Domain=localhost; Max-Age=9999';
          document.cookie = 'session=1; Path=/';
          document.cookie = 'filters=1; Path=/programmes; Max-Age=9999';
          localStorage.setItem('ads-profile', '1');
          localStorage.setItem('theme', 'dark');
          sessionStorage.setItem('ads-tab', '1');
          sessionStorage.setItem('ads-tab-2', '1');
          for (const name of ['ads-db', 'notes']) await new Promise(done => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => { opening.result.close(); done() };
          });
        }"""
    )
    page.locator("#consent-withdraw-all").click()
    wait_until_saved(page, "ads-0")
    wait_until(page, "indexedDB.databases().then(all => all.length === 1)")
    assert {cookie["name"] for cookie in page.context.cookies()} == {"consent", "session"}
    assert page.evaluate("Object.keys(localStorage)") == ["theme"]
    assert page.evaluate("Object.keys(sessionStorage)") == ["ads-tab-2"]
    assert page.evaluate("indexedDB.databases().then(all => all[0].name)") == "notes"


@pytest.mark.legal("WD-08", "WD-05")
def test_only_the_refused_category_loses_what_it_stored(
    website: Website, new_page: NewPage
) -> None:
    page = granted_page(website, new_page)
    page.evaluate("document.cookie = '_ads_visitor=1'; localStorage.setItem('ads-x', '1')")
    page.locator("#consent-control").click()
    page.locator("#consent-category-functional").uncheck()
    page.locator("#consent-save").click()
    wait_until(page, "document.cookie.includes('functional-0')")
    assert "_ads_visitor=1" in page.evaluate("document.cookie")
    assert page.evaluate("localStorage.getItem('ads-x')") == "1"


@pytest.mark.legal("WD-04", "WD-05")
def test_what_a_refused_category_left_is_deleted_on_the_next_page_too(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.context.add_cookies(
        [
            {"name": "consent", "value": choice_cookie(), "url": website.url()},
            {"name": "_ads_old", "value": "1", "url": website.url()},
        ]
    )
    page.goto(website.page())
    wait_until(page, "!document.cookie.includes('_ads_old')")


@pytest.mark.legal("WD-04")
@pytest.mark.parametrize("trouble", [201, 503, "down"])
def test_what_runs_is_stopped_by_loading_the_page_again(
    website: Website, new_page: NewPage, trouble: int | str
) -> None:
    page = granted_page(website, new_page, tag(website))
    wait_until(page, "self.ran && ran.length === 1")
    website.behaviour = trouble
    with page.expect_event("load"):
        page.locator("#consent-withdraw-all").click()
    expect(page.locator("#consent-control")).to_be_visible()
    settle(page)
    assert page.evaluate("self.ran") is None
    assert website.paths(TRACKER) == ["/tag/ads.js"]
    assert page.evaluate("consent.state.choices") == dict.fromkeys(CATEGORIES, False)
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert website.acts[0]["control"] == "withdraw_all"


@pytest.mark.legal("WD-04")
def test_a_slow_server_does_not_delay_the_stop(website: Website, new_page: NewPage) -> None:
    page = granted_page(website, new_page, tag(website))
    wait_until(page, "self.ran && ran.length === 1")
    website.delay_seconds = 60
    with page.expect_event("load"):
        page.locator("#consent-withdraw-all").click()
    assert page.evaluate("self.ran") is None
    website.delay_seconds = 0
    wait_until(page, "document.cookie.includes('ads-0')")


def test_nothing_is_loaded_again_when_nothing_refused_ran(
    website: Website, new_page: NewPage
) -> None:
    page = granted_page(website, new_page, tag(website))
    wait_until(page, "self.ran && ran.length === 1")
    page.locator("#consent-control").click()
    page.locator("#consent-category-functional").uncheck()
    page.locator("#consent-save").click()
    wait_until(page, "document.cookie.includes('functional-0')")
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.saved"])
    assert website.paths().count("/") == 1
