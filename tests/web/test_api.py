"""The public API over HTTP, on both engines: what it takes, what it refuses, what it sets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.http import parse_date
from werkzeug.test import TestResponse

from consent.core.model import GoogleMode, Signals
from consent.core.script_line import PLACES, PREFIX
from consent.core.times import day_of, parse_rfc3339
from consent.store.database import db
from consent.store.tables import ConsentEventRow, SubmissionRow
from tests.databases import copy_sqlite
from tests.make import make_site
from tests.service import Clock, engine_session, make_app
from tests.world import new_id

pytestmark = pytest.mark.smoke

ORIGIN = "https://programme.example"
API = "/api/v1/sites/programme"
ALL = {"functional": True, "personalisation": True, "ads": True}
NONE = dict.fromkeys(ALL, False)


@dataclass
class Service:
    """A running service and one browser on the site's own page."""

    app: Flask
    clock: Clock
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def body(self, control: str = "accept_all", **changes: Any) -> dict[str, Any]:
        choices = ALL if control == "accept_all" else NONE
        body = {
            "submission_id": new_id(),
            "notice_token": self.token(),
            "control": control,
            "layer": "banner",
            "choices": choices,
        }
        return {**body, **changes}

    def token(self) -> str:
        return str(self.get("/notice").get_json()["notice_token"])

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(API + path, base_url=ORIGIN, **options)

    def post(self, body: Any, path: str = "/consents", **options: Any) -> TestResponse:
        headers = {"Origin": ORIGIN, **options.pop("headers", {})}
        return self.client.post(API + path, base_url=ORIGIN, json=body, headers=headers, **options)

    def state_with(self, cookies: dict[str, str]) -> dict[str, Any]:
        """Return what the service says to a browser with just these cookies."""
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        client = self.app.test_client(use_cookies=False)
        path = f"{API}/consents/current"
        state: dict[str, Any] = client.get(
            path, base_url=ORIGIN, headers={"Cookie": header}
        ).get_json()
        return state

    def stored(self, table: Any = ConsentEventRow) -> int:
        with engine_session(self.app) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Service:
    clock = Clock()
    return Service(make_app(database_url, tmp_path, make_site(), clock=clock), clock)


def cookies_of(response: TestResponse) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in response.headers.getlist("Set-Cookie")}


def values_of(response: TestResponse) -> dict[str, str]:
    """Return the values of the cookies an answer sets."""
    lines = cookies_of(response)
    return {name: line.partition(";")[0].partition("=")[2] for name, line in lines.items()}


def assert_problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem: dict[str, Any] = response.get_json()
    assert {"type", "title", "status", "detail"} <= set(problem)
    assert problem["status"] == status
    assert "Traceback" not in response.text
    return problem


@pytest.mark.legal("CT-01", "CT-03", "CT-05", "CT-06")
def test_a_grant_is_answered_with_both_cookies_as_tabled(service: Service) -> None:
    response = service.post(service.body())
    assert response.status_code == 201
    answer = response.get_json()
    assert set(answer) == {
        "id", "event", "choices", "decided_at", "valid_until", "notice_hash",
        "receipt", "opening", "proof_url", "proof",
    }  # fmt: skip
    cookies = cookies_of(response)
    assert set(cookies) == {"__Host-consent", "__Host-consent-id"}
    seconds = (parse_rfc3339(answer["valid_until"]) - service.clock.now) // 1000
    for line in cookies.values():
        attributes = {part.strip() for part in line.split(";")[1:]}
        assert {"Secure", "Path=/", "SameSite=Lax", f"Max-Age={seconds}"} <= attributes
        assert "Domain" not in line
    assert seconds <= 400 * 86_400
    assert "HttpOnly" in cookies["__Host-consent-id"]
    assert "HttpOnly" not in cookies["__Host-consent"]


@pytest.mark.legal("RP-06", "CT-07")
def test_a_refusal_sets_no_id_and_the_same_bytes_for_everyone(service: Service) -> None:
    # `Expires` is by the clock of the machine, which may pass a second between the two.
    with time_machine.travel(datetime.now(UTC), tick=False):
        first = service.post(service.body("refuse_all"))
        service.client = service.app.test_client()
        second = service.post(service.body("refuse_all"))
    values = [cookies_of(response)["__Host-consent"] for response in (first, second)]
    assert values[0] == values[1]
    assert cookies_of(first)["__Host-consent-id"].startswith("__Host-consent-id=;")
    assert "Max-Age=0" in cookies_of(first)["__Host-consent-id"]


