"""The product's own evidence run: four states recorded on the demo, and attached to a pack.

Each state is reached in a browser that is not recorded, and shown by one that begins with what the
first has stored: so a recording has nothing but the visit of somebody in that state.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import BrowserContext, Page

from consent.cli import main
from consent.core.declared_hosts import declared_hosts
from consent.core.model import NECESSARY
from consent.core.notice import notice_document
from consent.core.times import parse_rfc3339
from tests.browser.demo_fixture import Demo, choice_cookie, demo_site, running_demo
from tests.browser.waiting import SECONDS, settle, wait_until

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]
Stored = dict[str, Any]
PATHS = ("/", "/programme", "/visit", "/contact")
SENT = "localStorage.getItem('consent-unsent') === null"
STATES = {
    "undecided": (),
    "refused": ("Refuse all",),
    "accepted": ("Accept all",),
    "withdrawn": ("Accept all", "Withdraw all"),
}


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demo]:
    with running_demo(sqlite_url, tmp_path) as demo:
        yield demo


def poll(page: Page, is_so: Callable[[], bool]) -> None:
    """Return when something outside the page is so; fail after a while."""
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def press(context: BrowserContext, demo: Demo, name: str) -> None:
    """Press a button on a page of its own, and leave when the answer has come and is stored.

    The page may load itself again; whether it does makes no difference here.
    """
    page = context.new_page()
    page.goto(demo.url)
    before = choice_cookie(context)
    page.get_by_role("button", name=name, exact=True).click()
    poll(page, lambda: choice_cookie(context) not in (None, before))
    wait_until(page, SENT)
    page.close()


def show(context: BrowserContext, demo: Demo, folder: Path, state: str) -> None:
    """Visit pages as somebody does who is in a state, and write down what is stored then."""
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(str(urlsplit(request.url).hostname)))
    for path in PATHS:
        page.goto(demo.url + path)
        page.mouse.wheel(0, 3000)
        settle(page)
    if state == "accepted":
        held = hosts_that_need_consent(demo)
        poll(page, lambda: not held.isdisjoint(asked))
    stored = context.storage_state()
    cookies = context.cookies()
    (folder / f"{state}.storage.json").write_text(json.dumps(stored["origins"], indent=1))
    (folder / f"{state}.cookies.json").write_text(json.dumps(cookies, indent=1))


def record(demo: Demo, new_context: NewContext, folder: Path) -> Path:
    """Record the four states into a folder."""
    folder.mkdir()
    for state, buttons in STATES.items():
        visitor = new_context(locale="en-GB")
        for name in buttons:
            press(visitor, demo, name)
        recorded = new_context(
            locale="en-GB",
            storage_state=visitor.storage_state(),
            record_har_path=folder / f"{state}.har",
            record_har_content="omit",
        )
        show(recorded, demo, folder, state)
        recorded.close()  # which writes the recording
    return folder


def hosts_in(recording: Path) -> set[str]:
    entries = json.loads(recording.read_text("utf-8"))["log"]["entries"]
    parts = [urlsplit(entry["request"]["url"]) for entry in entries]
    return {str(one.hostname) for one in parts if one.scheme in ("http", "https")}


def hosts_that_need_consent(demo: Demo) -> set[str]:
    declared = declared_hosts(notice_document(demo_site(demo.port)))
    return {
        host.bare_host
        for category, hosts in declared.items()
        for host in hosts
        if category != NECESSARY
    }


def export(demo: Demo, home: Path, url: str, inspection: Path, target: Path) -> Result:
    environment = {"CONSENT_HOME": str(home), "CONSENT_DATABASE_URL": url}
    options = ["--evidence", "--inspection", str(inspection), "--output", str(target)]
    return CliRunner().invoke(main, ["export", *options], env=environment)


@pytest.mark.legal("AE-10")
def test_four_recorded_states_go_into_the_pack_until_the_registry_changes(
    demo: Demo, new_context: NewContext, sqlite_url: str, tmp_path: Path
) -> None:
    folder = record(demo, new_context, tmp_path / "inspection")
    held = hosts_that_need_consent(demo)
    assert held
    for state in ("undecided", "refused", "withdrawn"):
        assert hosts_in(folder / f"{state}.har") == {"localhost"}
    assert hosts_in(folder / "accepted.har") & held
    assert hosts_in(folder / "accepted.har") <= {"localhost"} | held

    target = tmp_path / "pack.zip"
    result = export(demo, tmp_path, sqlite_url, folder, target)
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(target) as pack:
        manifest = json.loads(pack.read("manifest.json"))
        published = json.loads(pack.read("publications.json"))[-1]["published_at"]
        for path in folder.iterdir():
            content = pack.read(f"inspection/{path.name}")
            assert content == path.read_bytes()
            listed = manifest["files"][f"inspection/{path.name}"]
            assert listed["sha256"] == hashlib.sha256(content).hexdigest()
            if path.suffix == ".har":
                entries = json.loads(content)["log"]["entries"]
                begun = min(parse_rfc3339(one["startedDateTime"]) for one in entries)
                assert begun > parse_rfc3339(published)
    assert manifest["inspection"]["states"] == list(STATES)
    assert manifest["inspection"]["states_missing"] == []

    demo.publish(name={"en": "Life Sciences", "nl": "Levenswetenschappen"})
    target.unlink()
    result = export(demo, tmp_path, sqlite_url, folder, target)
    assert result.exit_code == 1
    assert "accepted.har is stale: it begins" in result.stderr
    assert not target.exists()
