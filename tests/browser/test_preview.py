"""`consent preview`: every state is drawn, nothing is asked of anybody, and axe finds nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from consent.core.finding import error
from consent.core.theme import shortest
from consent.services.clock import now_ms
from consent.services.equality import measure_in
from consent.web.preview import STATES, create_preview
from tests.browser.axe import page_faults
from tests.browser.every_language import configs
from tests.browser.script_fixture import Website
from tests.browser.waiting import wait_until
from tests.make import make_site

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
SITE = make_site()
FINDING = error("BF-04", "drawn", "width: 90 px to refuse, 120 px to accept")


@pytest.fixture
def address(website: Website, new_page: NewPage) -> Iterator[str]:
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto(website.page(script=""))
    pairs = list(measure_in(page, configs(languages=["en", "nl"], positions=["bar"]),
                            scheme="light"))  # fmt: skip
    app = create_preview(SITE, [FINDING], pairs, "", now=now_ms())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


SHOWN = {
    "first": "#consent-refuse-all",
    "dialog": "#consent-dialog [type=checkbox]",
    "renewal": "#consent-banner p strong",
    "gpc": "#consent-banner",
    "embed": ".consent-embed button",
    "granted": "#consent-withdraw-all",
    "status": "#consent-status:not(:empty)",
    "mirrored": "#consent-banner[dir=rtl]",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_state_is_drawn_in_each_scheme(address: str, new_page: NewPage, scheme: str) -> None:
    assert set(SHOWN) == {state.id for state in STATES}
    page = new_page(viewport={"width": 390, "height": 760})
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    for state, selector in SHOWN.items():
        page.goto(f"{address}/frame?state={state}&scheme={scheme}&lang=nl")
        expect(page.locator(selector).first).to_be_visible()
        if state == "status":
            expect(page.locator(selector)).to_have_css("clip-path", "none")
        ground = page.evaluate(
            "getComputedStyle(document.querySelector('.consent-ui h2, .consent-ui button')"
            ".closest('[id], .consent-embed')).getPropertyValue('--s')"
        )
        theme = SITE.theme
        assert ground == shortest(theme.surface_dark if scheme == "dark" else theme.surface)
    page.goto(f"{address}/frame?state=renewal")
    assert page.locator("#consent-banner p strong").count() == 1
    assert {url.split("/")[2] for url in asked} == {address.removeprefix("http://")}
    assert [text for text in refused if "Content Security Policy" in text] == []


def test_frames_do_not_meet(address: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{address}/frame?state=first")
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.goto(f"{address}/frame?state=gpc")
    expect(page.locator("#consent-banner")).to_be_visible()
    assert page.evaluate("Object.keys(Object.getPrototypeOf(localStorage)).length") == 0


@pytest.mark.legal("AC-01")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_shows_the_gate_and_what_was_measured(
    address: str, new_page: NewPage, scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 1440, "height": 1000})
    page.goto(f"{address}/?lang=nl")
    expect(page.get_by_text(FINDING.message)).to_be_visible()
    table = page.get_by_role("table", name="Size of refuse and accept")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(page.get_by_text("4 drawings measured: 0 unequal.")).to_be_visible()
    frames = page.locator("iframe")
    assert frames.count() == len(STATES) * 6 + 3 + 3 + len(SITE.languages)
    first = page.frame_locator("iframe").first
    page.locator("#first").scroll_into_view_if_needed()
    expect(first.locator("#consent-banner")).to_contain_text("Alles weigeren")
    wait_until(page, "document.querySelector('iframe').contentDocument.readyState === 'complete'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.querySelectorAll('iframe').forEach(one => one.remove())")
    assert page_faults(page) == []


def test_another_name_for_this_machine_is_refused() -> None:
    client = create_preview(SITE, [], [], "there is no browser", now=now_ms()).test_client()
    assert client.get("/", base_url="http://localhost").status_code == 200
    assert client.get("/", base_url="http://rebound.example").status_code == 404
    assert client.get("/frame?state=none").status_code == 404
    assert client.get("/frame?lang=fr").status_code == 404
    assert client.get("/files/config.py").status_code == 404
    assert client.get("/script.js?position=middle").status_code == 404
    assert client.post("/api/consents").status_code == 503
    page = client.get("/")
    assert "Not measured: there is no browser" in page.text
    assert "'unsafe" not in page.headers["Content-Security-Policy"]


def test_a_site_that_asks_about_nothing_has_a_preview_too() -> None:
    silent = replace(SITE, categories=(), trackers=())
    client = create_preview(silent, [], [], "the site asks about nothing", now=0).test_client()
    page = client.get("/")
    assert page.status_code == 200
    assert "<iframe" not in page.text