@pytest.mark.legal("PB-03", "CT-09", "CT-13")
def test_reading_sets_no_cookie_and_is_not_cached_where_it_depends_on_the_visitor(
    service: Service,
) -> None:
    service.post(service.body())
    for path in ("/notice", "/consents/current", "/consents"):
        response = service.get(path)
        assert response.status_code == 200
        assert "Set-Cookie" not in response.headers
        if path != "/notice":
            assert response.headers["Cache-Control"] == "private, no-store"


def test_current_tells_what_holds(service: Service) -> None:
    assert service.get("/consents/current").get_json() == {
        "status": "undecided",
        "choices": None,
        "decided_at": None,
        "valid_until": None,
        "notice_hash": None,
    }
    answer = service.post(service.body()).get_json()
    decided = service.get("/consents/current").get_json()
    assert decided["status"] == "decided"
    assert decided["choices"] == ALL
    for key in ("decided_at", "valid_until", "notice_hash"):
        assert decided[key] == answer[key]


def test_after_a_refusal_only_the_day_is_known(service: Service) -> None:
    service.post(service.body("refuse_all"))
    state = service.get("/consents/current").get_json()
    assert (state["status"], state["choices"]) == ("decided", NONE)
    assert state["decided_at"] == "2026-11-22"


@pytest.mark.legal("RE-04")
def test_an_expired_choice_counts_no_more(service: Service) -> None:
    values = values_of(service.post(service.body()))
    service.clock.pass_days(181)
    for names in (("__Host-consent",), ("__Host-consent", "__Host-consent-id")):
        state = service.state_with({name: values[name] for name in names})
        assert (state["status"], state["choices"]) == ("expired", None)


@pytest.mark.legal("CT-08")
def test_a_forged_cookie_means_undecided(service: Service) -> None:
    genuine = values_of(service.post(service.body()))["__Host-consent"]
    assert service.state_with({"__Host-consent": genuine})["status"] == "decided"
    forged = genuine.replace("ads-1", "ads-0")
    assert service.state_with({"__Host-consent": forged})["status"] == "undecided"


def test_a_repeat_gets_the_same_bytes_with_200(service: Service) -> None:
    body = service.body()
    first = service.post(body)
    service.client = service.app.test_client()
    service.clock.now += 3_000
    again = service.post(body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.data == first.data
    value = cookies_of(first)["__Host-consent-id"].partition(";")[0]
    assert cookies_of(again)["__Host-consent-id"].startswith(value)
    assert service.stored() == 1


def test_the_same_id_with_other_content_is_a_conflict(service: Service) -> None:
    body = service.body()
    service.post(body)
    problem = assert_problem(service.post({**body, "control": "refuse_all", "choices": NONE}), 409)
    assert problem["type"].endswith("submission-conflict")
    assert service.stored() == 1


@pytest.mark.legal("SL-01", "SL-05", "RP-11", "RP-12", "RP-17")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"choices": {**ALL, "ads": 1}}, 422),
        ({"choices": {**ALL, "ads": "on"}}, 422),
        ({"choices": {**ALL, "ads": "true"}}, 422),
        ({"choices": {**ALL, "ads": None}}, 422),
        ({"choices": {**ALL, "ads": 1.0}}, 422),
        ({"choices": {**ALL, "necessary": True}}, 422),
        ({"choices": {**ALL, "analytics": True}}, 422),
        ({"choices": {**ALL, "": True}}, 422),
        ({"choices": {**ALL, "\ud800": True}}, 422),
        ({"choices": {"functional": True}}, 422),
        ({"choices": {}}, 422),
        ({"choices": [True, True, True]}, 422),
        ({"choices": {**ALL, "ads": False}}, 422),
        ({"control": "maybe"}, 422),
        ({"control": "refuse_all", "choices": ALL}, 422),
        ({"layer": "pop-up"}, 422),
        ({"page_group": "elsewhere"}, 422),
        ({"page_group": "https://programme.example/secret"}, 422),
        ({"page_group": None}, 422),
        ({"submission_id": "1"}, 422),
        ({"submission_id": new_id().upper()}, 422),
        ({"notice_token": ""}, 422),
        ({"notice_token": "1.aaaaaaaa.nonsense"}, 403),
        ({"notice_token": "x" * 513}, 422),
        ({"unknown": True}, 422),
        ({"ip": "203.0.113.7"}, 422),
    ],
)
def test_input_that_is_not_exactly_as_documented_is_refused(
    service: Service, changes: dict[str, Any], status: int
) -> None:
    assert_problem(service.post(service.body(**changes)), status)
    assert service.stored() == service.stored(SubmissionRow) == 0


