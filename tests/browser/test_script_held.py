"""A page under the policy of an earlier choice: what that holds comes with the page's next load."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import Website
from tests.browser.waiting import settle, wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

NARROW = "script-src 'self' 'unsafe-inline'; connect-src 'self'; style-src 'self'"
# What each load of the page was refused by its policy; the tab keeps it over a reload.
NOTE = """addEventListener("securitypolicyviolation", (event) =>
  sessionStorage.setItem("held", (sessionStorage.getItem("held") || "") + event.blockedURI + "\\n"))
"""


def narrow_page(website: Website, new_page: NewPage, header: str = "") -> Page:
    website.headers[header or "Content-Security-Policy"] = NARROW
    page = new_page()
    page.add_init_script(NOTE)
    tag = f'<script type="text/plain" data-consent="ads" src="{website.tag("ads")}"></script>'
    page.goto(website.page(f"{tag}<main>Text</main>"))
    expect(page.locator("#consent-banner")).to_be_visible()
    return page


def loads(website: Website) -> int:
    return website.paths().count("/")


def wait_for_held(page: Page, times: int) -> None:
    wait_until(page, f"(sessionStorage.getItem('held') || '').split('\\n').length > {times}")


@pytest.mark.parametrize("delay_seconds", [0, 2.5])
def test_what_the_policy_holds_is_asked_for_once_more_when_the_act_is_saved(
    website: Website, new_page: NewPage, delay_seconds: float
) -> None:
    website.delay_seconds = delay_seconds
    page = narrow_page(website, new_page)
    with page.expect_navigation():
        page.locator("#consent-accept-all").click()
    # This server's policy stays as it was: the tag is held again, and nothing follows.
    wait_for_held(page, 2)
    settle(page)
    assert loads(website) == 2
    assert len(website.acts) == 1
    assert page.evaluate("localStorage.length") == 0
    assert website.paths("tracker.localhost") == []
    expect(page.locator("#consent-banner")).to_have_count(0)


def test_the_visitor_is_told_why_the_page_loads_again(website: Website, new_page: NewPage) -> None:
    page = narrow_page(website, new_page)
    # Whoever is asked whether to leave says no here, so that the words can be read.
    page.evaluate("addEventListener('beforeunload', (event) => event.preventDefault())")
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.locator("#consent-accept-all").click()
    status = page.locator("#consent-status")
    expect(status).to_have_text(website.config["texts"]["announce.reload"])
    expect(status).to_have_css("clip-path", "none")


def test_an_act_that_is_not_saved_yet_loads_nothing_again(
    website: Website, new_page: NewPage
) -> None:
    page = narrow_page(website, new_page)
    website.behaviour = 503
    page.locator("#consent-accept-all").click()
    wait_for_held(page, 1)
    status = page.locator("#consent-status")
    expect(status).to_have_text(website.config["texts"]["announce.kept"])
    settle(page)
    assert loads(website) == 1
    website.behaviour = 201
    page.reload()
    wait_until(page, "document.cookie.includes('ads-1')")
    settle(page)
    assert loads(website) == 2


def refuse(page: Page) -> None:
    """Refuse, and have the dialog open when that is saved."""
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('ads-0') && !localStorage.length")
    page.locator("#consent-control").click()


def test_the_answer_to_the_act_before_loads_nothing_again(
    website: Website, new_page: NewPage
) -> None:
    page = narrow_page(website, new_page)
    refuse(page)
    website.behaviour = 503
    page.locator("#consent-dialog-accept-all").click()
    wait_for_held(page, 1)
    expect(page.locator("#consent-status")).to_have_text(website.config["texts"]["announce.kept"])
    settle(page)
    assert loads(website) == 1


def test_whoever_refuses_and_then_accepts_meets_one_load_when_that_is_saved(
    website: Website, new_page: NewPage
) -> None:
    page = narrow_page(website, new_page)
    refuse(page)
    website.delay_seconds = 1
    with page.expect_navigation():
        page.locator("#consent-dialog-accept-all").click()
    settle(page)
    assert loads(website) == 2
    assert len(website.acts) == 2


def test_with_storage_blocked_no_load_follows_that_would_ask_again(
    website: Website, new_page: NewPage
) -> None:
    website.headers["Content-Security-Policy"] = NARROW
    page = new_page()
    page.add_init_script(
        """Object.defineProperty(window, "localStorage", { get() { throw new Error("no"); } });
        addEventListener("securitypolicyviolation", () => { window.isHeld = true; });"""
    )
    tag = f'<script type="text/plain" data-consent="ads" src="{website.tag("ads")}"></script>'
    page.goto(website.page(f"{tag}<main>Text</main>"))
    page.locator("#consent-accept-all").click()
    wait_until(page, "window.isHeld")
    expect(page.locator("#consent-status")).to_have_text(website.config["texts"]["announce.saved"])
    settle(page)
    assert loads(website) == 1


def test_a_policy_that_only_reports_holds_nothing(website: Website, new_page: NewPage) -> None:
    page = narrow_page(website, new_page, "Content-Security-Policy-Report-Only")
    page.locator("#consent-accept-all").click()
    wait_for_held(page, 1)
    wait_until(page, "self.ran && self.ran.includes('ads')")
    expect(page.locator("#consent-status")).to_have_text(website.config["texts"]["announce.saved"])
    settle(page)
    assert loads(website) == 1


def test_after_a_refusal_nothing_loads_again_whatever_else_is_held(
    website: Website, new_page: NewPage
) -> None:
    page = narrow_page(website, new_page)
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('ads-0')")
    page.evaluate(
        f"""() => {{
            const script = document.createElement("script");
            script.src = "{website.tag("stranger")}";
            document.head.append(script);
        }}"""
    )
    wait_for_held(page, 1)
    settle(page)
    assert loads(website) == 1


def test_where_the_policy_keeps_a_frame_out_it_is_not_offered_once(
    website: Website, new_page: NewPage
) -> None:
    website.config["texts"]["embed.load_once"] = ""
    frame = website.url("/embed", "tracker.localhost")
    page = new_page()
    page.goto(website.page(f'<iframe data-consent="ads" data-src="{frame}" title="Film"></iframe>'))
    buttons = page.locator(".consent-embed").get_by_role("button")
    expect(buttons).to_have_text(["Always allow “Ads”"])
