"""Browsers' reports become counts by day; the policies are there for whoever sends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from consent.core.model import Site
from consent.core.policy_reports import REPORT_URI, REPORTING_API
from consent.services.content_policies import MAX_HOSTS_PER_DAY
from consent.store.database import db, write_transaction
from consent.store.policy_reports import Blocked, add_counts, take_turn
from consent.store.tables import PolicyReportRow
from tests.core.test_policy_reports import newer as newer_body
from tests.disposing import dispose
from tests.service import Clock, engine_session
from tests.web.visitor import ORIGIN, Visitor

API = "/consent/api/v1/sites/programme"
HERE = {"documentURL": f"{ORIGIN}/visit?name=Alice"}


def newer(*blocked: str) -> bytes:
    return newer_body(*blocked, **HERE)


def send(app: Flask, body: bytes, kind: str = REPORTING_API, **headers: str) -> TestResponse:
    return app.test_client().post(
        f"{API}/policy-reports", base_url=ORIGIN, data=body, content_type=kind, headers=headers
    )


def counts(app: Flask) -> dict[tuple[str, str], int]:
    """Return what is stored of one site, by day and name."""
    row = PolicyReportRow
    with engine_session(app) as session:
        found = session.execute(select(row.day, row.blocked, row.count)).all()
    return {(day, name): count for day, name, count in found}


@pytest.mark.legal("PB-08", "RR-01")
def test_a_report_is_counted_and_nothing_else_of_it_is_kept(service_app: Flask) -> None:
    answer = send(service_app, newer("https://ads.example/p?id=7"), Cookie="consent=abc")
    assert answer.status_code == 204
    assert answer.data == b""
    assert "Set-Cookie" not in answer.headers
    older = {"csp-report": {"document-uri": f"{ORIGIN}/", "blocked-uri": "https://ads.example/q",
                            "effective-directive": "img-src"}}  # fmt: skip
    assert send(service_app, json.dumps(older).encode(), REPORT_URI).status_code == 204
    with engine_session(service_app) as session:
        rows = [tuple(row) for row in session.execute(select(PolicyReportRow.__table__))]
    assert rows == [("programme", "20261122", "img-src", "ads.example", 2)]


def test_each_day_has_its_own_count(service_app: Flask, clock: Clock) -> None:
    send(service_app, newer("https://ads.example/"))
    clock.pass_days(1)
    send(service_app, newer("https://ads.example/", "https://ads.example/"))
    assert counts(service_app) == {("20261122", "ads.example"): 1, ("20261123", "ads.example"): 2}


def test_reports_that_come_at_once_never_wait_for_each_other(service_app: Flask) -> None:
    """On PostgreSQL a batch that meets another one may be dropped, but never in part."""
    bodies = [newer("https://a.example/", "https://b.example/")] * 6
    bodies += [newer("https://b.example/", "https://a.example/")] * 6
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: send(service_app, body), bodies))
    assert {answer.status_code for answer in answers} == {204}
    [number] = set(counts(service_app).values())
    with engine_session(service_app) as session:
        waits = session.get_bind().dialect.name == "sqlite"
    assert number == 12 if waits else 0 < number <= 12


def test_a_batch_is_dropped_while_the_same_sites_counts_are_written(service_app: Flask) -> None:
    with engine_session(service_app) as session, engine_session(service_app) as other:
        is_dropped = session.get_bind().dialect.name == "postgresql"
        assert take_turn(session, "programme")
        assert take_turn(other, "another-site")
        # Were it to wait, it would wait for this very test.
        assert send(service_app, newer("https://ads.example/")).status_code == 204
    assert counts(service_app) == ({} if is_dropped else {("20261122", "ads.example"): 1})
    before = sum(counts(service_app).values())
    assert send(service_app, newer("https://ads.example/")).status_code == 204
    assert sum(counts(service_app).values()) == before + 1


def test_invented_hosts_fill_no_table(service_app: Flask) -> None:
    for start in range(0, MAX_HOSTS_PER_DAY + 50, 50):
        hosts = [f"https://h{number}.example/" for number in range(start, start + 50)]
        assert send(service_app, newer(*hosts)).status_code == 204
    assert send(service_app, newer("https://h0.example/", "inline")).status_code == 204
    found = counts(service_app)
    assert sum(not name.startswith("(") for _, name in found) == MAX_HOSTS_PER_DAY
    assert found["20261122", "(more hosts)"] == 50
    assert found["20261122", "h0.example"] == 2
    assert found["20261122", "(inline)"] == 1


def test_a_visitor_who_sends_many_reports_can_still_choose(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    app = serve(demo_site, CONSENT_WRITES_PER_MINUTE="2")
    assert [send(app, newer("inline")).status_code for _ in range(3)] == [204, 204, 429]
    assert Visitor(app).press("refuse_all").status_code == 303


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 415),
        (b"[]", "", 415),
        (b"no JSON", REPORTING_API, 422),
        (b"{}", REPORT_URI, 422),
        (b"[" + b" " * 200_000 + b"]", REPORTING_API, 413),
    ],
)
def test_what_is_no_report_is_refused(
    service_app: Flask, body: bytes, kind: str, status: int
) -> None:
    answer = send(service_app, body, kind)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert counts(service_app) == {}


def test_a_large_batch_of_a_browser_is_taken(service_app: Flask) -> None:
    policy = "default-src 'self'; " * 50
    body = newer_body(*["https://ads.example/"] * 50, originalPolicy=policy, **HERE)
    assert len(body) > 50_000
    assert send(service_app, body).status_code == 204


def test_there_are_no_reports_of_an_unknown_site(service_app: Flask) -> None:
    answer = service_app.test_client().post(
        "/consent/api/v1/sites/unknown/policy-reports", data=b"[]", content_type=REPORTING_API
    )
    assert answer.status_code == 404


def test_counts_end_after_ninety_days(service_app: Flask, clock: Clock) -> None:
    with engine_session(service_app) as session:
        for day in ("20260823", "20260824", "20261122"):
            with write_transaction(session):
                add_counts(session, "programme", day, {Blocked("img-src", "ads.example"): 1})
        dispose(session, clock.now_ms())
    assert [day for day, _ in counts(service_app)] == ["20260824", "20261122"]


def test_health_which_anybody_may_ask_reads_no_reports(service_app: Flask) -> None:
    send(service_app, newer("https://stranger.example/x"))
    asked: list[str] = []
    with service_app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    health = json.loads(service_app.test_client().get("/healthz").data)
    assert (health["status"], set(health)) == ("ok", {"status", "logs"})
    assert asked
    assert not any("policy_report" in statement for statement in asked)


def test_the_policies_are_the_same_for_everyone_and_cached_by_their_content(
    service_app: Flask,
) -> None:
    client = service_app.test_client()
    answer = client.get(f"{API}/content-policy", base_url=ORIGIN)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    document = answer.get_json()
    assert document["cookie"] == "__Host-consent"
    assert document["categories"] == ["functional", "personalisation", "ads"]
    assert len(document["enforce"]) == len(document["report_only"]) == 8
    refused = document["enforce"]["functional-0_personalisation-0_ads-0"]
    assert "ads.js" not in refused
    assert "report-uri" not in refused
    assert "ads.js" in document["enforce"]["functional-0_personalisation-0_ads-1"]
    again = client.get(f"{API}/content-policy", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_policy_that_would_not_hold_is_not_given(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    """Such a site can be published as long as its file asks for no policy."""
    ads = next(one for one in demo_site.trackers if one.name == "Study ads tag")
    needed = replace(
        ads, name="Login", category="necessary", necessity_reason=dict.fromkeys(("en", "nl"), "x")
    )
    site = replace(demo_site, content_policy=None, trackers=(*demo_site.trackers, needed))
    answer = serve(site).test_client().get(f"{API}/content-policy")
    assert answer.status_code == 422
    assert "tracker.localhost/ads.js is declared under ads" in answer.get_json()["detail"]