@pytest.mark.parametrize(
    "missing", ["submission_id", "notice_token", "control", "layer", "choices"]
)
def test_nothing_required_may_be_missing(service: Service, missing: str) -> None:
    body = service.body()
    del body[missing]
    problem = assert_problem(service.post(body), 422)
    assert missing in json.dumps(problem["errors"])


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"choices": {}, "choices": {}}', "application/json", 400),
        (b'{"choices": NaN}', "application/json", 400),
        (b"control=accept_all", "application/x-www-form-urlencoded", 415),
        (b"x" * 17_000, "application/json", 413),
        (b"[" * 15_000, "application/json", 400),
    ],
)
def test_bodies_that_are_no_submission_are_refused(
    service: Service, data: bytes, content_type: str, status: int
) -> None:
    response = service.client.post(
        f"{API}/consents",
        base_url=ORIGIN,
        data=data,
        content_type=content_type,
        headers={"Origin": ORIGIN},
    )
    assert_problem(response, status)
    assert service.stored() == 0


@pytest.mark.legal("PB-15")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://programme.example"},
        {"Origin": "https://programme.example.evil.example"},
        {"Origin": "https://programme.example:8443"},
    ],
)
def test_an_act_from_a_foreign_origin_is_refused(service: Service, headers: dict[str, str]) -> None:
    response = service.post(service.body(), headers=headers)
    assert_problem(response, 403)
    assert "Access-Control-Allow-Origin" not in response.headers
    assert service.stored() == 0


