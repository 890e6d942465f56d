"""Officers stream exports over HTTP; what others may not see, they are not given."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consent.app import create_app
from consent.services.clock import now_ms
from consent.services.exporting import find_export
from consent.services.keys import make_key_files
from consent.services.officers import add_officer, operator
from consent.services.people import Actor, revoke
from consent.settings import load_settings
from consent.store.database import db
from tests.make_events import ALICE, NOTICE, insert_event, make_event, make_refusal

CHIEF = operator("root")
EXPORT = "/api/v1/audit/export"


@dataclass(frozen=True, slots=True)
class Office:
    """The application, and the tokens of Olga (programme) and Otto (library)."""

    app: Flask
    client: FlaskClient
    olga: str
    otto: str

    def get(self, path: str, token: str | None = None, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token or self.olga}"}
        return self.client.get(path, headers=headers, query_string=query)

    def rows(self, **query: Any) -> list[dict[str, str]]:
        response = self.get(EXPORT, **query)
        assert response.status_code == 200, response.text
        return list(csv.DictReader(io.StringIO(response.text, newline="")))


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    make_key_files(tmp_path / "keys")
    home = {"CONSENT_HOME": str(tmp_path), "CONSENT_DATABASE_URL": database_url}
    app = create_app(load_settings(home), housekeeping=False, sealing=False)
    with app.app_context():
        olga = add_officer(db.session, "Olga", ["programme"], by="cli:root", now=1)
        otto = add_officer(db.session, "Otto", ["library"], by="cli:root", now=1)
        granted = make_event(at="2026-03-10T12:00:00Z")
        for event in (
            granted,
            make_event(at="2026-03-31T23:59:59.999Z", prev=granted.id, language="nl"),
            make_refusal(at="2026-04-01T00:00:00Z"),
            make_refusal(at="2026-03-12T12:00:00Z", site="library"),
        ):
            insert_event(db.session, event)
    yield Office(app, app.test_client(), olga, otto)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.legal("AE-06", "AE-08")
def test_an_officer_gets_the_events_of_the_own_sites_as_csv(office: Office) -> None:
    response = office.get(EXPORT)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"] == 'attachment; filename="consent-programme.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [row["event"] for row in rows] == ["granted", "granted", "refused"]
    assert {row["site"] for row in rows} == {"programme"}
    assert ALICE not in response.text


def test_json_lines_are_an_object_a_line(office: Office) -> None:
    response = office.get(EXPORT, format="jsonl")
    assert response.mimetype == "application/jsonl"
    records = [json.loads(line) for line in response.text.splitlines()]
    assert [record["language"] for record in records] == ["en", "nl", "en"]


@pytest.mark.legal("AE-01")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"from": "2026-03-01", "to": "2026-04-01"}, 2),
        ({"from": "2026-04-01"}, 1),
        ({"to": "2026-03-31T23:59:59.999Z"}, 1),
        ({"to": "2026-04-01T01:00:00+01:00"}, 2),
        ({"site": "programme"}, 3),
        ({"event": "refused"}, 1),
        ({"category": "ads"}, 2),
        ({"language": "nl"}, 1),
        ({"notice": NOTICE}, 3),
        ({"notice": "0b" * 32}, 0),
    ],
)
def test_a_filter_narrows_the_export(office: Office, query: dict[str, str], count: int) -> None:
    assert len(office.rows(**query)) == count


def test_a_name_of_the_file_says_what_is_in_it(office: Office) -> None:
    query = {"from": "2026-03-01", "to": "2026-04-01", "format": "jsonl"}
    disposition = office.get(EXPORT, **query).headers["Content-Disposition"]
    assert disposition == 'attachment; filename="consent-programme-20260301-20260401.jsonl"'


@pytest.mark.legal("AE-06")
def test_rows_and_digest_are_found_where_the_link_leads(office: Office) -> None:
    response = office.get(EXPORT, **{"from": "2026-03-01", "category": "ads"})
    address, relation = response.headers["Link"].split("; ")
    assert relation == 'rel="describedby"'
    report = office.get(address.strip("<>"))
    assert report.headers["Cache-Control"] == "no-store"
    assert report.json is not None
    found = dict(report.json)
    export_id = found.pop("id")
    assert address == f"</api/v1/audit/exports/{export_id}>"
    assert found.pop("created_at") <= found.pop("finished_at") <= "2999"
    assert found == {
        "status": "finished",
        "format": "csv",
        "filter": {"site": ["programme"], "from": "2026-03-01T00:00:00.000Z", "category": "ads"},
        "rows": 2,
        "size": len(response.data),
        "sha256": hashlib.sha256(response.data).hexdigest(),
    }


@pytest.mark.legal("AE-06")
def test_a_reader_who_leaves_early_is_recorded(office: Office) -> None:
    with office.app.app_context():
        for number in range(600):
            insert_event(db.session, make_event(at=1_770_000_000_000 + number))
    headers = {"Authorization": f"Bearer {office.olga}"}
    response = office.client.get(EXPORT, headers=headers, buffered=False)
    next(iter(response.response))
    response.close()
    export_id = response.headers["Link"].split("/exports/")[1].split(">")[0]
    report = office.get(f"/api/v1/audit/exports/{export_id}").json
    assert report is not None
    assert (report["status"], report["sha256"], report["finished_at"]) == ("aborted", None, None)
    with office.app.app_context():
        assert find_export(db.session, export_id, officer=CHIEF, now=now_ms()).ended_at is not None


@pytest.mark.legal("AE-06")
@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer ", "Bearer wrong", "Basic b2xnYTpvbGdh", "cnst_x"]
)
@pytest.mark.parametrize("path", [EXPORT, "/api/v1/audit/exports/x"])
def test_nobody_without_a_token_gets_anything(
    office: Office, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = office.client.get(path, headers=headers)
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_counts_under_its_own_scheme_only(office: Office) -> None:
    response = office.client.get(EXPORT, headers={"Authorization": f"Token {office.olga}"})
    assert response.status_code == 401


@pytest.mark.legal("AE-06")
def test_a_revoked_token_opens_nothing(office: Office) -> None:
    with office.app.app_context():
        revoke(db.session, "Olga", by=Actor("cli:root", None), now=now_ms())
    assert office.get(EXPORT).status_code == 401


@pytest.mark.legal("AE-06")
def test_another_site_is_refused_whole(office: Office) -> None:
    for sites in (["library"], ["programme", "library"]):
        response = office.get(EXPORT, site=sites)
        assert response.status_code == 403
        assert response.json is not None
        assert response.json["type"].endswith("not-permitted")
    assert office.get(EXPORT, office.otto, site="library").status_code == 200


def test_the_report_of_anothers_export_is_not_found(office: Office) -> None:
    link = office.get(EXPORT).headers["Link"].split(">")[0].strip("<")
    assert office.get(link).status_code == 200
    assert office.get(link, office.otto).status_code == 404
    assert (
        office.get("/api/v1/audit/exports/019cf1a0-0000-7000-8000-000000000001").status_code == 404
    )
    assert office.get("/api/v1/audit/exports/x").status_code == 404


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"from": "2026-13-01"}, "from"),
        ({"from": "2026-03-01T12:00:00"}, "from"),
        ({"to": "yesterday"}, "to"),
        ({"from": "2026-04-01", "to": "2026-03-01"}, "to"),
        ({"event": "clicked"}, "event"),
        ({"category": "Ads"}, "category"),
        ({"language": "nl_NL"}, "language"),
        ({"notice": "abc"}, "notice"),
        ({"format": "xlsx"}, "format"),
        ({"provider": "Study Ads"}, "provider"),
        ({"site": "a/b"}, "site"),
        ({"form": "2026-03-01"}, "form"),
    ],
)
def test_a_faulty_filter_is_named(office: Office, query: dict[str, str], named: str) -> None:
    response = office.get(EXPORT, **query)
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert response.json is not None
    assert list(response.json["errors"]["query"]) == [named]


def test_the_document_describes_both_addresses_and_their_security(office: Office) -> None:
    document = office.client.get("/openapi.json").json
    assert document is not None
    operation = document["paths"]["/api/v1/audit/export"]["get"]
    assert set(operation["responses"]["200"]["content"]) == {"text/csv", "application/jsonl"}
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {
        "site", "from", "to", "event", "category", "language", "notice", "provider", "format",
    }  # fmt: skip
    for path in ("/api/v1/audit/export", "/api/v1/audit/exports/{export_id}"):
        assert document["paths"][path]["get"]["security"] == [{"officer": []}]
    assert document["components"]["securitySchemes"]["officer"]["scheme"] == "bearer"
