"""Proofs are given to the holder and to officers once the log shows the record, to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent.audit.entry import commitment, leaf_hash
from consent.audit.proofs import verify_inclusion
from consent.audit.tlog_proof import TlogProof, parse_tlog_proof, read_opening
from consent.core.model import Site
from consent.services.officers import add_officer
from consent.services.proving import log_policy
from consent.services.sealing import seal_all
from consent.store.database import db
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.log_heads import latest_published
from consent.store.tables import OfficerActionRow, RestrictionRow
from tests.service import Clock, engine_session, keys_of
from tests.web.sealing import seal_and_publish
from tests.web.visitor import ORIGIN, PREFERENCES, Visitor, events_of

API = "/consent/api/v1/sites/programme/consents"

Seal = Callable[[], None]


def proof_address(visitor: Visitor) -> str:
    return f"{API}/{events_of(visitor.app)[-1].event.id}/proof"


def receipt_of(visitor: Visitor) -> str:
    """Return the receipt that the page offers for the act it tells of."""
    event_id = events_of(visitor.app)[-1].event.id
    return visitor.get(f"{PREFERENCES}/receipt/{event_id}").text


def verified(app: Flask, text: str) -> TlogProof:
    """Return a proof whose record is in a head that the log's own keys have signed."""
    proof = parse_tlog_proof(text)
    assert proof.extra is not None
    salt, record = read_opening(proof.extra)
    with engine_session(app) as session:
        policy = log_policy(session, "leiden-university/1", None)
    head = policy.open(proof.checkpoint).checkpoint
    leaf = leaf_hash(commitment(record, salt))
    verify_inclusion(leaf, proof.index, head.size, proof.path, head.root)
    return proof


def officer_token(app: Flask, name: str, *sites: str) -> str:
    with app.app_context():
        token = add_officer(db.session, name, sites, by="cli:root", now=1)
        db.session.remove()
    return token


def as_officer(visitor: Visitor, token: str, path: str) -> TestResponse:
    return visitor.get(path, Authorization=f"Bearer {token}", Accept="*/*")


@pytest.mark.legal("RP-07")
def test_the_holder_gets_the_proof_once_the_log_shows_it(alice: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    early = alice.get(proof_address(alice))
    assert (early.status_code, early.headers["Retry-After"]) == (202, "60")
    seal()
    response = alice.get(proof_address(alice))
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    stored = events_of(alice.app)[0]
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="consent-proof-{stored.event.id}.tlog-proof"'
    )
    assert response.headers["Cache-Control"] == "private, no-store"
    proof = verified(alice.app, response.text)
    assert read_opening(proof.extra or b"") == (stored.salt, stored.payload.encode())