@pytest.mark.legal("PB-15")
def test_an_act_without_origin_from_another_site_is_refused(service: Service) -> None:
    response = service.client.post(
        f"{API}/consents",
        base_url=ORIGIN,
        json=service.body(),
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert_problem(response, 403)


@pytest.mark.legal("PB-14")
def test_a_get_with_choices_changes_nothing(service: Service) -> None:
    for path in ("/consents", "/consents/current", "/notice"):
        query = {"control": "accept_all", "ads": "true"}
        response = service.get(path, query_string=query, headers={"Sec-Purpose": "prefetch"})
        assert response.status_code in (200, 404, 422)
        assert "Set-Cookie" not in response.headers
    assert service.stored() == 0


def test_cors_is_for_the_sites_own_origins_only(tmp_path: Path, sqlite_url: str) -> None:
    site = make_site(
        origins=("https://programme.example", "https://www.programme.example"),
        cookie_domain="programme.example",
        shared_hosts=("programme.example", "www.programme.example"),
    )
    client = make_app(sqlite_url, tmp_path, site).test_client()

    def preflight(origin: str) -> TestResponse:
        return client.options(
            f"{API}/consents",
            base_url=ORIGIN,
            headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
        )

    allowed = preflight("https://www.programme.example").headers
    assert allowed["Access-Control-Allow-Origin"] == "https://www.programme.example"
    assert allowed["Access-Control-Allow-Credentials"] == "true"
    assert "Submission-Id" in allowed["Access-Control-Allow-Headers"]
    assert "Origin" in allowed["Vary"]
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example").headers


@pytest.mark.legal("WD-02", "WD-03", "WD-07")
def test_withdrawing_everything_is_one_request(service: Service) -> None:
    granted = service.post(service.body()).get_json()
    headers = {"Origin": ORIGIN, "Submission-Id": new_id(), "Notice-Token": service.token()}
    response = service.client.delete(f"{API}/consents/current", base_url=ORIGIN, headers=headers)
    assert response.status_code == 201
    assert response.get_json()["event"] == "withdrawn"
    assert json.loads(response.get_json()["opening"]["record"])["prev"] == granted["id"]
    assert service.get("/consents/current").get_json()["choices"] == NONE
    assert_problem(service.get("/consents"), 404)


def test_a_withdrawal_without_its_headers_is_refused(service: Service) -> None:
    response = service.client.delete(
        f"{API}/consents/current", base_url=ORIGIN, headers={"Origin": ORIGIN}
    )
    assert "Submission-Id" in json.dumps(assert_problem(response, 422)["errors"])


@pytest.mark.legal("RR-05", "RR-06")
def test_history_is_the_holders_alone(service: Service) -> None:
    answer = service.post(service.body()).get_json()
    history = service.get("/consents").get_json()
    assert [event["id"] for event in history["events"]] == [answer["id"]]
    assert history["reference_code"]
    lookup = service.post({"receipt": answer["receipt"]}, "/consents/lookup").get_json()
    assert lookup == history
    stranger = service.app.test_client()
    assert_problem(stranger.get(f"{API}/consents", base_url=ORIGIN), 404)
    proof = f"{API}/consents/{answer['id']}/proof"
    assert service.client.get(proof, base_url=ORIGIN).status_code == 202
    assert_problem(stranger.get(proof, base_url=ORIGIN), 404)
    forged = answer["receipt"].replace("received 1", "received 2")
    assert_problem(service.post({"receipt": forged}, "/consents/lookup"), 404)


@pytest.mark.legal("SG-02")
@pytest.mark.parametrize(
    ("value", "counts"), [("1", True), ("1, 1", True), ("0", False), ("true", False), ("", False)]
)
def test_only_the_value_1_is_global_privacy_control(
    service: Service, value: str, *, counts: bool
) -> None:
    response = service.post(service.body(), headers={"Sec-GPC": value})
    assert response.status_code == (422 if counts else 201)
    if counts:
        body = service.body(choices={**ALL, "ads": False})
        answer = service.post(body, headers={"Sec-GPC": value}).get_json()
        assert json.loads(answer["opening"]["record"])["signals"] == {"gpc": True}


@pytest.mark.legal("SG-04", "SG-05")
@pytest.mark.parametrize(
    ("headers", "signals"),
    [
        ({"DNT": "1"}, {"dnt": True}),
        ({"DNT": "1", "Sec-GPC": "1"}, {"dnt": True, "gpc": True}),
        ({"DNT": "0"}, None),
        ({"DNT": "unspecified"}, None),
    ],
)
def test_do_not_track_is_heeded_alike_and_recorded_under_its_name(
    service: Service, headers: dict[str, str], signals: dict[str, bool] | None
) -> None:
    response = service.post(service.body(), headers=headers)
    assert response.status_code == (422 if signals else 201)
    body = service.body(choices=ALL, control="save", layer="dialog")
    answer = service.post(body, headers=headers).get_json()
    assert json.loads(answer["opening"]["record"]).get("signals") == signals


@pytest.mark.legal("SG-06")
def test_a_signal_alone_writes_nothing(service: Service) -> None:
    for _ in range(100):
        headers = {"Sec-GPC": "1", "DNT": "1"}
        service.get("/consents/current", headers=headers)
        service.client.get("/sites/programme/preferences", headers=headers)
    assert service.stored() == 0


@pytest.mark.legal("SG-03")
def test_the_gpc_document_is_as_specified(service: Service) -> None:
    response = service.client.get("/.well-known/gpc.json")
    assert response.mimetype == "application/json"
    document = response.get_json()
    assert document["gpc"] is True
    parse_rfc3339(document["lastUpdate"])


@pytest.mark.parametrize("path", ["/consents", "/consents/current", "/notice", "/consents/x/proof"])
def test_an_unknown_site_is_not_found(service: Service, path: str) -> None:
    assert_problem(service.client.get(f"/api/v1/sites/nowhere{path}"), 404)


def test_a_method_that_is_not_allowed_names_those_that_are(service: Service) -> None:
    response = service.client.put(f"{API}/consents", base_url=ORIGIN)
    assert_problem(response, 405)
    assert {"GET", "POST"} <= {method.strip() for method in response.headers["Allow"].split(",")}


def test_on_another_domain_the_answer_carries_the_signed_choice(
    tmp_path: Path, sqlite_url: str
) -> None:
    site = make_site(service_url="https://consent.example")
    service = Service(make_app(sqlite_url, tmp_path, site), Clock())
    response = service.post(service.body())
    assert response.status_code == 201
    assert "Set-Cookie" not in response.headers
    assert ".functional-1_personalisation-1_ads-1." in response.get_json()["cookie"]
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.legal("CT-04")
def test_a_choice_shared_by_sub_domains_is_explicit(tmp_path: Path, sqlite_url: str) -> None:
    site = make_site(
        service_url="https://consent.programme.example",
        cookie_domain="programme.example",
        shared_hosts=("programme.example", "www.programme.example"),
    )
    service = Service(make_app(sqlite_url, tmp_path, site), Clock())
    cookies = cookies_of(service.post(service.body()))
    assert set(cookies) == {"__Secure-consent", "__Secure-consent-id"}
    assert all("Domain=programme.example" in line for line in cookies.values())


@pytest.mark.legal("CT-04")
@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_choices_of_one_name_the_newest_genuine_one_counts_and_the_other_goes(
    tmp_path: Path, sqlite_url: str, *, is_first: bool
) -> None:
    site = make_site(
        service_url="https://consent.programme.example",
        cookie_domain="programme.example",
        shared_hosts=("programme.example", "www.programme.example"),
    )
    clock = Clock()
    service = Service(make_app(sqlite_url, tmp_path, site, clock=clock), clock)

    def kept(response: TestResponse) -> str:
        return cookies_of(response)["__Secure-consent"].partition(";")[0].partition("=")[2]

    older = kept(service.post(service.body()))
    service.client = service.app.test_client()
    clock.pass_days(2)
    newer = kept(service.post(service.body(control="refuse_all", choices=NONE)))
    forged = newer.replace("-0_ads-0", "-0_ads-1").replace(day_of(clock.now), "20991231")
    values = [older, forged, newer] if is_first else [newer, forged, older]
    header = "; ".join(f"__Secure-consent={value}" for value in values)
    service.client = service.app.test_client(use_cookies=False)
    current = service.get("/consents/current", headers={"Cookie": header}).get_json()
    assert (current["status"], current["choices"]) == ("decided", NONE)
    response = service.post(service.body(), headers={"Cookie": header})
    lines = [
        line
        for line in response.headers.getlist("Set-Cookie")
        if line.startswith("__Secure-consent=")
    ]
    assert sorted("Domain=programme.example" in line for line in lines) == [False, True]
    (gone,) = (line for line in lines if "Domain" not in line)
    assert "Max-Age=0" in gone


def test_without_https_the_cookies_have_no_prefix(tmp_path: Path, sqlite_url: str) -> None:
    site = make_site(origins=("http://localhost",), service_url="http://localhost/consent")
    service = Service(make_app(sqlite_url, tmp_path, site), Clock())
    token = service.client.get(f"{API}/notice").get_json()["notice_token"]
    body = {**service.body(), "notice_token": token}
    response = service.client.post(
        f"{API}/consents", json=body, headers={"Origin": "http://localhost"}
    )
    cookies = cookies_of(response)
    assert set(cookies) == {"consent", "consent-id"}
    assert not any("Secure" in line for line in cookies.values())


def test_writes_are_limited_by_address_behind_trusted_proxies_only(
    tmp_path: Path, sqlite_url: str
) -> None:
    app = make_app(
        sqlite_url,
        tmp_path,
        make_site(),
        CONSENT_WRITES_PER_MINUTE="2",
        CONSENT_TRUSTED_PROXIES="127.0.0.0/8",
    )
    service = Service(app, Clock())

    def post(forwarded: str, peer: str = "127.0.0.1") -> TestResponse:
        return service.post(
            service.body(),
            headers={"X-Forwarded-For": forwarded},
            environ_overrides={"REMOTE_ADDR": peer},
        )

    assert [post("203.0.113.7").status_code for _ in range(3)] == [201, 201, 429]
    limited = post("198.51.100.9, 203.0.113.7")
    assert_problem(limited, 429)
    assert limited.headers["Retry-After"]
    assert post("203.0.113.8").status_code == 201
    assert [post(f"192.0.2.{n}", "203.0.113.9").status_code for n in range(3)] == [201, 201, 429]


def test_every_answer_carries_the_security_headers(service: Service) -> None:
    for path in ("/consents/current", "/notice", "/nowhere"):
        headers = service.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "max-age=31536000" in service.get("/notice").headers["Strict-Transport-Security"]


def test_logs_hold_no_choice_address_or_token(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = service.body()
    service.post(body, headers={"User-Agent": "Secret-Agent"})
    service.post({**body, "unknown": 1}, headers={"User-Agent": "Secret-Agent"})
    for secret in ("127.0.0.1", "Secret-Agent", body["notice_token"], "ads", body["submission_id"]):
        assert secret not in caplog.text


def test_the_script_is_one_cacheable_answer(service: Service) -> None:
    path = "/sites/programme/banner.js"
    response = service.client.get(path, headers={"Accept-Encoding": "br", "Accept-Language": "nl"})
    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "br"
    assert response.headers["Content-Language"] == "nl"
    assert response.headers["Cache-Control"] == "public, max-age=3600, stale-if-error=604800"
    assert {"Accept-Language", "Accept-Encoding"} <= set(response.headers["Vary"].split(", "))
    assert "Set-Cookie" not in response.headers
    etag = response.headers["ETag"]
    again = service.client.get(
        path,
        headers={"Accept-Encoding": "br", "Accept-Language": "nl", "If-None-Match": etag},
    )
    assert again.status_code == 304
    assert parse_date(response.headers.get("Expires")) is None


@pytest.mark.legal("SG-07")
def test_the_script_brings_what_only_this_site_needs(tmp_path: Path, sqlite_template: Path) -> None:
    def config_of(number: int, **overrides: Any) -> dict[str, Any]:
        folder = tmp_path / str(number)
        folder.mkdir()
        app = make_app(copy_sqlite(sqlite_template, folder), folder, make_site(**overrides))
        script = app.test_client().get("/sites/programme/banner.js?lang=nl").data
        line = script.partition(b"\n")[0].removeprefix(PREFIX.encode())
        return dict(zip(PLACES, json.loads(line.removesuffix(b"};")), strict=True))

    plain = config_of(1)
    assert [plain["google"], plain["domain"]] == [0, ""]
    assert parse_rfc3339(f"{plain['served']}T00:00:00.000Z") <= Clock().now
    with_google = config_of(2, signals=Signals(google=GoogleMode.BASIC))
    assert dict(with_google["google"])["ad_personalization"] == ["ads", "personalisation"]
    shared = config_of(
        3,
        service_url="https://consent.programme.example",
        cookie_domain="programme.example",
        shared_hosts=("programme.example",),
    )
    assert shared["domain"] == "programme.example"


@pytest.mark.legal("CT-13", "RP-02")
def test_the_script_is_one_line_of_json_and_the_committed_bundle(service: Service) -> None:
    plain = service.client.get("/sites/programme/banner.js?lang=nl").data
    line, _, bundle = plain.partition(b"\n")
    assert bundle == Path("static/js/dist/banner.js").read_bytes()
    packed = json.loads(line.removeprefix(PREFIX.encode()).removesuffix(b"};"))
    config = dict(zip(PLACES, packed, strict=True))
    assert config["language"] == "nl"
    assert config["api"] == "/consent/api/v1/sites/programme"
    assert config["cookie"] == "__Host-consent"
    notice = service.client.get(f"{API}/notice?lang=nl").get_json()
    assert notice["config"] == [*packed[:13], ["en", "nl"], *packed[14:]], "it is pinned here"
    assert notice["texts"]["button.refuse_all"] in config["texts"]
    service.client.set_cookie("__Host-consent", "anything", domain="localhost")
    assert service.client.get("/sites/programme/banner.js?lang=nl").data == plain


def test_a_database_that_cannot_be_read_is_told_as_503_while_the_script_is_served(
    sqlite_url: str, tmp_path: Path
) -> None:
    app = make_app(sqlite_url, tmp_path, make_site())
    service = Service(app, Clock())
    values = values_of(service.post(service.body()))
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in values.items())}
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    database.rename(database.with_suffix(".gone"))
    with app.app_context():
        db.engine.dispose()
    client = app.test_client(use_cookies=False)
    response = client.get(f"{API}/consents", base_url=ORIGIN, headers=cookies)
    assert_problem(response, 503)
    assert response.headers["Retry-After"]
    assert client.get("/sites/programme/banner.js").status_code == 200
