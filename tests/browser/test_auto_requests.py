"""The automatic blocker: requests, stored items, undeclared hosts, and what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.auto_fixture import (
    ADS,
    BUILD,
    OTHER,
    SCRIPTS,
    auto_config,
    contacted,
    insertion,
    wait_for_contacts,
    with_choice,
)
from tests.browser.script_fixture import AUTO, SCRIPT, Website, choice_cookie, day
from tests.browser.waiting import SECONDS, settle, wait_until, wait_until_saved

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("automatic")]
NewPage = Callable[..., Page]


@pytest.mark.legal("PB-02", "PB-09")
def test_requests_of_scripts_wait_and_fail_once_refused(
    website: Website, new_page: NewPage
) -> None:
    ads = website.url("", ADS)
    socket = ads.replace("http", "ws")
    website.page(
        f"""<main>Page</main><script>
        self.told = [];
        const tell = (name) => () => told.push(name);
        self.ask = (name) => {{
            fetch("{ads}/fetch-" + name).then(tell("fetched"), tell("no fetch"));
            fetch(new Request("{ads}/request-" + name)).then(tell("requested"), tell("no request"));
            navigator.sendBeacon("{ads}/beacon-" + name, "x");
            const request = new XMLHttpRequest();
            request.open("GET", "{ads}/xhr-" + name);
            request.onload = tell("loaded");
            request.onerror = tell("not loaded");
            request.send();
            const given_up = new XMLHttpRequest();
            given_up.open("GET", "{ads}/aborted-" + name);
            given_up.send();
            given_up.abort();
            new WebSocket("{socket}/socket-" + name).onclose = tell("closed");
            new EventSource("{ads}/events-" + name).addEventListener("error", tell("no events"));
        }};
        ask("first");
        fetch("/own.png").then(tell("own"));
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    wait_until(page, "told.length === 3")
    assert set(page.evaluate("told.splice(0)")) == {"own", "closed", "no events"}
    settle(page)
    assert contacted(website) == set()
    page.locator("#consent-refuse-all").click()
    wait_until(page, "told.length === 3")
    assert set(page.evaluate("told.splice(0)")) == {"no fetch", "no request", "not loaded"}
    page.evaluate("ask('second')")
    wait_until(page, "told.length === 5")
    assert contacted(website) == set()

    wait_until_saved(page)
    page.reload()
    page.evaluate("consent.open()")
    page.locator("#consent-category-ads").check()
    page.locator("#consent-save").click()
    # After a refusal nothing stands in line: a yes sends what comes after it.
    wait_until(page, "document.cookie.includes('ads-1')")
    assert contacted(website) == set()
    page.evaluate("ask('third')")
    asked = {f"{name}-third" for name in ("fetch", "request", "beacon", "xhr", "socket", "events")}
    deadline = time.monotonic() + SECONDS
    while not asked <= contacted(website) and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert {name for name in contacted(website) if "aborted" not in name} == asked


