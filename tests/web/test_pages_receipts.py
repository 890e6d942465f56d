"""Receipts are given to whoever holds the id, or has just acted, and to nobody else."""

from __future__ import annotations

import base64
import json

import pytest

from consent.audit.entry import commitment
from consent.audit.notes import NoteVerifier
from consent.audit.receipts import open_receipt, receipt_key_name
from consent.web.context import EXTENSION
from tests.service import Clock
from tests.web.visitor import PREFERENCES, Visitor, events_of


def receipt_address(visitor: Visitor) -> str:
    return f"{PREFERENCES}/receipt/{events_of(visitor.app)[-1].event.id}"


@pytest.mark.legal("SL-10")
def test_the_holder_downloads_a_genuine_receipt(alice: Visitor) -> None:
    page = alice.choose("accept_all")
    link = page.select_one(".message a[download]")
    assert link is not None
    response = alice.get(str(link["href"]))
    stored = events_of(alice.app)[0]
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="consent-receipt-{stored.event.id}.txt"'
    )
    assert response.headers["Cache-Control"] == "private, no-store"
    running = alice.app.extensions[EXTENSION]
    name = receipt_key_name(running.sites.get("programme").log_origin)
    receipt = open_receipt(NoteVerifier(name, running.keys.receipt.public_key()), response.text)
    assert (receipt.record_id, receipt.entry) == (stored.event.id, stored.entry)


def test_the_json_variant_opens_the_entry_that_the_receipt_promises(alice: Visitor) -> None:
    alice.choose("save", "functional")
    address = receipt_address(alice)
    body = alice.get(f"{address}.json").get_json()
    salt = base64.b64decode(body["opening"]["salt"])
    entry = commitment(body["opening"]["record"].encode(), salt)
    assert f"entry {base64.b64encode(entry).decode()}\n" in body["receipt"]
    assert body["receipt"] == alice.get(address).text
    assert json.loads(body["opening"]["record"])["id"] == body["id"]


def test_nobody_else_gets_it(alice: Visitor, bob: Visitor) -> None:
    alice.choose("accept_all")
    address = receipt_address(alice)
    bob.choose("accept_all")
    stranger = Visitor(alice.app)
    for visitor in (bob, stranger):
        for wanted in (address, f"{address}.json", f"{address}?act=x"):
            assert visitor.get(wanted).status_code == 404
    assert stranger.get(f"{PREFERENCES}/receipt/none").status_code == 404


def test_a_refusal_has_its_receipt_at_the_act_and_not_later(alice: Visitor, clock: Clock) -> None:
    page = alice.choose("refuse_all")
    link = page.select_one(".message a[download]")
    assert link is not None
    href = str(link["href"])
    assert alice.get(href).status_code == 200
    assert alice.get(receipt_address(alice)).status_code == 404
    clock.now += 601_000
    assert alice.get(href).status_code == 404


def test_what_opens_one_receipt_opens_no_other(alice: Visitor, bob: Visitor, clock: Clock) -> None:
    alice.choose("refuse_all")
    first = receipt_address(alice)
    clock.now += 1
    act = str(bob.press("refuse_all").location).partition("act=")[2]
    assert bob.get(f"{receipt_address(bob)}?act={act}").status_code == 200
    assert bob.get(f"{first}?act={act}").status_code == 404
