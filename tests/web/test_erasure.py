"""Erasure over HTTP, on both engines: what is answered, set, refused and no longer shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from consent.cli.context import keys_of
from consent.core.model import ErasureMode
from consent.core.times import parse_rfc3339, rfc3339
from consent.services.retention import run_retention
from consent.store.tables import DisposalQueueRow
from tests.disposing import make_sealing
from tests.make import make_site
from tests.service import Clock, engine_session, make_app
from tests.web.test_api import (
    ALL,
    API,
    NONE,
    ORIGIN,
    Service,
    assert_problem,
    cookies_of,
    values_of,
)
from tests.world import new_id


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Service:
    clock = Clock()
    return Service(make_app(database_url, tmp_path, make_site(), clock=clock), clock)


def erase(service: Service, client: Any = None, **headers: str) -> TestResponse:
    sent = {
        "Origin": ORIGIN,
        "Submission-Id": new_id(),
        "Notice-Token": service.token(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    answer: TestResponse = (client or service.client).delete(
        f"{API}/consents", base_url=ORIGIN, headers=sent
    )
    return answer


@pytest.mark.legal("RR-06", "RR-07", "RR-12", "WD-07")
def test_an_erasure_is_answered_at_once_and_nothing_is_shown_any_more(service: Service) -> None:
    granted = service.post(service.body()).get_json()
    response = erase(service)
    assert response.status_code == 202
    assert response.headers["Cache-Control"] == "private, no-store"
    answer = response.get_json()
    assert set(answer) == {"erased", "kept", "removed_by"}
    assert answer["erased"] == 2
    assert "32 bytes for each record" in answer["kept"]
    assert "in backups, which serve to repair the service after a failure, until" in answer["kept"]
    assert parse_rfc3339(answer["removed_by"]) == service.clock.now + 86_400_000
    cookies = cookies_of(response)
    assert cookies["__Host-consent-id"].startswith("__Host-consent-id=;")
    assert "Max-Age=0" in cookies["__Host-consent-id"]
    assert ".functional-0_personalisation-0_ads-0." in cookies["__Host-consent"]
    state = service.get("/consents/current").get_json()
    assert (state["status"], state["choices"]) == ("decided", NONE)
    assert_problem(service.get("/consents"), 404)
    assert_problem(service.get(f"/consents/{granted['id']}/proof"), 404)
    assert_problem(service.post({"receipt": granted["receipt"]}, "/consents/lookup"), 404)


@pytest.mark.legal("RR-05", "RR-07", "RR-08")
def test_cookies_that_were_kept_show_nothing_either(service: Service) -> None:
    values = values_of(service.post(service.body()))
    erase(service)
    assert service.state_with(values) == {
        "status": "undecided",
        "choices": None,
        "decided_at": None,
        "valid_until": None,
        "notice_hash": None,
    }


@pytest.mark.legal("RR-05", "RR-06")
def test_who_holds_no_id_is_told_nothing(service: Service) -> None:
    service.post(service.body())
    stranger = service.app.test_client()
    response = erase(service, stranger)
    assert_problem(response, 404)
    assert "Set-Cookie" not in response.headers
    stranger.set_cookie("__Host-consent-id", "1.aaaaaaaa.forged", domain="programme.example")
    forged = erase(service, stranger)
    assert_problem(forged, 404)
    assert forged.get_json() == response.get_json()
    service.post(service.body("refuse_all"))
    assert_problem(erase(service), 404)
    assert service.stored(DisposalQueueRow) == 0


def test_a_repeat_after_a_lost_answer_is_answered_alike_and_clears_the_cookies(
    service: Service,
) -> None:
    values = values_of(service.post(service.body()))
    submission = new_id()
    first = erase(service, Submission_Id=submission)
    service.clock.now += 3_000
    for name, value in values.items():
        service.client.set_cookie(name, value, domain="programme.example", secure=True)
    again = erase(service, Submission_Id=submission)
    assert (again.status_code, again.data) == (202, first.data)
    cleared = cookies_of(again)
    assert set(cleared) == {"__Host-consent", "__Host-consent-id"}
    assert all(line.partition("=")[2].startswith(";") for line in cleared.values())
    assert all("Max-Age=0" in line for line in cleared.values())


@pytest.mark.legal("RR-07", "RE-10")
def test_a_repeat_of_an_erased_act_is_a_conflict_without_cookies(service: Service) -> None:
    body = service.body()
    service.post(body)
    erase(service)
    for _ in ("hidden", "removed"):
        response = service.post(body)
        problem = assert_problem(response, 409)
        assert problem["type"].endswith("submission-conflict")
        assert "Set-Cookie" not in response.headers
        assert "receipt" not in response.text
        with engine_session(service.app) as session:
            run_retention(session, service.clock.now, make_sealing(keys_of(service.app)))
    assert service.stored() == 0
    assert service.post(service.body()).get_json()["choices"] == ALL


@pytest.mark.legal("PB-15")
def test_another_sites_page_cannot_erase(service: Service) -> None:
    service.post(service.body())
    assert_problem(erase(service, Origin="https://evil.example"), 403)
    assert service.stored(DisposalQueueRow) == 0


def test_the_headers_of_an_act_are_required(service: Service) -> None:
    service.post(service.body())
    for wrong in ({"Submission_Id": "1"}, {"Notice_Token": ""}, {"Notice_Token": "x" * 513}):
        problem = assert_problem(erase(service, **wrong), 422)
        assert "Submission-Id" in json.dumps(problem["errors"])
    assert_problem(erase(service, Notice_Token="forged"), 403)
    assert service.stored(DisposalQueueRow) == 0


def test_erasing_counts_as_a_write(tmp_path: Path, sqlite_url: str) -> None:
    app = make_app(sqlite_url, tmp_path, make_site(), CONSENT_WRITES_PER_MINUTE="2")
    service = Service(app, Clock())
    assert [erase(service).status_code for _ in range(3)] == [404, 404, 429]


def test_on_another_domain_there_is_no_id_to_erase_by(tmp_path: Path, sqlite_url: str) -> None:
    app = make_app(sqlite_url, tmp_path, make_site(service_url="https://consent.example"))
    service = Service(app, Clock())
    service.post(service.body())
    assert_problem(erase(service), 404)
    assert service.stored() == 1


def test_the_day_by_which_it_is_removed_is_an_instant(service: Service) -> None:
    service.post(service.body())
    removed_by = erase(service).get_json()["removed_by"]
    assert rfc3339(parse_rfc3339(removed_by)) == removed_by


@pytest.mark.legal("RR-07", "RR-08")
def test_a_site_that_keeps_erased_records_says_why_and_until_when(
    database_url: str, tmp_path: Path
) -> None:
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    site = make_site(erasure=ErasureMode.UNLINK, erasure_reason=reason, backup_days=35)
    clock = Clock()
    service = Service(make_app(database_url, tmp_path, site, clock=clock), clock)
    service.post(service.body())
    answer = erase(service).get_json()
    assert answer["removed_by"] == "2028-11-23T00:00:00.000Z"
    assert answer["kept"].startswith(
        "Until 2028-11-23T00:00:00.000Z the records, seen by nobody but who checks the proof: "
        "Claims can come. In the log,"
    )
    assert answer["kept"].endswith("for at most 35 days.")
    assert_problem(service.get("/consents"), 404)