@pytest.mark.legal("PB-02")
def test_requests_made_before_a_yes_are_sent_after_it_in_their_order(
    website: Website, new_page: NewPage
) -> None:
    ads = website.url("", ADS)
    website.page(
        f"""<main>Page</main><script>
        navigator.sendBeacon("{ads}/1", "x");
        fetch("{ads}/2", {{ method: "POST", body: "x" }});
        const request = new XMLHttpRequest();
        request.open("POST", "{ads}/3");
        request.send("x");
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website) == set()
    page.locator("#consent-accept-all").click()
    wait_for_contacts(page, website, {"1", "2", "3"})


@pytest.mark.legal("PB-01", "PB-09", "WD-05")
def test_declared_items_are_not_written_until_allowed(website: Website, new_page: NewPage) -> None:
    website.page(
        """<main>Page</main><script>
        self.write = async () => {
            document.cookie = "_ads_one=1; Path=/; Max-Age=999";
            document.cookie = "_ads_two=1; Expires=Fri, 31 Dec 2038 20:10:00 GMT";
            document.cookie = "own=1";
            await self.cookieStore?.set("_ads_three", "1");
            await self.cookieStore?.set({ name: "_ads_four", value: "1" });
            localStorage.setItem("ads-one", "1");
            localStorage["ads-two"] = "1";
            localStorage.setItem("own", "1");
            sessionStorage.setItem("ads-tab", "1");
            for (const name of ["own-db", "ads-db"]) {
                try {
                    indexedDB.open(name).onsuccess = (event) => event.target.result.close();
                } catch (error) {
                    self.failed = error.name;
                }
            }
        };
        write();
        self.kept = async () => [
            ...document.cookie.split("; ").map((one) => one.split("=")[0]),
            ...Object.keys(localStorage), ...Object.keys(sessionStorage),
            ...(await indexedDB.databases()).map((one) => one.name),
        ].filter((name) => !name.startsWith("consent")).sort();
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    wait_until(page, "document.readyState === 'complete'")
    wait_until(page, "kept().then((all) => all.length === 3)")
    assert page.evaluate("kept()") == ["own", "own", "own-db"]
    assert page.evaluate("failed") == "SecurityError"
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.evaluate("write()")
    wait_until(page, "kept().then((all) => all.length === 11)")
    # What is there already may always be deleted.
    page.evaluate("document.cookie = '_ads_two=; Max-Age=0'")
    page.evaluate("document.cookie = '_ads_one=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'")
    assert "_ads_one" not in page.evaluate("document.cookie")
    page.evaluate("consent.withdraw()")
    wait_until(page, "kept().then((all) => all.every((name) => !/ads/.test(name)))")


def test_hosts_that_nothing_declares_are_told_of_once(website: Website, new_page: NewPage) -> None:
    lines = (
        f"for (const name of 'ab') new Image().src = '{website.url('/', OTHER)}' + name + '.png'"
    )
    website.page(
        f"<main>Page</main><script>{lines}</script>",
        script=f"<script src='{AUTO}'></script><script>self.told = [];"
        "document.addEventListener('consent:undeclared', (event) => told.push(event.detail));"
        f"</script><script src='{SCRIPT}' defer></script>",
    )
    page = new_page()
    page.goto(website.url())
    wait_for_contacts(page, website, {"a", "b"}, OTHER)
    settle(page)
    assert page.evaluate("told") == [{"host": OTHER, "held": False}]
    assert contacted(website, OTHER) == {"a", "b"}

    website.seen.clear()
    website.auto = auto_config(holds=True)
    page.reload()
    settle(page)
    assert page.evaluate("told") == [{"host": OTHER, "held": True}]
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    settle(page)
    assert contacted(website, OTHER) == set()


@pytest.mark.legal("PB-06", "CT-08")
@pytest.mark.parametrize("fault", ["config", "cookie", "banner", "unsent", "two cookies"])
def test_it_fails_closed(website: Website, new_page: NewPage, fault: str) -> None:
    tag = insertion("property", "image", website.url("", ADS))
    scripts = SCRIPTS
    page = new_page()
    if fault == "config":
        website.auto = None
        with_choice(website, page, "ads")
    elif fault == "cookie":
        value = choice_cookie("ads", chosen=day(-9), ends=day(-1))
        page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])
    elif fault == "two cookies":
        with_choice(website, page)
        value = choice_cookie("ads", chosen=day(-1))
        narrow = {"name": "consent", "value": value, "domain": "localhost", "path": "/deep"}
        page.context.add_cookies([narrow])  # type: ignore[list-item]
    if fault == "banner":
        scripts = f'<script src="{AUTO}"></script><script src="/missing.js"></script>'
    if fault == "unsent":
        with_choice(website, page, "ads")
        website.behaviour = "down"
        website.page("<main>Page</main>", path="/first")
        page.goto(website.url("/first"))
        page.evaluate("consent.withdraw()")
        wait_until(page, "localStorage.getItem('consent-unsent')")
    website.page(
        f"<main>Page</main><script>{BUILD}{tag}</script>", path="/deep/page", script=scripts
    )
    page.goto(website.url("/deep/page"))
    settle(page)
    assert contacted(website) == set()


@pytest.mark.legal("WD-05")
def test_a_page_out_of_the_back_cache_holds_what_was_refused_meanwhile(
    website: Website, new_page: NewPage
) -> None:
    """Even where the banner's script is missing, and nobody else tells."""
    website.page("<main>Page</main>", script=f'<script src="{AUTO}"></script>')
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.url())
    load = "name => void (new Image().src = name)"
    page.evaluate(load, website.url("/before.png", ADS))
    wait_for_contacts(page, website, {"before"})
    with_choice(website, page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    page.evaluate(load, website.url("/after.png", ADS))
    # A request that is sent after it has come by then.
    page.evaluate("fetch('/own.png')")
    assert contacted(website) == {"before"}
