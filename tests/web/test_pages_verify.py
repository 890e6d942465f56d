"""The page that checks receipts comes with all it needs, and may ask nobody for anything."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from consent.core.canonical import canonical_bytes
from consent.core.catalogue import load_catalogue
from consent.core.model import Site
from consent.core.patches import patched
from tests.service import Clock
from tests.web.visitor import PREFERENCES, Visitor, events_of, publish_now, words

VERIFY = "/consent/sites/programme/verify"

Seal = Callable[[], None]


def carried(page: BeautifulSoup) -> dict[str, Any]:
    found = page.select_one("script#carried")
    assert found is not None
    content: dict[str, Any] = json.loads(found.get_text())
    return content


def test_the_page_may_connect_to_nobody(alice: Visitor) -> None:
    response = alice.get(VERIFY)
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "connect-src 'none'", "form-action 'none'"} <= set(policy)
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers.getlist("Set-Cookie") == []


def test_every_module_is_served_at_an_address_that_changes_with_it(alice: Visitor) -> None:
    page = alice.read(VERIFY)
    script = page.select_one('script[type="module"]')
    assert script is not None
    address = str(script["src"])
    folder = Path("static/js/pages")
    names = ["verify.js", *sorted(f"verify/{path.name}" for path in folder.glob("verify/*.js"))]
    assert len(names) > 5
    for name in names:
        response = alice.get(address.replace("verify.js", name))
        assert response.mimetype == "text/javascript"
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.data == (folder / name).read_bytes()
    assert alice.get(address.replace("verify.js", "verify/none.js")).status_code == 404
    assert alice.get("/consent/assets/0/verify.js").status_code == 404


def test_the_page_carries_the_keys_of_every_role(alice: Visitor) -> None:
    (log,) = carried(alice.read(VERIFY))["logs"]
    origin = "site.example/consent/log/leiden-university/1"
    assert log["origin"] == origin
    assert [key.partition("+")[0] for key in log["log"]] == [origin]
    assert [key.partition("+")[0] for key in log["clock"]] == [f"{origin}/clock"]
    assert [key.partition("+")[0] for key in log["receipt"]] == [f"{origin}/receipt"]
    assert log["witnesses"] == []


def test_the_page_carries_every_notice_and_stays_small(
    service_app: Flask, alice: Visitor, demo_site: Site, clock: Clock
) -> None:
    lengths = [len(alice.get(VERIFY).data)]
    for number in range(1, 6):
        name = {"en": f"Course {number}", "nl": f"Opleiding {number}"}
        publish_now(service_app, replace(demo_site, name=name), clock.now + number)
        lengths.append(len(alice.get(VERIFY).data))
    document: Any = {}
    notices = carried(alice.read(VERIFY))["notices"]
    assert len(notices) == 6
    for one in notices:
        document = one.get("document") or patched(document, one["patch"])
        assert hashlib.sha256(canonical_bytes(document)).hexdigest() == one["hash"]
        assert one["published"] == "22 November 2026"
    assert lengths[0] < 100_000
    assert lengths[-1] - lengths[0] < 5_000


@pytest.mark.parametrize("language", ["en", "nl"])
def test_it_speaks_the_readers_language(alice: Visitor, language: str) -> None:
    page = alice.read(f"{VERIFY}?lang={language}")
    texts = load_catalogue(language)
    assert page.select_one("html[lang]")["lang"] == language  # type: ignore[index]
    assert words(page.select_one("h1")) == texts["verify.title"]  # type: ignore[arg-type]
    known = carried(page)["texts"]
    assert known["verify.verdict.proven"] == texts["verify.verdict.proven"]


def test_every_sentence_of_the_script_is_there() -> None:
    """The script composes keys; each that it can come to has its text."""
    texts = load_catalogue("en")
    verdicts = ("proven", "promised", "wrong", "foreign")
    steps = {
        "holds": "receipt opening checkpoint included time witnesses notice",
        "fails": "receipt opening checkpoint included time witnesses",
        "told": "notice_missing foreign bare",
    }
    wanted = {f"verify.verdict.{name}" for name in (*verdicts, "unread")}
    wanted |= {f"verify.verdict.{name}.text" for name in verdicts}
    wanted |= {f"verify.{outcome}" for outcome in steps}
    wanted |= {
        f"verify.step.{step}.{outcome}"
        for outcome, names in steps.items()
        for step in names.split()
    }
    facts = ("what", "when", "how", "until", "until_end", "site")
    wanted |= {f"verify.fact.{name}" for name in facts}
    wanted |= {f"verify.fault.{name}" for name in ("unknown", "size", "damaged")}
    wanted |= {f"verify.missing.{name}" for name in ("secure", "ed25519")}
    assert wanted <= texts.keys()
    composed = ("verify.step.", "verify.verdict.", "verify.fault.", "verify.fact.")
    assert {key for key in texts if key.startswith(composed)} <= wanted


def commands(page: BeautifulSoup) -> list[str]:
    return [one.get_text() for one in page.select("section[aria-labelledby=hand] pre")]


def run(folder: Path, command: str) -> str:
    finished = subprocess.run(
        ["sh", "-eu", "-c", command],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return finished.stdout + finished.stderr


def save(visitor: Visitor, address: str, folder: Path) -> Path:
    """Store a download as a browser does, under the name that it comes with."""
    response = visitor.get(address)
    name = response.headers["Content-Disposition"].split('"')[1]
    (folder / name).write_bytes(response.data)
    return folder / name


def commands_and_key(visitor: Visitor, folder: Path) -> list[str]:
    """Return the printed commands; the printed key is saved as the page says."""
    page = visitor.read(VERIFY)
    pem = page.select_one("dd pre")
    assert pem is not None
    (folder / "receipt.pem").write_text(pem.get_text() + "\n")
    return commands(page)


def test_the_commands_for_those_without_a_script_check_a_downloaded_receipt(
    alice: Visitor, tmp_path: Path
) -> None:
    alice.choose("accept_all")
    address = f"{PREFERENCES}/receipt/{events_of(alice.app)[0].event.id}"
    signature, _ = commands_and_key(alice, tmp_path)
    receipt = save(alice, address, tmp_path)
    assert "Signature Verified Successfully" in run(tmp_path, signature)
    receipt.write_text(receipt.read_text().replace("received 1", "received 2"))
    assert "Verified Successfully" not in run(tmp_path, signature)


@pytest.mark.parametrize("kind", ["everything", "stored"])
def test_the_commands_open_the_records_of_a_downloaded_file(
    alice: Visitor, tmp_path: Path, kind: str
) -> None:
    alice.choose("accept_all")
    alice.choose("save", "functional")
    newest = max(one.event.id for one in events_of(alice.app))
    stored = f"{PREFERENCES}/receipt/{newest}.json"
    address = {"everything": f"{PREFERENCES}/data.json", "stored": stored}[kind]
    signature, opening = commands_and_key(alice, tmp_path)
    file = save(alice, address, tmp_path)
    computed, promised = run(tmp_path, opening).splitlines()
    assert computed == promised
    assert json.loads((tmp_path / "record").read_bytes())["id"] == newest
    assert "Signature Verified Successfully" in run(tmp_path, signature)
    forged = file.read_text().replace(r"partly_granted\"", r"granted\"")
    assert forged != file.read_text()
    file.write_text(forged)
    computed, promised = run(tmp_path, opening).splitlines()
    assert computed != promised


def test_what_helps_without_the_page_is_open_without_a_script(alice: Visitor) -> None:
    page = alice.read(VERIFY)
    assert page.select_one("noscript") is not None
    assert len(page.select("details[open] pre")) == 3


def test_the_preference_page_leads_to_it(alice: Visitor) -> None:
    page = alice.choose("accept_all")
    assert page.select(f'a[href^="{VERIFY}"]') != []