def test_a_bare_proof_leaves_the_record_out(alice: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    seal()
    whole = parse_tlog_proof(alice.get(proof_address(alice)).text)
    bare = parse_tlog_proof(alice.get(f"{proof_address(alice)}?bare=1").text)
    assert (bare.extra, bare.index, bare.path) == (None, whole.index, whole.path)
    assert alice.get(f"{proof_address(alice)}?bare=2").status_code == 422


def test_nobody_else_gets_it(alice: Visitor, bob: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    address = proof_address(alice)
    bob.choose("accept_all")
    seal()
    for visitor in (bob, Visitor(alice.app)):
        assert visitor.get(address).status_code == 404
        assert visitor.get(f"{API}/none/proof").status_code == 404


def test_a_receipt_gives_the_proof_of_a_refusal(alice: Visitor, seal: Seal) -> None:
    act = str(alice.press("refuse_all").location).partition("act=")[2]
    event_id = events_of(alice.app)[0].event.id
    receipt = alice.get(f"{PREFERENCES}/receipt/{event_id}?act={act}").text
    seal()
    assert alice.get(f"{API}/{event_id}/proof").status_code == 404
    response = present(alice, receipt, f"{API}/{event_id}/proof")
    verified(alice.app, response.text)


def present(visitor: Visitor, receipt: str, path: str) -> TestResponse:
    return visitor.client.post(
        path, base_url=ORIGIN, json={"receipt": receipt}, headers={"Origin": ORIGIN}
    )


def test_a_receipt_opens_no_other_record(
    alice: Visitor, bob: Visitor, seal: Seal, clock: Clock
) -> None:
    alice.choose("accept_all")
    receipt = receipt_of(alice)
    clock.now += 1
    bob.choose("accept_all")
    seal()
    assert present(bob, receipt, proof_address(bob)).status_code == 404
    forged = receipt.replace("received 1", "received 2")
    assert present(alice, forged, proof_address(alice)).status_code == 404


def test_an_erased_record_has_no_proof_any_more_but_an_old_one_still_holds(
    alice: Visitor, seal: Seal
) -> None:
    alice.choose("accept_all")
    seal()
    address, kept = proof_address(alice), alice.get(proof_address(alice)).text
    identity = alice.cookie("__Host-consent-id") or ""
    alice.press("erase")
    alice.client.set_cookie("__Host-consent-id", identity, domain="site.example", secure=True)
    assert alice.get(address).status_code == 404
    seal()
    verified(alice.app, kept)


def test_officers_get_the_proofs_of_their_sites_and_are_noted(alice: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    seal()
    address = proof_address(alice)
    olga = officer_token(alice.app, "Olga", "programme")
    otto = officer_token(alice.app, "Otto", "library")
    stranger = Visitor(alice.app)
    verified(alice.app, as_officer(stranger, olga, address).text)
    assert as_officer(stranger, otto, address).status_code == 403
    assert as_officer(stranger, "none", address).status_code == 401
    actions = actions_of(alice.app)
    assert [(one["officer"], one["action"]) for one in actions] == [("Olga", "record:prove")]
    assert events_of(alice.app)[0].event.id not in str(actions)


def actions_of(app: Flask) -> list[dict[str, Any]]:
    with engine_session(app) as session:
        rows = session.query(OfficerActionRow).where(OfficerActionRow.action != "officer:add")
        return [
            {"officer": row.officer, "action": row.action, "id": row.subject_id, "d": row.detail}
            for row in rows
        ]


@pytest.mark.legal("RR-08")
def test_a_restricted_record_is_proven_to_officers_alone(alice: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    seal()
    address = proof_address(alice)
    with engine_session(alice.app) as session:
        event_id = events_of(alice.app)[0].event.id
        session.add(RestrictionRow(event_id=event_id, restricted_at=1))
        session.commit()
    assert alice.get(address).status_code == 404
    olga = officer_token(alice.app, "Olga", "programme")
    verified(alice.app, as_officer(Visitor(alice.app), olga, address).text)


def test_the_page_offers_the_proof_of_each_act(alice: Visitor, seal: Seal) -> None:
    page = alice.choose("accept_all")
    assert page.select_one('a[href*=".tlog-proof"]') is None
    assert "The proof is ready in about a minute." in page.get_text()
    seal()
    links = [str(one["href"]) for one in alice.read().select('a[href*=".tlog-proof"]')]
    assert len(links) == 1
    response = alice.get(links[0])
    assert response.headers["Content-Disposition"].endswith('.tlog-proof"')
    verified(alice.app, response.text)


def test_what_is_sealed_and_not_published_has_no_proof_yet(alice: Visitor, clock: Clock) -> None:
    alice.choose("accept_all")
    with engine_session(alice.app) as session:
        seal_all(session, "leiden-university/1", keys_of(alice.app), now=clock.now)
    assert alice.get(proof_address(alice)).status_code == 202
    page = alice.read()
    assert page.select_one('a[href*=".tlog-proof"]') is None
    assert "The proof is ready in about a minute." in page.get_text()


def test_a_refusal_has_its_proof_while_the_page_tells_of_the_act(
    alice: Visitor, seal: Seal, clock: Clock
) -> None:
    location = str(alice.press("refuse_all").location)
    clock.now += 60_000
    seal()
    link = alice.read(location).select_one('.message a[href*=".tlog-proof"]')
    assert link is not None
    verified(alice.app, alice.get(str(link["href"])).text)
    assert Visitor(alice.app).get(str(link["href"]).partition("?")[0]).status_code == 404
    clock.now += 600_000
    assert alice.get(str(link["href"])).status_code == 404


def test_the_history_carries_the_proofs(alice: Visitor, seal: Seal) -> None:
    alice.choose("accept_all")
    assert alice.get(API).get_json()["events"][0]["proof"] is None
    seal()
    verified(alice.app, alice.get(API).get_json()["events"][0]["proof"])


def test_proofs_stay_true_while_the_log_grows(
    alice: Visitor, bob: Visitor, seal: Seal, clock: Clock
) -> None:
    alice.choose("accept_all")
    seal()
    first = alice.get(proof_address(alice)).text
    clock.now += 60_000
    bob.choose("accept_all")
    event = events_of(alice.app)[0].event.id
    assert alice.get(f"{API}/{event}/proof").text == first
    seal()
    second = verified(alice.app, alice.get(f"{API}/{event}/proof").text)
    assert second.index == verified(alice.app, first).index
    assert second.checkpoint != parse_tlog_proof(first).checkpoint


def submission(client: Any) -> dict[str, Any]:
    notice = client.get("/consent/api/v1/sites/programme/notice", base_url=ORIGIN).get_json()
    return {
        "submission_id": "6f8b2d5e-8f0a-4c57-9d53-0f6a1b7c2d3e",
        "notice_token": notice["notice_token"],
        "control": "accept_all",
        "layer": "banner",
        "choices": {one["id"]: True for one in notice["categories"]},
    }


def test_an_act_may_wait_for_its_proof(
    serve: Callable[..., Flask], demo_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = serve(demo_site, sealing=True, CONSENT_AUDIT_RECEIPT="proof")
    monkeypatch.setattr("consent.services.sealing_wait.LONGEST_SECONDS", 60.0)
    client = app.test_client()
    client.get("/consent/healthz")
    answer = client.post(
        API, base_url=ORIGIN, json=submission(client), headers={"Origin": ORIGIN}
    ).get_json()
    proof = verified(app, answer["proof"])
    assert read_opening(proof.extra or b"")[1].decode() == answer["opening"]["record"]


def test_an_act_that_waits_in_vain_is_answered_without_a_proof(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    """Nothing seals here."""
    client = serve(demo_site, CONSENT_AUDIT_RECEIPT="proof").test_client()
    response = client.post(
        API, base_url=ORIGIN, json=submission(client), headers={"Origin": ORIGIN}
    )
    assert response.status_code == 201
    assert response.get_json()["proof"] is None


def test_by_default_an_act_is_answered_with_a_promise(client: Any) -> None:
    answer = client.post(
        API, base_url=ORIGIN, json=submission(client), headers={"Origin": ORIGIN}
    ).get_json()
    assert answer["proof"] is None
    assert answer["receipt"].startswith("consent-receipt/v1\n")


def test_a_witnessed_head_is_preferred(
    alice: Visitor, seal: Seal, clock: Clock, tmp_path: Path
) -> None:
    """A proof that others have signed too is worth more than a newer one."""
    alice.choose("accept_all")
    seal()
    with engine_session(alice.app) as session:
        head = latest_published(session, "leiden-university/1")
        assert head is not None
        line = "— witness.example AAAAAAAA\n"
        anchor = Anchor(
            "leiden-university/1", head.size, head.created, "witness", "w", line.encode(), clock.now
        )
        insert_anchor(session, anchor)
        session.commit()
    clock.now += 60_000
    Visitor(alice.app).choose("accept_all")
    seal_and_publish(alice.app, tmp_path, clock)
    event_id = events_of(alice.app)[0].event.id
    assert alice.get(f"{API}/{event_id}/proof").text.endswith(line)
