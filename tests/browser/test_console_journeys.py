"""What an officer comes for, and in how many steps: with scripts off, but for the `/` key.

A step is one deliberate click, or one thing typed or chosen. Pages that appear by themselves and
waiting are none.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Download, Locator, Page, expect
from pypdf import PdfReader

from consent.services.clock import now_ms
from consent.services.export_worker import ExportWorker
from consent.web.context import EXTENSION, Service
from tests.browser.console_lived import EVERYTHING, Lived, lived_console
from tests.browser.waiting import wait_until
from tests.databases import copy_sqlite
from tests.service import engine_session, keys_of

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("console_pages")]

NewContext = Callable[..., BrowserContext]
PATIENCE_MS = 30_000  # of a busy machine


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    home = tmp_path_factory.mktemp("journeys")
    with lived_console(copy_sqlite(sqlite_template, home), home) as console:
        yield console


@dataclass
class Steps:
    """What somebody does in the console, counted."""

    page: Page
    taken: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        self.taken.append(f"click {what}")
        what.click()

    def enter(self, box: Locator, text: str) -> None:
        """Type or paste something and press Enter."""
        self.taken.append(f"enter {text}")
        box.fill(text)
        box.press("Enter")

    def choose(self, box: Locator, value: str) -> None:
        self.taken.append(f"choose {value}")
        box.select_option(value)

    def download(self, what: Locator) -> bytes:
        self.taken.append(f"download {what}")
        return content_of(taken_by(self.page, what))


def taken_by(page: Page, link: Locator) -> Download:
    with page.expect_download(timeout=PATIENCE_MS) as begun:
        link.click()
    return begun.value


def content_of(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def sit_down(lived: Lived, new_context: NewContext, name: str, *, scripts: bool = False) -> Page:
    """Return the page where signing in ends."""
    context = new_context(
        locale="en-GB", java_script_enabled=scripts, viewport={"width": 1280, "height": 860}
    )
    lived.served.let_in(context, name, EVERYTHING)
    page = context.new_page()
    page.goto(f"{lived.served.origin}/console/")
    return page


def test_one_visitors_consent_is_proven_in_three_steps(
    lived: Lived, new_context: NewContext
) -> None:
    page = sit_down(lived, new_context, "Olga proves")
    steps = Steps(page)
    steps.enter(page.get_by_role("searchbox"), lived.code.lower())
    expect(page.locator("main")).to_contain_text(lived.code, timeout=PATIENCE_MS)
    paper = steps.download(page.get_by_role("link", name="PDF"))
    data = steps.download(page.get_by_role("link", name="JSON"))
    assert len(steps.taken) == 3
    read = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper)).pages)
    assert lived.code in read
    assert "Functional" in read
    assert json.loads(data)


def test_a_regulator_is_given_a_month_in_three_steps(lived: Lived, new_context: NewContext) -> None:
    """The month before is what the form begins with; what is built is then there to be taken."""
    page = sit_down(lived, new_context, "Olga exports")
    steps = Steps(page)
    steps.click(page.get_by_role("link", name="Exports").first)
    steps.choose(page.get_by_label("Purpose"), "regulator")
    steps.click(page.get_by_role("button", name="Build"))
    assert len(steps.taken) == 3
    expect(page.locator("progress")).to_be_visible(timeout=PATIENCE_MS)
    running: Service = lived.app.extensions[EXTENSION]
    ExportWorker(
        lambda: engine_session(lived.app), keys_of(lived.app), running.exports.files, now_ms
    ).run_once()
    link = page.get_by_role("link", name="Download", exact=True)
    expect(link).to_be_visible(timeout=PATIENCE_MS)  # the page looks again by itself
    pack = content_of(taken_by(page, link))
    names = zipfile.ZipFile(io.BytesIO(pack)).namelist()
    assert any(name.endswith("manifest.json") for name in names)


def test_each_morning_one_look_says_whether_all_is_well(
    lived: Lived, new_context: NewContext
) -> None:
    page = sit_down(lived, new_context, "Olga looks")
    light = page.locator(".site-card .light")
    expect(light).to_have_count(1)
    expect(light).to_be_in_viewport(timeout=PATIENCE_MS)
    reasons = page.locator(".site-card .reasons li")
    expect(reasons.first).to_be_in_viewport()
    assert light.inner_text().strip()


def test_a_slash_leads_to_the_search_from_anywhere(lived: Lived, new_context: NewContext) -> None:
    page = sit_down(lived, new_context, "Olga types", scripts=True)
    for path in ("", "sites/programme/records", "account"):
        page.goto(f"{lived.served.origin}/console/{path}")
        page.keyboard.press("/")
        wait_until(page, "document.activeElement.id === 'search'")
        assert page.locator("#search").input_value() == ""
    page.keyboard.type("a/b")
    assert page.locator("#search").input_value() == "a/b"
