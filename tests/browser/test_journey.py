"""The visitor's journeys, in a real browser on the real demo."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from consent.core.declared_hosts import parse_declared_host
from consent.core.notice import Notice, notice_document
from consent.core.times import MILLIS_PER_DAY
from tests.browser.demo_fixture import (
    Demo,
    answers_act,
    choice_cookie,
    demo_site,
    is_consent_post,
    running_demo,
    stored_names,
)
from tests.browser.waiting import settle, wait_for, wait_until, wait_until_saved

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]
ALL = {"functional": True, "personalisation": True, "ads": True}
NONE = dict.fromkeys(ALL, False)
EMBEDS = {"/embed/map", "/embed/video"}
ADS = {"/ads.js", "/pixel.gif"}


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demo]:
    with running_demo(sqlite_url, tmp_path) as demo:
        yield demo


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context(locale="en-GB")


@pytest.fixture
def page(context: BrowserContext, demo: Demo) -> Page:
    page = context.new_page()
    page.goto(demo.url)
    return page


def press(page: Page, name: str) -> None:
    """Press a button of the script, and wait until the service has answered the act."""
    with page.expect_response(answers_act):
        page.get_by_role("button", name=name, exact=True).click()


def allow(page: Page, name: str = "Accept all") -> None:
    """Press a button that allows what the page's policy holds, and wait for the page's next load.

    Before the answer it came with the policy of somebody who refuses.
    """
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def press_unanswered(page: Page, demo: Demo, name: str) -> None:
    """Press a button while the service gives no answer; wait until the page has taken note of that.

    Nothing of the act is on its way afterwards: the script sends it again on the next page only.
    """
    before = demo.unanswered_acts
    with page.expect_event(
        "requestfailed", lambda request: is_consent_post(request.method, request.url)
    ):
        page.get_by_role("button", name=name, exact=True).click()
    wait_for(page, lambda: demo.unanswered_acts > before, "the act reached the service")


def leave(page: Page) -> None:
    """Go where no script of ours runs."""
    page.goto("about:blank")


def wait_for_tags(page: Page) -> None:
    """Wait until nothing has been requested for a while."""
    settle(page)


def wait_for_requests(page: Page, demo: Demo, paths: set[str]) -> None:
    """Wait until the tracker host was asked for all of these."""
    wait_for(page, lambda: paths <= set(demo.tracker_requests()), f"{sorted(paths)} are asked for")


@pytest.mark.legal("PB-01", "PB-02", "PB-03", "PB-04", "PB-05", "BF-06", "BF-16", "CT-12")
def test_before_a_choice_nothing_is_contacted_stored_or_recorded(
    context: BrowserContext, demo: Demo
) -> None:
    page = context.new_page()
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    for path in ("/", "/programme", "/visit", "/admissions", "/contact"):
        page.goto(demo.url + path)
        page.mouse.wheel(0, 2000)
        wait_for_tags(page)
    page.wait_for_timeout(2_000)
    assert {request.url.split("/")[2] for request in requests} == {f"localhost:{demo.port}"}
    assert demo.tracker_requests() == {}
    assert not any(stored_names(page).values())
    assert context.cookies() == []
    assert demo.events() == []
    expect(page.locator("#consent-banner")).to_be_visible()


@pytest.mark.legal("PB-09", "SL-04", "RP-06", "WD-10", "RE-01")
def test_after_refusing_the_device_holds_our_answer_and_nothing_else(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    press(page, "Refuse all")
    expect(page.locator("#consent-banner")).to_be_hidden()
    for path in ("/programme", "/visit", "/"):
        page.goto(demo.url + path)
        wait_for_tags(page)
        expect(page.locator("#consent-banner")).to_be_hidden()
    assert demo.tracker_requests() == {}
    names = stored_names(page)
    assert names.pop("cookies") == ["consent"]
    assert not any(names.values())
    assert [one["name"] for one in context.cookies()] == ["consent"]
    assert [(event["event"], event["choices"]) for event in demo.events()] == [("refused", NONE)]
    assert "subject" not in demo.events()[0]


@pytest.mark.legal("RP-01", "RP-05", "CT-10")
def test_accepting_releases_every_tag_here_and_on_later_pages_without_a_request(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    page.goto(f"{demo.url}/visit")
    allow(page)
    wait_for_tags(page)
    page.mouse.wheel(0, 3000)
    wait_for_requests(page, demo, ADS | EMBEDS | {"/viewed.js"})
    wait_for_tags(page)
    assert demo.events()[0]["choices"] == ALL
    demo.service_requests.clear()
    page.goto(f"{demo.url}/programme")
    wait_for_tags(page)
    assert {path for _, path in demo.service_requests} <= {"/consent/sites/programme/banner.js"}
    expect(page.locator("#consent-banner")).to_be_hidden()
    identity = next(one["value"] for one in context.cookies() if one["name"] == "consent-id")
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))
    page.reload()
    wait_for_tags(page)
    secret = identity.split(".")[2]
    for request in seen:
        assert secret not in request.url
        assert secret not in (request.post_data or "")
    assert secret not in json.dumps(page.evaluate("window.dataLayer ?? []"))
    assert secret not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")


@pytest.mark.legal("PB-02", "PB-09")
def test_after_a_refusal_the_browser_keeps_out_what_nobody_marked(page: Page, demo: Demo) -> None:
    press(page, "Refuse all")
    page.goto(f"{demo.url}/programme")
    held = page.evaluate(
        """(address) => new Promise((resolve) => {
            const told = (event) => resolve(event.blockedURI);
            document.addEventListener("securitypolicyviolation", told);
            const script = document.createElement("script");
            script.src = address;
            document.head.append(script);
        })""",
        f"http://tracker.localhost:{demo.port}/ads.js",
    )
    assert "tracker.localhost" in held
    assert demo.tracker_requests() == {}


def test_after_a_refusal_one_frame_loads_on_a_click_and_the_page_stays(
    page: Page, demo: Demo
) -> None:
    page.goto(f"{demo.url}/visit")
    press(page, "Refuse all")
    page.evaluate("window.isSamePage = true")
    page.get_by_role("button", name="Load this once").first.click()
    expect(page.frame_locator("iframe[src$='/embed/map']").locator("body")).to_be_visible()
    wait_for_tags(page)
    assert page.evaluate("window.isSamePage")
    assert set(demo.tracker_requests()) & {*EMBEDS, *ADS, "/viewed.js"} == {"/embed/map"}
    assert [event["event"] for event in demo.events()] == ["refused"]


@pytest.mark.legal("PB-10", "WD-08", "SL-01")
@pytest.mark.parametrize("allowed", ["Functional", "Personalisation", "Ads"])
def test_each_category_releases_only_its_own(page: Page, demo: Demo, allowed: str) -> None:
    page.goto(f"{demo.url}/visit")
    page.get_by_role("button", name="Choose", exact=True).click()
    page.locator("#consent-dialog").get_by_label(allowed, exact=True).check()
    # Frames may load on a click, so that no policy holds them.
    (press if allowed == "Functional" else allow)(page, "Save my choice")
    wait_for_tags(page)
    page.mouse.wheel(0, 3000)
    groups = {"Functional": EMBEDS, "Personalisation": {"/viewed.js"}, "Ads": ADS}
    wait_for_requests(page, demo, groups[allowed])
    wait_for_tags(page)
    asked = set(demo.tracker_requests())
    for name, paths in groups.items():
        if name != allowed:
            assert not asked & paths
    assert demo.events()[0]["choices"] == {**NONE, allowed.lower(): True}


@pytest.mark.legal("WD-01", "WD-02", "WD-04", "WD-05", "WD-07")
def test_withdrawing_is_one_press_and_stops_and_removes_everything(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    allow(page)
    wait_until_saved(page)
    wait_for_requests(page, demo, ADS)
    wait_until(page, "document.cookie.split('; ').some(one => !one.startsWith('consent='))")
    wait_for_tags(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Withdraw all", exact=True).click()
    wait_until_saved(page, "ads-0")
    wait_for_tags(page)
    before = demo.tracker_requests()
    for path in ("/programme", "/visit"):
        page.goto(demo.url + path)
        wait_for_tags(page)
    assert demo.tracker_requests() == before
    names = stored_names(page)
    assert names.pop("cookies") == ["consent"]
    assert not any(names.values())
    assert [one["name"] for one in context.cookies(demo.url)] == ["consent"]
    granted, withdrawn = demo.events()
    assert (withdrawn["event"], withdrawn["prev"]) == ("withdrawn", granted["id"])


@pytest.mark.legal("SL-02", "SL-09", "WD-03", "BF-11")
def test_the_choice_is_found_and_changed_on_the_preference_page_without_javascript(
    page: Page, context: BrowserContext, demo: Demo, new_context: NewContext
) -> None:
    allow(page)
    plain = new_context(locale="en-GB", java_script_enabled=False)
    plain.add_cookies(
        [{"name": one["name"], "value": one["value"], "url": demo.url} for one in context.cookies()]
    )
    other = plain.new_page()
    other.goto(demo.preferences)
    for name in ("Functional", "Personalisation", "Ads"):
        expect(other.get_by_role("checkbox", name=name)).to_be_checked()
    other.get_by_role("checkbox", name="Ads").uncheck()
    with other.expect_navigation():
        other.get_by_role("button", name="Save my choice").click()
    expect(other.get_by_text("Your choice is saved.")).to_be_visible()
    expect(other.get_by_role("checkbox", name="Ads")).not_to_be_checked()
    assert [event["event"] for event in demo.events()] == ["granted", "partly_granted"]
    assert demo.events()[1]["layer"] == "page"


def test_a_first_choice_without_javascript(new_context: NewContext, demo: Demo) -> None:
    page = new_context(locale="nl-NL", java_script_enabled=False).new_page()
    page.goto(f"{demo.url}/nl/")
    with page.expect_navigation():
        page.locator("noscript a, a").get_by_text(re.compile("cookie", re.IGNORECASE)).first.click()
    page.goto(demo.preferences)
    with page.expect_navigation():
        page.get_by_role("button", name="Alles weigeren").click()
    assert demo.events()[0]["event"] == "refused"
    assert demo.events()[0]["language"] == "nl"


@pytest.mark.legal("RE-01", "RE-02", "RE-04")
def test_returning_tomorrow_and_on_the_last_day_asks_nothing_and_after_it_asks_again(
    page: Page, demo: Demo
) -> None:
    allow(page)
    wait_for_tags(page)
    for days, asks in ((1, False), (179, False), (182, True)):
        demo.clock.now = days * MILLIS_PER_DAY
        page.clock.set_fixed_time(demo.clock.now_ms() / 1000)
        # The browser's cache goes by the real time: to it, the script is as fresh as ever.
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        before = demo.tracker_requests()
        page.goto(demo.url)
        wait_for_tags(page)
        if asks:
            expect(page.locator("#consent-banner")).to_be_visible()
            assert demo.tracker_requests() == before
        else:
            expect(page.locator("#consent-banner")).to_be_hidden()
            wait_for(page, lambda: demo.tracker_requests() != before, "tags run")  # noqa: B023


@pytest.mark.legal("RE-09", "BF-15")
def test_a_link_from_another_site_brings_no_second_prompt(page: Page, demo: Demo) -> None:
    press(page, "Refuse all")
    page.goto(f"http://shop.test:{demo.port}/")
    page.set_content(f'<a href="{demo.url}/programme">programme</a>')
    page.get_by_text("programme").click()
    page.wait_for_url("**/programme")
    wait_for_tags(page)
    expect(page.locator("#consent-banner")).to_be_hidden()


@pytest.mark.legal("PB-15")
def test_a_page_of_another_site_cannot_choose_for_the_visitor(page: Page, demo: Demo) -> None:
    page.goto(f"http://shop.localhost:{demo.port}/")
    outcome = page.evaluate(
        """async (url) => {
            try {
                const answer = await fetch(url, {method: "POST", credentials: "include",
                    headers: {"content-type": "application/json"}, body: "{}"});
                return answer.status;
            } catch (error) { return String(error); }
        }""",
        f"{demo.url}/consent/api/v1/sites/programme/consents",
    )
    assert "TypeError" in str(outcome)
    assert demo.events() == []


@pytest.mark.legal("SG-01", "SG-05", "SG-06")
def test_gpc_leaves_ads_off_until_they_are_chosen(new_context: NewContext, demo: Demo) -> None:
    context = new_context(locale="en-GB", extra_http_headers={"Sec-GPC": "1"})
    context.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
    )
    page = context.new_page()
    page.goto(demo.url)
    expect(page.locator("#consent-banner")).to_contain_text("Global Privacy Control")
    assert demo.events() == []
    allow(page)
    wait_for_tags(page)
    assert demo.events()[0]["choices"] == {**ALL, "ads": False}
    assert demo.events()[0]["signals"] == {"gpc": True}
    assert not set(demo.tracker_requests()) & ADS
    page.locator("#consent-control").click()
    page.locator("#consent-dialog").get_by_label("Ads", exact=True).check()
    allow(page, "Save my choice")
    assert demo.events()[1]["choices"] == ALL
    assert demo.events()[1]["signals"] == {"gpc": True}


@pytest.mark.legal("PB-06", "BF-16")
def test_with_the_service_down_the_page_works_and_tags_stay_blocked(
    context: BrowserContext, demo: Demo
) -> None:
    demo.is_down = True
    page = context.new_page()
    page.goto(f"{demo.url}/visit")
    wait_for_tags(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert demo.tracker_requests() == {}


@pytest.mark.parametrize("answer_lost", [False, True])
def test_a_choice_made_while_the_service_is_down_counts_and_arrives_later(
    page: Page, context: BrowserContext, demo: Demo, *, answer_lost: bool
) -> None:
    demo.is_down, demo.answers_get_lost = not answer_lost, answer_lost
    press_unanswered(page, demo, "Refuse all")
    expect(page.locator("#consent-banner")).to_be_hidden()
    assert choice_cookie(context) is None
    leave(page)
    demo.is_down = demo.answers_get_lost = False
    with page.expect_response(answers_act) as sent:
        page.goto(f"{demo.url}/programme")
    assert sent.value.status == (200 if answer_lost else 201)
    expect(page.locator("#consent-banner")).to_be_hidden()
    wait_until_saved(page)
    assert [event["event"] for event in demo.events()] == ["refused"]
    assert demo.tracker_requests() == {}


def test_a_refusal_on_the_preference_page_ends_an_older_unsent_grant(
    page: Page, demo: Demo
) -> None:
    press(page, "Refuse all")
    wait_until_saved(page)
    demo.is_down = True
    page.locator("#consent-control").click()
    press_unanswered(page, demo, "Accept all")
    assert page.evaluate("localStorage.getItem('consent-unsent')") is not None
    leave(page)  # where it cannot be sent again before the visitor is on the preference page
    demo.is_down = False
    page.goto(demo.preferences)
    with page.expect_navigation():
        page.get_by_role("button", name="Refuse all").click()
    wait_until(page, "localStorage.getItem('consent-unsent') === null")
    before = demo.tracker_requests()
    page.goto(f"{demo.url}/programme")
    wait_for_tags(page)
    assert demo.tracker_requests() == before
    assert [event["event"] for event in demo.events()] == ["refused", "refused"]


@pytest.mark.legal("WD-07")
def test_a_withdrawal_follows_its_grant_though_the_answer_to_that_was_lost(
    page: Page, demo: Demo
) -> None:
    demo.answers_get_lost = True
    press_unanswered(page, demo, "Accept all")
    assert page.evaluate("localStorage.getItem('consent-unsent')") is not None
    expect(page.locator("#consent-banner")).to_be_hidden()
    demo.answers_get_lost = False
    with page.expect_navigation():
        page.get_by_role("button", name="Withdraw all", exact=True).click()
    wait_until_saved(page, "ads-0")
    granted, withdrawn = demo.events()
    assert (granted["event"], withdrawn["event"]) == ("granted", "withdrawn")
    assert (withdrawn["subject"], withdrawn["prev"]) == (granted["subject"], granted["id"])


@pytest.mark.legal("WD-04")
def test_a_withdrawal_in_another_tab_outlives_the_late_answer_to_the_grant(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    pattern = "**/api/v1/sites/programme/consents"
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    page.get_by_role("button", name="Accept all", exact=True).click()
    wait_for(page, lambda: held, "the grant is on its way")
    assert page.evaluate("localStorage.getItem('consent-unsent')") is not None
    other = context.new_page()
    other.route(pattern, lambda route: route.fulfill(status=503))
    other.goto(f"{demo.url}/programme")
    with other.expect_navigation():
        other.get_by_role("button", name="Withdraw all", exact=True).click()
    held[0].continue_()
    wait_until(page, "document.cookie.includes('ads-1')")
    other.unroute(pattern)
    other.reload()
    wait_until(other, "document.cookie.includes('ads-0')")
    assert [event["event"] for event in demo.events()] == ["granted", "withdrawn"]
    assert demo.events()[1]["prev"] == demo.events()[0]["id"]


def test_a_proxys_word_loses_no_refusal(page: Page, demo: Demo) -> None:
    pattern = "**/api/v1/sites/programme/consents"
    page.route(pattern, lambda route: route.fulfill(status=403, body="<h1>Blocked</h1>"))
    press(page, "Refuse all")
    leave(page)
    assert demo.events() == []
    page.unroute(pattern)
    with page.expect_response(answers_act):
        page.goto(f"{demo.url}/programme")
    expect(page.locator("#consent-banner")).to_be_hidden()
    assert [event["event"] for event in demo.events()] == ["refused"]


def test_a_malformed_embed_does_not_break_the_banner(page: Page, demo: Demo) -> None:
    page.evaluate(
        """() => {
            const frame = document.createElement("iframe");
            frame.dataset.consent = "ads";
            frame.dataset.src = "https://";
            document.querySelector("main").prepend(frame);
        }"""
    )
    press(page, "Refuse all")
    expect(page.locator("#consent-banner")).to_be_hidden()
    assert [event["event"] for event in demo.events()] == ["refused"]


def test_with_storage_blocked_the_choice_counts_for_the_page(
    new_context: NewContext, demo: Demo
) -> None:
    context = new_context(locale="en-GB")
    context.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"])
             Object.defineProperty(window, name, {get() { throw new DOMException("no"); }});"""
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{demo.url}/privacy")
    press(page, "Refuse all")
    expect(page.locator("#consent-banner")).to_be_hidden()
    assert demo.events()[0]["event"] == "refused"
    assert not [error for error in errors if "consent" in error.lower()]


