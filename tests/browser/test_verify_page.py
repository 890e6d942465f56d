"""Receipts and proofs of a real service, checked by the page in a browser that asks nobody."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.axe import page_faults
from tests.browser.demo_fixture import Demo, running_demo
from tests.browser.engines import Visitor
from tests.browser.test_pages import follow
from tests.web.sealing import seal_and_publish
from tests.web.visitor import Visitor as Reader
from tests.web.visitor import events_of

pytestmark = pytest.mark.browser

NewPage = Callable[..., Page]
NewContext = Callable[..., BrowserContext]
PREFERENCES = "/consent/sites/programme/preferences"


@dataclass(frozen=True)
class Kept:
    """A running service, and what a visitor who saved a choice has kept of it."""

    demo: Demo
    files: dict[str, str]

    @property
    def verify(self) -> str:
        return f"{self.demo.url}/consent/sites/programme/verify"

    @property
    def access(self) -> str:
        return f"{self.demo.url}/consent/sites/programme/access"

    def changed(self, name: str, pattern: str, to: str) -> str:
        text, count = re.subn(pattern, to, self.files[name], count=1)
        assert count == 1
        return text


@pytest.fixture
def kept(sqlite_url: str, tmp_path: Path) -> Iterator[Kept]:
    with running_demo(sqlite_url, tmp_path) as demo:
        alice = Reader(demo.app, origin=demo.url)
        alice.choose("save", "functional")
        seal_and_publish(demo.app, tmp_path, demo.clock)
        address = f"{PREFERENCES}/receipt/{events_of(demo.app)[0].event.id}"
        files = {
            "receipt.txt": alice.get(address).text,
            "stored.json": alice.get(f"{address}.json").text,
            "mine.tlog-proof": alice.get(f"{address}.tlog-proof").text,
            "everything.json": alice.get(f"{PREFERENCES}/data.json").text,
        }
        yield Kept(demo, files)


def give(files: dict[str, str]) -> str:
    """Return a function that chooses files on the page, as every engine can."""
    encoded = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
    return f"""() => {{
        const transfer = new DataTransfer();
        for (const [name, text] of Object.entries({json.dumps(encoded)})) {{
            const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
            transfer.items.add(new File([bytes], name));
        }}
        document.querySelectorAll(".verdict").forEach((one) => one.remove());
        const chosen = document.getElementById("file");
        chosen.files = transfer.files;
        chosen.dispatchEvent(new Event("change"));
    }}"""


def choose(page: Page, files: dict[str, str]) -> None:
    page.wait_for_selector("#tool:not([hidden])")
    page.evaluate(give(files))
    page.wait_for_selector(".verdict")


def headlines(page: Page) -> list[str]:
    return page.locator(".verdict h2").all_inner_texts()


def test_every_engine_tells_what_is_genuine_and_asks_nobody(visitor: Visitor, kept: Kept) -> None:
    visitor.goto(f"{kept.verify}?lang=en")
    visitor.wait_for("#tool:not([hidden])")
    visitor.rest()
    asked = "() => performance.getEntriesByType('resource').length"
    before = visitor.evaluate(asked)
    files = {
        **kept.files,
        "forged.tlog-proof": kept.changed("mine.tlog-proof", r"index \d+", "index 0"),
        "forged.txt": kept.changed("receipt.txt", r"merge-by 1", "merge-by 2"),
        "other.png": "\u0089PNG",
    }
    visitor.evaluate(give(files))
    visitor.wait_for(".verdict")
    assert visitor.texts(".verdict h2") == [
        "A genuine receipt",
        "Genuine, and in the log",
        "Genuine, and in the log",
        "Genuine, and in the log",
        "Not genuine",
        "Not genuine",
        "Not a file of this kind",
    ]
    assert visitor.evaluate(asked) == before
    assert visitor.stored() == []


def test_it_shows_what_was_chosen_and_the_text_that_was_shown_then(
    kept: Kept, new_page: NewPage
) -> None:
    page = new_page(locale="en-GB")
    kept.demo.publish(name={"en": "Another name", "nl": "Een andere naam"})
    page.wait_for_timeout(1_200)  # the service looks for publications once a second
    page.goto(kept.verify)
    choose(page, {"mine.tlog-proof": kept.files["mine.tlog-proof"]})
    shown = page.locator(".verdict").inner_text()
    assert "Partly allowed" in shown
    assert "Choice saved · Preference page" in shown
    assert "Another name" in shown  # the site, by its name of today
    answers = [text.split("\n") for text in page.locator(".answers li").all_inner_texts()]
    assert answers == [
        ["Functional", "Allowed"],
        ["Personalisation", "Not allowed"],
        ["Ads", "Not allowed"],
    ]
    facsimile = page.locator(".facsimile").inner_text()
    assert "Switch on only what you want." in facsimile
    assert "Extra functions, such as maps and videos." in facsimile
    page.get_by_text("The record, byte for byte").click()
    record = json.loads(page.locator(".verdict pre").inner_text())
    assert record == json.loads(events_of(kept.demo.app)[0].payload)


def test_categories_have_the_readers_names_and_those_that_were_shown(
    kept: Kept, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(f"{kept.verify}?lang=nl")
    choose(page, {"mine.tlog-proof": kept.files["mine.tlog-proof"]})
    first = page.locator(".answers li").first
    assert first.inner_text().split("\n")[0] == "Voorkeuren (getoond als Functional)"
    assert first.locator("[lang=en]").inner_text() == "Functional"


def test_what_helps_without_the_page_is_folded_where_the_page_works(
    kept: Kept, new_page: NewPage
) -> None:
    page = new_page(locale="en-GB")
    page.goto(kept.verify)
    page.wait_for_selector("#tool:not([hidden])")
    for heading in ("Check it without this page", "Our keys"):
        part = page.locator("section", has=page.get_by_role("heading", name=heading))
        assert part.locator("pre").first.is_hidden()
        part.locator("summary").click()
        assert part.locator("pre").first.is_visible()


def test_files_are_dropped_anywhere_and_texts_are_pasted(kept: Kept, new_page: NewPage) -> None:
    page = new_page(locale="en-GB")
    page.goto(kept.verify)
    page.wait_for_selector("#tool:not([hidden])")
    page.evaluate(
        """text => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], "dropped.txt"));
            document.querySelector("h1").dispatchEvent(
                new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        kept.files["receipt.txt"],
    )
    page.wait_for_selector(".verdict")
    assert headlines(page) == ["A genuine receipt"]
    assert page.locator(".verdict .file").inner_text() == "Checked: dropped.txt"
    page.get_by_text("Paste the text instead").click()
    page.get_by_label("Text of the file").fill(kept.files["mine.tlog-proof"].strip())
    page.get_by_role("button", name="Check the text").click()
    page.wait_for_selector(".verdict.proven")
    assert page.locator(".verdict .file").inner_text() == "Checked: Pasted text"


