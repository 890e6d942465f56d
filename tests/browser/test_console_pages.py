"""Every page of the console: found by its links, looked at by axe, on a phone and a wide screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from consent.services.clock import now_ms
from consent.services.people import Actor, invite
from consent.services.sign_in import admit
from consent.store.database import db
from consent.store.officers import record_action
from consent.store.people import set_language
from consent.web.console.account_acts import NEWEST_ROWS
from consent.web.console.routing import declarations
from tests.browser.axe import page_faults
from tests.browser.console_lived import EVERYTHING, Lived, lived_console
from tests.databases import copy_sqlite
from tests.web.console.crawling import Found, crawl

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("console_pages")]

NewContext = Callable[..., BrowserContext]

# What nobody comes to by a link, or what is no page.
UNLINKED = {
    "console.asset",
    "console.invitation",
    "console.provider",
    "console.provider_back",
    "console.rights_run_state",  # of a removal that somebody began
    "console.second_step",
    "console.sign_in",
}

COOKIE = "consent-console"
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    home = tmp_path_factory.mktemp("lived")
    with lived_console(copy_sqlite(sqlite_template, home), home) as console:
        yield console


def signed_in(lived: Lived, name: str, language: str) -> str:
    """Return the session of somebody new who may do everything, and has done more than a few."""
    with lived.app.app_context():
        made = invite(db.session, name, EVERYTHING, by=Actor("test", None), now=now_ms())
        set_language(db.session, made.person.id, language)
        for _ in range(NEWEST_ROWS):
            record_action(
                db.session,
                officer=name,
                action="records:list",
                subject_id="-",
                detail={"site": "programme"},
                now=now_ms(),
            )
        db.session.commit()
        secret = admit(db.session, made.person, "password", now=now_ms())
        db.session.remove()
    return secret


@pytest.fixture(scope="module")
def found(lived: Lived) -> Found:
    client = lived.app.test_client()
    client.set_cookie(COOKIE, signed_in(lived, "Crawler", "en"), domain="console.localhost")
    begin = ("/console/", f"/console/search?q={lived.code}", "/console/search")
    return crawl(lived.app, client, lived.served.origin, begin)


@pytest.fixture(scope="module")
def pages(found: Found) -> dict[str, str]:
    return found.pages


def test_links_lead_to_every_page(lived: Lived, found: Found) -> None:
    """Who knows no address finds everything; and so what follows looks at every page."""
    gets = {
        rule.endpoint
        for rule in lived.app.url_map.iter_rules()
        if rule.endpoint in declarations and "GET" in (rule.methods or ())
    }
    assert gets - UNLINKED - set(found.all) == set()


@pytest.mark.legal("AC-01", "AC-07", "AC-11")
@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_on_any_page(
    lived: Lived, pages: dict[str, str], new_context: NewContext, half: int
) -> None:
    """On a phone in light colours; and a page of each area on a wide screen in dark ones."""
    page = opened(lived, new_context, f"half {half}", "en", {"color_scheme": "light"})
    faults: dict[str, list[str]] = {}
    for endpoint, address in list(pages.items())[half::2]:
        page.set_viewport_size(PHONE)
        open_page(page, lived, address)
        note(faults, endpoint, [*judged(page), *too_wide(page)])
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="dark")
    for endpoint, address in list(one_of_each_area(pages).items())[half::2]:
        open_page(page, lived, address)
        note(faults, f"{endpoint} in the dark", [*judged(page), *too_wide(page)])
    assert faults == {}


def one_of_each_area(pages: dict[str, str]) -> dict[str, str]:
    """Return the first page of each area: an area has one style sheet."""
    areas = {endpoint.partition(".")[2].partition("_")[0]: endpoint for endpoint in reversed(pages)}
    return {endpoint: pages[endpoint] for endpoint in areas.values()}


@pytest.mark.legal("AC-01", "AC-08")
def test_every_page_stands_forced_colours_in_dutch_on_the_narrowest_screen(
    lived: Lived, pages: dict[str, str], new_context: NewContext
) -> None:
    options = {"viewport": NARROW, "forced_colors": "active"}
    page = opened(lived, new_context, "forced", "nl", options)
    faults: dict[str, list[str]] = {}
    for endpoint, address in pages.items():
        open_page(page, lived, address)
        found = [*judged(page, contrast=False), *too_wide(page)]
        # A frame shows a notice in the language that was asked for.
        if not endpoint.endswith("_frame") and page.locator("html").get_attribute("lang") != "nl":
            found.append("not in Dutch")
        note(faults, endpoint, found)
    assert faults == {}


def opened(
    lived: Lived, new_context: NewContext, name: str, language: str, options: dict[str, Any]
) -> Page:
    context = new_context(locale="en-GB", **options)
    secret = signed_in(lived, f"Looker {name}", language)
    context.add_cookies([{"name": COOKIE, "value": secret, "url": lived.served.origin}])
    return context.new_page()


def open_page(page: Page, lived: Lived, address: str) -> None:
    """Open a page and all that is folded in it, with everything in its final state."""
    page.goto(f"{lived.served.origin}{address}")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")


def judged(page: Page, *, contrast: bool = True) -> list[str]:
    """Return what axe finds; a frame that replays a notice is judged by the script's own tests."""
    return [
        one for one in page_faults(page, contrast=contrast) if not one.startswith("frame-tested:")
    ]


def too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"wider than {page.viewport_size}"] if wide else []


def note(faults: dict[str, list[str]], endpoint: str, found: list[str]) -> None:
    if found:
        faults[endpoint] = found
