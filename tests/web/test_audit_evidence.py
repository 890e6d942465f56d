"""Officers get evidence packs over HTTP: of their own sites, recorded, as one stream."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from consent.services.officers import add_officer
from consent.store.database import db
from tests.make import make_site, make_site_text
from tests.make_events import ALICE, insert_event, make_event, make_refusal
from tests.service import make_app

EVIDENCE = "/api/v1/audit/evidence"


class Office:
    """The application, with events of two sites, and the token of Olga (programme)."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.olga = add_officer(db.session, "Olga", ["programme"], by="cli:root", now=1)
            for event in (
                make_event(at="2026-03-10T12:00:00Z"),
                make_refusal(at="2026-04-01T00:00:00Z"),
                make_refusal(at="2026-03-12T12:00:00Z", site="library"),
            ):
                insert_event(db.session, event)
            db.session.remove()

    def get(self, path: str, **query: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.olga}"}
        # Read to its end: an answer that nobody closes keeps its connection.
        client = self.app.test_client()
        return client.get(path, headers=headers, query_string=query, buffered=True)

    def pack(self, **query: Any) -> zipfile.ZipFile:
        response = self.get(EVIDENCE, **query)
        assert response.status_code == 200, response.text
        return zipfile.ZipFile(io.BytesIO(response.data))


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Office:
    library = make_site(
        text=make_site_text(site_id="library", origin="https://library.example"),
        log_name="library",
    )
    return Office(make_app(database_url, tmp_path, replace(make_site()), library))


@pytest.mark.legal("AE-06")
def test_an_officer_gets_the_evidence_of_the_own_sites(office: Office) -> None:
    response = office.get(EVIDENCE, **{"from": "2026-03-01", "to": "2026-04-01"})
    assert response.mimetype == "application/zip"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="consent-programme-20260301-20260401-evidence.zip"'
    )
    archive = zipfile.ZipFile(io.BytesIO(response.data))
    manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["rows"], manifest["filter"]["site"]) == (1, ["programme"])
    names = "\n".join(archive.namelist())
    assert "library" not in names
    assert [log["log"] for log in manifest["logs"]] == ["leiden-university/1"]
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert ALICE.encode() not in everything
    assert b"library.example" not in everything


@pytest.mark.legal("AE-06")
def test_size_and_digest_are_found_where_the_link_leads(office: Office) -> None:
    response = office.get(EVIDENCE, event="refused")
    content = response.data
    address = response.headers["Link"].split(">")[0].strip("<")
    report = office.get(address).json
    assert report is not None
    assert (report["status"], report["format"], report["rows"]) == ("finished", "evidence", 1)
    assert (report["size"], report["sha256"]) == (
        len(content), hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    assert report["filter"] == {"site": ["programme"], "event": "refused"}


@pytest.mark.legal("AE-05")
def test_a_named_reason_opens_and_is_recorded(office: Office) -> None:
    archive = office.pack(reason="request of the authority, case 12")
    assert ALICE in archive.read("records/records.csv").decode()
    with office.app.app_context():
        query = text("SELECT officer, detail FROM officer_action WHERE action = 'export:create'")
        (recorded,) = db.session.execute(query).all()
    detail = json.loads(recorded.detail)
    assert (recorded.officer, detail["reason"], detail["format"]) == (
        "Olga", "request of the authority, case 12", "evidence",
    )  # fmt: skip


@pytest.mark.legal("AE-06")
def test_nobody_else_gets_anything(office: Office) -> None:
    assert office.app.test_client().get(EVIDENCE).status_code == 401
    assert office.get(EVIDENCE, site="library").status_code == 403


@pytest.mark.legal("AE-06")
def test_a_reader_who_leaves_early_is_recorded(office: Office) -> None:
    headers = {"Authorization": f"Bearer {office.olga}"}
    response = office.app.test_client().get(EVIDENCE, headers=headers, buffered=False)
    next(iter(response.response))
    response.close()
    report = office.get(response.headers["Link"].split(">")[0].strip("<")).json
    assert report is not None
    assert (report["status"], report["size"]) == ("aborted", None)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"provider": "Study Ads"}, "provider"),
        ({"format": "csv"}, "format"),
    ],
)
def test_a_faulty_question_is_named(office: Office, query: dict[str, str], named: str) -> None:
    response = office.get(EVIDENCE, **query)
    assert response.status_code == 422
    assert response.json is not None
    assert list(response.json["errors"]["query"]) == [named]


def test_a_recipient_no_notice_names_is_refused_with_a_sentence(office: Office) -> None:
    response = office.get(EVIDENCE, provider="nobody")
    assert response.status_code == 422
    assert response.json is not None
    assert "no notice of these sites names a provider 'nobody'" in response.json["detail"]


def test_a_category_no_notice_names_is_refused_with_a_sentence(office: Office) -> None:
    response = office.get(EVIDENCE, category="zzz")
    assert response.status_code == 422
    assert response.json is not None
    assert "no notice of these sites names a category 'zzz'" in response.json["detail"]
    assert office.get(EVIDENCE, category="ads").status_code == 200


def test_the_document_describes_the_archive(office: Office) -> None:
    document = office.app.test_client().get("/openapi.json").json
    assert document is not None
    operation = document["paths"][EVIDENCE]["get"]
    assert set(operation["responses"]["200"]["content"]) == {"application/zip"}
    assert operation["security"] == [{"officer": []}]
    assert "reason" in {parameter["name"] for parameter in operation["parameters"]}
