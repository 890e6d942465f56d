"""Whose records they are is told who looked at them: on the page, in the file, by the interface."""

from __future__ import annotations

import json

import pytest

from tests.web.console.people import Browser
from tests.web.console.recorded import SUBJECTS, Recorded, olga, recorded
from tests.web.visitor import PREFERENCES, Visitor, words

__all__ = ["olga", "recorded"]

API = "/consent/api/v1/sites/programme/consents"


def held(visitor: Visitor) -> list[dict[str, str]]:
    looks: list[dict[str, str]] = json.loads(visitor.get(f"{PREFERENCES}/data.json").text)["looks"]
    return looks


@pytest.mark.legal("AE-06")
def test_a_person_is_told_who_looked_and_a_stranger_is_not(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    alice = recorded.alice
    assert "Nobody has looked at these records so far." in words(alice.read())
    assert held(alice) == []
    olga.page(f"{SUBJECTS}/{recorded.code}")
    recorded.clock.now += 60_000
    assert olga.get(recorded.path(recorded.saved, "/proof.pdf")).status_code == 200
    page = words(alice.read())
    assert "writes down each time somebody who works with these records looks" in page
    assert page.index("a proof was taken") < page.index(": looked at")
    assert "Olga" not in page
    assert [(one["by"], one["what"]) for one in held(alice)] == [
        ("officer", "taken"),
        ("officer", "looked"),
    ]
    assert json.loads(alice.get(API).text)["looks"] == held(alice)
    stranger = Visitor(recorded.console.app)
    stranger.choose("accept_all")
    assert held(stranger) == []


@pytest.mark.legal("AE-06")
def test_whoever_has_only_a_receipt_is_told_as_well(olga: Browser, recorded: Recorded) -> None:
    visitor = Visitor(recorded.console.app)
    page = visitor.choose("refuse_all")
    receipt = next(
        str(one["href"]) for one in page.select("a[download]") if "/receipt/" in str(one["href"])
    )
    text = visitor.get(receipt.replace(".tlog-proof", "")).text
    if text.startswith("{"):
        text = json.loads(text)["receipt"]
    refused = recorded.events[-1]
    olga.page(recorded.path(refused))
    shown = visitor.send({"receipt": text, "as": "page"}, path="/consent/sites/programme/access")
    assert ": looked at" in shown.text