def test_a_bare_proof_is_checked_with_the_receipt_beside_it(kept: Kept, new_page: NewPage) -> None:
    page = new_page(locale="en-GB")
    page.goto(kept.verify)
    bare = kept.changed("mine.tlog-proof", r"extra .*\n", "")
    choose(page, {"bare.tlog-proof": bare})
    assert headlines(page) == ["Cannot be checked here"]
    assert "choose the receipt together with it" in page.locator(".verdict").inner_text()
    choose(page, {"bare.tlog-proof": bare, "receipt.txt": kept.files["receipt.txt"]})
    assert headlines(page) == ["Genuine, and in the log", "A genuine receipt"]


@pytest.mark.legal("AC-02")
def test_the_page_works_by_keyboard(kept: Kept, new_page: NewPage) -> None:
    page = new_page(locale="en-GB")
    page.goto(kept.verify)
    page.wait_for_selector("#tool:not([hidden])")
    page.locator("h1").click()
    order = []
    for _ in range(3):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert order[:2] == ["file", "SUMMARY"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Text of the file").fill(kept.files["receipt.txt"])
    page.get_by_role("button", name="Check the text").press("Enter")
    page.wait_for_selector(".verdict")
    assert page.evaluate("document.activeElement.textContent") == "A genuine receipt"


def test_the_browser_lets_the_page_connect_to_nobody(kept: Kept, new_page: NewPage) -> None:
    page = new_page()
    page.goto(kept.verify)
    with page.expect_console_message(lambda said: "Content Security Policy" in said.text):
        outcome = page.evaluate("fetch('/').then(() => 'sent', () => 'refused')")
    assert outcome == "refused"


@pytest.mark.parametrize("missing", ["ed25519", "secure"])
def test_a_browser_that_cannot_check_says_so(kept: Kept, new_page: NewPage, missing: str) -> None:
    page = new_page(locale="en-GB")
    hide = {
        "ed25519": """
            const original = crypto.subtle.importKey.bind(crypto.subtle);
            crypto.subtle.importKey = (format, key, algorithm, ...rest) =>
                algorithm === "Ed25519"
                    ? Promise.reject(new DOMException("unknown", "NotSupportedError"))
                    : original(format, key, algorithm, ...rest);
        """,
        "secure": "Object.defineProperty(crypto, 'subtle', { value: undefined });",
    }
    page.add_init_script(hide[missing])
    page.goto(kept.verify)
    said = page.get_by_role("alert").inner_text()
    assert {"ed25519": "too old", "secure": "HTTPS"}[missing] in said
    assert page.locator("#tool").is_hidden()


def test_without_a_script_the_page_says_how_to_check_by_hand(kept: Kept, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False, locale="nl-NL")
    page.goto(kept.verify)
    assert "dat uw browser niet uitvoert" in page.locator("noscript").inner_text()
    assert "openssl pkeyutl -verify" in page.locator("main").inner_text()
    assert page.locator("#tool").is_hidden()


def states(page: Page, kept: Kept) -> Iterator[str]:
    """Take a page through everything there is to see of receipts, and say where it is."""
    page.goto(kept.verify)
    page.wait_for_selector("#tool:not([hidden])")
    yield "empty"
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    choose(page, {"everything.json": kept.files["everything.json"]})
    page.locator(".verdict summary").click()
    yield "proven"
    forged = kept.changed("receipt.txt", "received 1", "received 2")
    choose(page, {"receipt.txt": kept.files["receipt.txt"], "forged": forged, "other": "x"})
    yield "others"
    page.goto(kept.access)
    yield "access"
    follow(page, page.get_by_role("button", name="Show my record"))
    yield "nothing given"
    page.get_by_label("Or its text").fill(kept.files["receipt.txt"])
    follow(page, page.get_by_role("button", name="Show my record"))
    page.wait_for_selector(".history")
    yield "found"


@pytest.mark.legal("AC-01", "AC-07", "AC-11")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(kept: Kept, new_context: NewContext, scheme: str) -> None:
    page = new_context(color_scheme=scheme, locale="en-GB").new_page()
    for state in states(page, kept):
        assert page_faults(page) == [], state


@pytest.mark.legal("AC-06", "AC-08")
def test_it_fits_a_narrow_window_and_a_thumb(kept: Kept, new_page: NewPage) -> None:
    page = new_page(viewport={"width": 320, "height": 256}, locale="en-GB")
    for state in states(page, kept):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, state
        for one in page.locator("button:visible, summary:visible, .links a:visible").all():
            box = one.bounding_box()
            assert box
            assert box["height"] >= 44, one.inner_text()


@pytest.mark.legal("RR-05", "RR-06")
def test_a_receipt_opens_the_record_without_a_script(
    kept: Kept, new_context: NewContext, tmp_path: Path
) -> None:
    context = new_context(java_script_enabled=False, locale="en-GB", accept_downloads=True)
    page = context.new_page()
    file = tmp_path / "receipt.txt"
    file.write_text(kept.files["receipt.txt"])
    page.goto(kept.access)
    page.get_by_label("File of the receipt").set_input_files(file)
    page.get_by_role("button", name="Show my record").click()
    assert "Partly allowed" in page.locator(".history").inner_text()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download everything").click()
    held = json.loads(Path(downloading.value.path()).read_text("utf-8"))
    assert [one["event"] for one in held["events"]] == ["partly_granted"]
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download the proof").click()
    assert downloading.value.suggested_filename.endswith(".tlog-proof")
    assert context.cookies() == []
