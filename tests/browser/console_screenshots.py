"""Make the pictures of the officer's guide: `python -m tests.browser.console_screenshots FOLDER`.

They are taken from the demonstration with its year, which is written first unless a second folder
names one that is there already.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from consent.cli.context import open_app
from consent.cli.demo import prepare_demo, prepare_year
from consent.core.ids import reference_code
from consent.core.roles import ALL_SITES, Role
from consent.demo.server import demo_from_environment
from consent.services.clock import now_ms
from consent.services.people import Actor, invite
from consent.services.sign_in import admit
from consent.store.database import db
from consent.store.events import EventFilter
from consent.store.people import find_person_by_name
from consent.store.record_lists import list_page
from tests.browser.conftest import FLAGS
from tests.browser.demo_fixture import QuietHandler
from tests.cli.installations import clean_environment

PORT = 8794
COOKIE = "consent-console"
CHECK_SECONDS = 240
NAME = "Anna de Vries"
SITE = "/console/sites/programme"
MOST_BYTES = 120_000
WIDE, PHONE = (1280, 860), (390, 844)


@dataclass(frozen=True, slots=True)
class Desk:
    """A running console, somebody who is signed in, and a visitor's code."""

    origin: str
    secret: str
    code: str


def main(folder: Path, home: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (
        clean_environment({"CONSENT_HOME": str(home)}),
        running() as desk,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            chromium_sandbox=os.geteuid() != 0,
            args=FLAGS,
        )
        take(browser, desk, folder)
        browser.close()


def take(browser: Browser, desk: Desk, folder: Path) -> None:
    """Take each scene on a wide screen in light colours; some also in dark ones or on a phone."""
    have_checked(browser, desk)
    for name, show in SCENES.items():
        picture(browser, desk, show, folder / f"console-{name}.png", WIDE, "light")
    for name in ("overview-site", "proof"):
        picture(browser, desk, SCENES[name], folder / f"console-{name}-dark.png", WIDE, "dark")
        picture(browser, desk, SCENES[name], folder / f"console-{name}-phone.png", PHONE, "light")


def have_checked(browser: Browser, desk: Desk) -> None:
    """Have the service check itself now, and wait until it has: otherwise that is every night."""
    context = browser.new_context(locale="en-GB")
    context.add_cookies([{"name": COOKIE, "value": desk.secret, "url": desk.origin}])
    page = context.new_page()
    page.goto(f"{desk.origin}{SITE}")
    page.get_by_role("button", name="Check now").click()
    deadline = time.monotonic() + CHECK_SECONDS
    while is_unchecked(page.inner_text("main")) and time.monotonic() < deadline:
        page.wait_for_timeout(2_000)
        page.goto(f"{desk.origin}{SITE}")
    context.close()


def is_unchecked(text: str) -> bool:
    return "not verified here yet" in text or "not checked here yet" in text


def picture(
    browser: Browser,
    desk: Desk,
    show: Callable[[Page, Desk], None],
    path: Path,
    size: tuple[int, int],
    scheme: str,
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
        reduced_motion="reduce",
    )
    if show is not show_sign_in:
        context.add_cookies([{"name": COOKIE, "value": desk.secret, "url": desk.origin}])
    page = context.new_page()
    show(page, desk)
    page.wait_for_load_state("networkidle")
    path.write_bytes(small(page.screenshot()))
    context.close()


def small(png: bytes) -> bytes:
    """Return a picture with as many colours as keep it small."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    content = b""
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        content = out.getvalue()
        if len(content) <= MOST_BYTES:
            break
    return content


def show_sign_in(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.origin}/console/sign-in")


def at(path: str) -> Callable[[Page, Desk], None]:
    """Return what opens an address of the console."""

    def show(page: Page, desk: Desk) -> None:
        page.goto(f"{desk.origin}{path}")

    return show


def show_charts(page: Page, desk: Desk) -> None:
    """Show the whole year by week, with the marks where the notice changed."""
    today = dt.datetime.now(dt.UTC).date()
    first = today - dt.timedelta(days=364)
    page.goto(f"{desk.origin}{SITE}?from={first}&to={today}&by=week")
    page.get_by_role("heading", name="What visitors answered").evaluate(
        "(one) => scrollTo(0, one.getBoundingClientRect().top + scrollY - 16)"
    )


def show_proof(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.origin}/console/")
    page.fill("#search", desk.code)
    page.press("#search", "Enter")
    page.wait_for_url("**/subjects/**")


def show_shown(page: Page, desk: Desk) -> None:
    show_proof(page, desk)
    page.locator("main img").first.scroll_into_view_if_needed()


def show_export(page: Page, desk: Desk) -> None:
    """Build the evidence of last month for a regulator."""
    page.goto(f"{desk.origin}{SITE}/exports")
    page.select_option("#purpose", "regulator")
    page.click("main .actions button")
    page.wait_for_url("**/exports/*-*")
    page.get_by_role("link", name="Download", exact=True).wait_for(timeout=120_000)


def show_erasure(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.origin}{SITE}/rights")
    page.fill("#code", desk.code)
    page.press("#code", "Enter")
    page.wait_for_load_state("load")


def show_proposal(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.origin}{SITE}/notices")
    page.get_by_role("link", name="Proposed on").click()
    page.wait_for_load_state("load")


SCENES: dict[str, Callable[[Page, Desk], None]] = {
    "sign-in": show_sign_in,
    "overview": at("/console/"),
    "overview-site": at(SITE),
    "charts": show_charts,
    "records": at(f"{SITE}/records"),
    "proof": show_proof,
    "proof-shown": show_shown,
    "exports": at(f"{SITE}/exports"),
    "export-built": show_export,
    "exports-check": at("/console/exports/check"),
    "notices": at(f"{SITE}/notices"),
    "notices-proposal": show_proposal,
    "rights": at(f"{SITE}/rights"),
    "rights-erase": show_erasure,
    "rights-run": at(f"{SITE}/rights/run"),
    "rights-disposals": at(f"{SITE}/rights/disposals"),
    "access-log": at(f"{SITE}/access-log"),
    "settings": at(f"{SITE}/settings"),
    "people": at("/console/people"),
    "account": at("/console/account"),
}


@contextmanager
def running() -> Iterator[Desk]:
    """Run the demonstration with its year, as `consent demo --year` does."""
    prepare_year(PORT)
    prepare_demo(PORT)
    with open_app():
        person = find_person_by_name(db.session, NAME)
        if person is None:
            by = Actor("cli:demo", None)
            person = invite(db.session, NAME, {ALL_SITES: tuple(Role)}, by=by, now=now_ms()).person
        secret = admit(db.session, person, "password", now=now_ms())
        found = list_page(db.session, "programme", EventFilter(), rows=400)
        code = next(
            reference_code(one.event.subject)
            for one in found.events
            if one.event.subject and one.event.prev and one.event.event == "renewed"
        )
    server = make_server(
        "127.0.0.1", PORT, demo_from_environment(), threaded=True, request_handler=QuietHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Desk(f"http://console.localhost:{PORT}", secret, code)
    server.shutdown()
    server.server_close()
    thread.join()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(sys.argv[1]), Path(scratch) / "home")