def test_a_choice_in_one_tab_is_noticed_in_the_other(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    other = context.new_page()
    other.goto(f"{demo.url}/programme")
    expect(other.locator("#consent-banner")).to_be_visible()
    press(page, "Refuse all")
    other.bring_to_front()
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(other.locator("#consent-banner")).to_be_hidden()
    assert len(demo.events()) == 1


@pytest.mark.legal("RE-05", "RE-06", "RE-07")
def test_a_new_kind_of_data_asks_again_about_its_category_only(page: Page, demo: Demo) -> None:
    allow(page)
    wait_until_saved(page)
    wait_for_requests(page, demo, {"/viewed.js"})
    categories = tuple(
        replace(category, data=(*category.data, "interactions"))
        if category.id == "ads"
        else category
        for category in demo_site(demo.port).categories
    )
    demo.publish(categories=categories)
    page.wait_for_timeout(1_200)
    before = demo.tracker_requests()
    page.goto(f"{demo.url}/visit?again")
    page.evaluate("fetch(document.querySelector('script[src*=banner]').src, {cache: 'reload'})")
    page.wait_for_timeout(300)
    page.reload()
    wait_for_tags(page)
    expect(page.locator("#consent-banner")).to_be_visible()
    expect(page.locator("#consent-banner")).to_contain_text("Ads")
    expect(page.locator("#consent-banner")).not_to_contain_text("Functional")
    page.reload()
    wait_for(
        page,
        lambda: demo.tracker_requests()["/viewed.js"] > before["/viewed.js"],
        "what is still allowed runs",
    )
    press(page, "Refuse all")
    assert demo.events()[1]["choices"] == {**ALL, "ads": False}
    assert demo.events()[1]["event"] == "renewed"


@pytest.mark.legal("CO-05", "BF-14", "BF-15")
def test_the_contact_form_works_after_refusing_and_changes_no_choice(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    press(page, "Refuse all")
    before = choice_cookie(context)
    page.goto(f"{demo.url}/contact")
    page.get_by_label("Name", exact=True).fill("Alice")
    page.get_by_label("Email address").fill("alice@example.org")
    page.get_by_label("What is it about?").select_option(index=1)
    page.get_by_label("Your question").fill("When does the programme start, and where?")
    page.locator("main form button").click()
    page.wait_for_url("**/contact/thanks*")
    assert choice_cookie(context) == before
    assert len(demo.events()) == 1


@pytest.mark.legal("PB-16", "SG-12")
def test_the_page_runs_under_its_strict_policy_without_a_violation(
    context: BrowserContext, demo: Demo
) -> None:
    context.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation',"
        " e => violations.push(e.violatedDirective + ' ' + e.blockedURI));"
    )
    page = context.new_page()
    page.goto(f"{demo.url}/visit")
    expect(page.locator("#consent-banner")).to_be_visible()
    assert page.evaluate("window.violations") == []
    allow(page)
    wait_for_tags(page)
    page.locator("#consent-control").click()
    assert page.evaluate("window.violations") == []
    assert page.evaluate("[typeof window.__tcfapi, typeof window.__gpp]") == ["undefined"] * 2
    assert "euconsent-v2" not in {one["name"] for one in context.cookies()}


@pytest.mark.legal("RE-08", "RE-11")
def test_after_clearing_cookies_nothing_recognises_the_visitor(
    page: Page, context: BrowserContext, demo: Demo
) -> None:
    allow(page)
    wait_for_tags(page)
    context.clear_cookies()
    page.evaluate("localStorage.clear()")
    page.goto(f"{demo.url}/programme")
    expect(page.locator("#consent-banner")).to_be_visible()
    page.goto(demo.preferences)
    expect(page.get_by_text("You have not chosen yet")).to_be_visible()
    page.goto(demo.url)
    allow(page)
    first, second = demo.events()
    assert first["subject"] != second["subject"]
    assert "prev" not in second


@pytest.mark.legal("WD-06")
def test_whoever_relied_on_the_consent_is_told_of_its_withdrawal(page: Page, demo: Demo) -> None:
    allow(page)
    wait_for_tags(page)
    page.evaluate(
        """document.addEventListener("consent:change", (event) =>
             localStorage.setItem("told", JSON.stringify(event.detail.choices)))"""
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Withdraw all", exact=True).click()
    assert json.loads(page.evaluate("localStorage.getItem('told')")) == NONE


@pytest.mark.legal("PB-08", "SL-11")
@pytest.mark.parametrize("state", ["before", "refused", "partial", "accepted"])
def test_what_is_observed_is_what_is_declared(
    context: BrowserContext, demo: Demo, state: str
) -> None:
    """Every host contacted and every item stored belongs to a declaration that is allowed now."""
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.goto(f"{demo.url}/visit")
    if state == "refused":
        press(page, "Refuse all")
    elif state == "accepted":
        allow(page)
    elif state == "partial":
        page.get_by_role("button", name="Choose", exact=True).click()
        page.locator("#consent-dialog").get_by_label("Personalisation", exact=True).check()
        allow(page, "Save my choice")
    for path in ("/", "/programme", "/visit"):
        page.goto(demo.url + path)
        wait_for_tags(page)
    allowed = {
        "before": {"necessary"},
        "refused": {"necessary"},
        "partial": {"necessary", "personalisation"},
        "accepted": {"necessary", *ALL},
    }[state]
    declared = [
        tracker
        for tracker in Notice(notice_document(demo_site(demo.port))).document["trackers"]
        if tracker["category"] in allowed
    ]
    assert hosts - {"localhost"} <= {
        parse_declared_host(text).host for tracker in declared for text in tracker["hosts"]
    }
    names = stored_names(page)
    observed = {("cookie", one["name"]) for one in context.cookies()}
    observed |= {("local_storage", name) for name in names["local"]}
    observed |= {("session_storage", name) for name in names["session"]}
    observed |= {("indexed_db", name) for name in names["databases"]}
    for kind, name in observed:
        assert any(
            tracker["kind"] == kind and fnmatchcase(name, tracker["name"]) for tracker in declared
        ), f"{kind} {name!r} is not declared for this state"
    assert not names["caches"]
    assert not names["workers"]
