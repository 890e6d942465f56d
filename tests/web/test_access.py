"""Whoever holds the cookie or a receipt gets everything at once; everyone else gets nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent.audit.entry import commitment
from consent.core.canonical import canonical_bytes
from consent.core.model import Site
from consent.core.times import parse_rfc3339
from tests.service import Clock
from tests.web.test_proofs import verified
from tests.web.visitor import ORIGIN, PREFERENCES, Visitor, events_of, publish_now, soup, words

API = "/consent/api/v1/sites/programme/consents/access"
ACCESS = "/consent/sites/programme/access"
DATA = f"{PREFERENCES}/data.json"

Seal = Callable[[], None]


def receipt_of_refusal(visitor: Visitor) -> str:
    act = str(visitor.press("refuse_all").location).partition("act=")[2]
    event_id = events_of(visitor.app)[-1].event.id
    return visitor.get(f"{PREFERENCES}/receipt/{event_id}?act={act}").text


def receipt_of(visitor: Visitor) -> str:
    return visitor.get(f"{PREFERENCES}/receipt/{events_of(visitor.app)[-1].event.id}").text


def present(app: Flask, receipt: str, **fields: Any) -> TestResponse:
    """Send the form of the page from a browser that holds nothing."""
    return Visitor(app).client.post(
        ACCESS,
        base_url=ORIGIN,
        data={"receipt": receipt, "as": "page", **fields},
        headers={"Origin": ORIGIN, "Accept": "text/html"},
    )


@pytest.mark.legal("RR-05", "RR-06", "RR-09", "RR-12")
def test_the_holder_of_the_cookie_gets_everything_at_once(
    service_app: Flask, demo_site: Site, alice: Visitor, seal: Seal, clock: Clock
) -> None:
    alice.choose("accept_all")
    clock.pass_days(1)
    publish_now(service_app, replace(demo_site, name={"en": "A", "nl": "B"}), clock.now)
    alice.choose("save", "functional")
    seal()
    response = alice.get(API)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    held = response.get_json()
    stored = {one.event.id: one for one in events_of(alice.app)}
    assert [one["id"] for one in held["events"]] == sorted(stored, reverse=True)
    for one in held["events"]:
        salt = base64.b64decode(one["opening"]["salt"])
        entry = commitment(one["opening"]["record"].encode(), salt)
        assert entry == stored[one["id"]].entry
        assert f"entry {base64.b64encode(entry).decode()}\n" in one["receipt"]
        verified(alice.app, one["proof"])
        assert parse_rfc3339(one["kept_until"]) > clock.now
    shown = {one["notice_hash"] for one in held["events"]}
    assert set(held["notices"]) == shown
    assert len(shown) == 2
    for name, document in held["notices"].items():
        assert hashlib.sha256(canonical_bytes(document)).hexdigest() == name
        assert "banner.intro" in document["texts"]["en"]
    assert {one["name"] for one in held["recipients"]} >= {"Study Ads Network"}
    assert [one["id"] for one in held["about"]] == ["log", "rights", "contact"]
    assert held["controller"]["name"]


@pytest.mark.legal("RR-05")
def test_who_received_data_is_told_by_what_was_allowed(alice: Visitor) -> None:
    alice.choose("save", "functional")
    recipients = alice.get(API).get_json()["recipients"]
    assert recipients != []
    assert all(one["categories"] == ["functional"] for one in recipients)


@pytest.mark.legal("RR-05", "RR-06")
def test_without_cookie_or_receipt_there_is_nothing_and_no_hint(
    alice: Visitor, service_app: Flask
) -> None:
    alice.choose("accept_all")
    receipt = receipt_of(alice)
    stranger = Visitor(service_app)
    answers = [
        stranger.get(API),
        stranger.get(DATA, Accept="application/json"),
        api_with(stranger, "consent-receipt/v1\n"),
        api_with(stranger, receipt.replace("received 1", "received 2")),
        api_with(stranger, receipt.replace("record 0", "record 1")),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert all("exist" not in answer.text for answer in answers)


def api_with(visitor: Visitor, receipt: str) -> TestResponse:
    return visitor.client.post(
        API, base_url=ORIGIN, json={"receipt": receipt}, headers={"Origin": ORIGIN}
    )


def test_a_receipt_gives_the_same_as_the_cookie(alice: Visitor, service_app: Flask) -> None:
    alice.choose("accept_all")
    by_cookie = alice.get(API).get_json()
    by_receipt = api_with(Visitor(service_app), receipt_of(alice)).get_json()
    assert by_receipt == by_cookie


@pytest.mark.legal("RR-05", "RR-09")
def test_the_preference_page_offers_everything_as_one_file(alice: Visitor) -> None:
    page = alice.choose("accept_all")
    link = page.select_one('section[aria-labelledby="data"] a[download]')
    assert link is not None
    response = alice.get(str(link["href"]))
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="consent-data-programme.json"'
    )
    assert response.mimetype == "application/json"
    assert response.get_json() == alice.get(f"{API}?lang=en").get_json()


def test_the_page_offers_no_data_where_there_is_none(alice: Visitor) -> None:
    page = alice.choose("refuse_all")
    assert page.select_one('section[aria-labelledby="data"] a[download]') is None
    assert page.select_one(f'a[href^="{ACCESS}"]') is not None


@pytest.mark.legal("RR-05", "RR-06")
def test_a_receipt_of_a_refusal_opens_its_record_on_the_page(
    alice: Visitor, service_app: Flask, seal: Seal
) -> None:
    receipt = receipt_of_refusal(alice)
    seal()
    response = present(service_app, receipt)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-store"
    page = soup(response)
    assert "Everything refused" in words(page)
    assert "We keep this record until 21 May 2027." in words(page)
    everything = present(service_app, receipt, **{"as": "json"})
    assert everything.headers["Content-Disposition"].startswith("attachment")
    (event,) = everything.get_json()["events"]
    proof = present(service_app, receipt, **{"as": f"proof.{event['id']}"})
    assert proof.headers["Content-Disposition"].endswith('.tlog-proof"')
    verified(service_app, proof.text)


@pytest.mark.parametrize("kind", ["receipt", "stored", "everything", "crlf"])
def test_a_file_does_as_well_as_its_text(alice: Visitor, service_app: Flask, kind: str) -> None:
    alice.choose("accept_all")
    address = f"{PREFERENCES}/receipt/{events_of(alice.app)[0].event.id}"
    content = {
        "receipt": alice.get(address).data,
        "stored": alice.get(f"{address}.json").data,
        "everything": json.dumps({"events": alice.get(API).get_json()["events"]}).encode(),
        "crlf": alice.get(address).data.replace(b"\n", b"\r\n"),
    }[kind]
    response = present(service_app, "", file=(io.BytesIO(content), "a file"))
    assert response.status_code == 200
    assert "Everything allowed" in words(soup(response))


@pytest.mark.parametrize(
    ("receipt", "status", "said"),
    [
        ("", 422, "Choose the file of a receipt"),
        ("hello", 422, "This is no receipt"),
        ("{}", 422, "This is no receipt"),
        ('{"receipt": 5}', 422, "This is no receipt"),
        ('{"events": []}', 422, "This is no receipt"),
        ("[" * 3000, 422, "This is no receipt"),
        ("consent-receipt/v1\nx\n", 404, "There is nothing to show"),
    ],
)
def test_what_is_no_receipt_is_told_in_plain_words(
    service_app: Flask, receipt: str, status: int, said: str
) -> None:
    response = present(service_app, receipt)
    assert response.status_code == status
    assert said in words(soup(response))


def test_a_receipt_whose_record_was_erased_opens_nothing(
    alice: Visitor, service_app: Flask
) -> None:
    alice.choose("accept_all")
    receipt = receipt_of(alice)
    alice.press("erase")
    assert present(service_app, receipt).status_code == 404
    assert api_with(alice, receipt).status_code == 404


def test_a_form_of_another_site_is_refused(alice: Visitor) -> None:
    alice.choose("accept_all")
    response = alice.send(
        {"receipt": receipt_of(alice)}, path=ACCESS, headers={"Origin": "https://other.example"}
    )
    assert response.status_code == 403


def test_a_form_that_the_page_could_not_have_sent_is_refused(alice: Visitor) -> None:
    for fields in ({"receipt": "x", "more": "y"}, {"receipt": ["x", "y"]}):
        assert alice.send(fields, path=ACCESS).status_code == 422


def test_the_page_is_for_nobodys_index_and_in_both_languages(alice: Visitor) -> None:
    for language, title in (("en", "Your record"), ("nl", "Uw registratie")):
        page = alice.read(f"{ACCESS}?lang={language}")
        assert page.select_one('meta[name="robots"][content="noindex"]') is not None
        assert title in words(page.select_one("h1"))  # type: ignore[arg-type]
