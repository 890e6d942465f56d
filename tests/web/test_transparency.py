"""What a site has shown is published with dates and digests, and proven by its log."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from consent.audit.entry import commitment
from consent.audit.tlog_proof import parse_tlog_proof, read_opening
from consent.core.model import Site
from tests.service import Clock
from tests.web.test_proofs import verified
from tests.web.visitor import ORIGIN, POLICY, Visitor, publish_now

TRANSPARENCY = "/consent/sites/programme/transparency.json"

Seal = Callable[[], None]


def path_of(address: str) -> str:
    assert address.startswith(ORIGIN)
    return address.removeprefix(ORIGIN)


@pytest.mark.legal("RP-14")
def test_the_script_that_is_served_is_the_one_on_the_list(alice: Visitor) -> None:
    """The first line has the configuration and the day's token; the bundle follows it."""
    script = alice.get("/consent/sites/programme/banner.js").data
    digest = hashlib.sha256(script.partition(b"\n")[2]).hexdigest()
    listed = alice.get(TRANSPARENCY).get_json()
    assert listed["script"] == digest
    assert listed["published"][0]["builds"]["script"] == digest


@pytest.mark.legal("RP-14")
def test_every_notice_and_policy_is_listed_with_its_date(
    service_app: Flask, alice: Visitor, demo_site: Site, clock: Clock
) -> None:
    clock.now += 1_000
    changed = replace(demo_site, name={"en": "Physics", "nl": "Natuurkunde"})
    publish_now(service_app, changed, clock.now)
    newest, first = alice.get(TRANSPARENCY).get_json()["published"]
    assert first["since"] == "2026-11-22T12:00:00.000Z"
    assert newest["since"] == "2026-11-22T12:00:01.000Z"
    assert newest["notice"] != first["notice"]
    for entry in (newest, first):
        for name in ("notice", "policy"):
            document = alice.get(f"{path_of(entry[f'{name}_url'])}?format=json").data
            assert hashlib.sha256(document).hexdigest() == entry[name]


def test_each_entry_is_proven_once_the_log_shows_it(alice: Visitor, seal: Seal) -> None:
    (entry,) = alice.get(TRANSPARENCY).get_json()["published"]
    assert entry["leaf"] is None
    assert alice.get(path_of(entry["proof_url"])).status_code == 202
    seal()
    (entry,) = alice.get(TRANSPARENCY).get_json()["published"]
    proof = verified(alice.app, alice.get(path_of(entry["proof_url"])).text)
    assert proof.index == entry["leaf"]
    salt, record = read_opening(proof.extra or b"")
    assert record.decode() == entry["opening"]["record"]
    assert commitment(record, salt) == commitment(
        entry["opening"]["record"].encode(), base64.b64decode(entry["opening"]["salt"])
    )


def test_nothing_else_is_proven_there(alice: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    seal()
    event_id = alice.get("/consent/api/v1/sites/programme/consents").get_json()["events"][0]["id"]
    for record_id in (event_id, "none"):
        address = f"/consent/sites/programme/transparency/{record_id}.tlog-proof"
        assert Visitor(alice.app, headers={}).get(address).status_code == 404


def test_another_site_of_the_log_is_not_on_the_list(
    service_app: Flask, alice: Visitor, demo_site: Site, clock: Clock
) -> None:
    other = replace(
        demo_site,
        id="library",
        origins=("https://library.example",),
        service_url="https://library.example/consent",
    )
    publish_now(service_app, other, clock.now)
    assert len(alice.get(TRANSPARENCY).get_json()["published"]) == 1


def test_the_list_is_open_to_all_and_linked_from_the_policy(alice: Visitor) -> None:
    response = alice.get(TRANSPARENCY)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert alice.read(POLICY).select_one(f'a[href="{TRANSPARENCY}"]') is not None
    assert alice.get("/consent/sites/none/transparency.json").status_code == 404


def test_a_proof_is_a_file(alice: Visitor, seal: Seal) -> None:
    seal()
    (entry,) = alice.get(TRANSPARENCY).get_json()["published"]
    response = alice.get(path_of(entry["proof_url"]))
    assert response.headers["Content-Disposition"].endswith('.tlog-proof"')
    assert parse_tlog_proof(response.text).index == entry["leaf"]
