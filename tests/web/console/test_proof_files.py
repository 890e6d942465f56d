"""The proof to take along: on paper, as JSON, and as the file that anyone can check."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from consent.audit.notes import NoteVerifier, parse_vkey
from consent.audit.receipts import open_receipt
from consent.audit.tlog_proof import parse_tlog_proof
from consent.core.model import Site
from consent.core.roles import Role
from consent.services.proving import log_policy
from consent.services.record_checks import open_proof
from consent.web.console.proof_pdf import printable_characters
from tests.service import engine_session
from tests.web.console.people import Browser
from tests.web.console.recorded import (
    Recorded,
    keep_picture,
    olga,
    recorded,
)
from tests.web.visitor import Visitor, publish_now

__all__ = ["olga", "recorded"]


LOG = "leiden-university/1"


def read_pdf(content: bytes) -> Any:
    return PdfReader(io.BytesIO(content), strict=True)


def text_of(paper: Any) -> str:
    return " ".join(" ".join(page.extract_text() for page in paper.pages).split())


def structure(paper: Any) -> list[str]:
    """Return the kinds of the parts of a document in reading order."""
    root = paper.trailer["/Root"]["/StructTreeRoot"]
    document = root["/K"][0].get_object()
    assert document["/S"] == "/Document"
    return [str(one.get_object()["/S"]) for one in document["/K"]]


def test_the_paper_says_what_the_page_says(olga: Browser, recorded: Recorded) -> None:
    recorded.seal()
    response = olga.get(recorded.path(recorded.saved, "/proof.pdf"))
    assert response.mimetype == "application/pdf"
    record_id = recorded.saved.event.id
    name = f'attachment; filename="consent-proof-{record_id}.pdf"'
    assert response.headers["Content-Disposition"] == name
    paper = read_pdf(response.data)
    read = text_of(paper)
    for said in (
        "Proof of a cookie choice on Biomedical Sciences: Communication",
        record_id,
        recorded.code,
        "Functional allowed",
        "Ads refused",
        "Here you see and change what you allow",
        "It is entry 6 of 9",
        "Unanchored: nobody outside vouches for it",
        "What is not known",
        "by Olga",
        recorded.saved.event.notice,
        "“Save my choice”, on the preference page",
        "still keeps its last choice recorded here, consent counts now, until the end of",
        "Refuse all · Accept all · Save my choice · Withdraw all",
    ):
        assert said in read, said
    assert len(paper.pages) == 2


def test_the_paper_names_title_and_language_and_is_tagged(
    olga: Browser, recorded: Recorded
) -> None:
    keep_picture(recorded, recorded.saved)
    paper = read_pdf(olga.get(recorded.path(recorded.saved, "/proof.pdf")).data)
    root = paper.trailer["/Root"]
    assert paper.metadata is not None
    assert paper.metadata.title == "Proof of a cookie choice on Biomedical Sciences: Communication"
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    kinds = structure(paper)
    assert kinds[0] == "/H1"
    assert kinds.count("/H2") == 6
    assert "/Figure" in kinds
    figures = [
        one.get_object()
        for one in root["/StructTreeRoot"]["/K"][0].get_object()["/K"]
        if one.get_object()["/S"] == "/Figure"
    ]
    assert [one["/Alt"] for one in figures] == ["What a computer showed on the preference page"]


def test_the_paper_is_in_dutch_for_who_reads_dutch(recorded: Recorded) -> None:
    olaf = recorded.console.person("Olaf", {"programme": (Role.OFFICER,)}, language="nl")
    paper = read_pdf(olaf.get(recorded.path(recorded.saved, "/proof.pdf")).data)
    assert paper.trailer["/Root"]["/Lang"] == "nl"
    assert "Wat niet bekend is" in text_of(paper)
    assert "Verwerkingsverantwoordelijke" in text_of(paper)


def test_the_paper_has_its_own_letters_and_says_where_others_are(
    recorded: Recorded, demo_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    changed = replace(
        demo_site,
        languages=("en", "nl", "el", "ar"),
        name={**demo_site.name, "el": "Πρόγραμμα", "ar": "برنامج"},
    )
    changed = with_texts_in(changed, ("el", "ar"))
    publish_now(recorded.console.app, changed, recorded.clock.now)
    visitor = Visitor(recorded.console.app)
    papers = {}
    olga = recorded.console.officer
    for language in ("el", "ar"):
        recorded.clock.now += 1000
        path = f"/consent/sites/programme/preferences?lang={language}"
        assert Visitor(visitor.app).press("refuse_all", page=visitor.read(path)).status_code == 303
        with caplog.at_level(logging.WARNING, logger="fpdf"):
            response = olga.get(recorded.path(recorded.events[-1], "/proof.pdf"))
        papers[language] = read_pdf(response.data)
    assert "Απόρριψη" in text_of(papers["el"])
    assert "no letters for (language: ar)" in text_of(papers["ar"])
    assert caplog.records == []
    fonts = papers["el"].pages[0]["/Resources"]["/Font"].values()
    assert all("/FontFile2" in descriptor(one.get_object()) for one in fonts)


def with_texts_in(site: Site, languages: tuple[str, ...]) -> Site:
    """Say everything a site says in further languages, in English."""

    def added(local: dict[str, str]) -> dict[str, str]:
        return local and {**dict.fromkeys(languages, local["en"]), **local}

    return replace(
        site,
        privacy_url=added(dict(site.privacy_url)),
        categories=tuple(
            replace(
                one,
                label=added(dict(one.label)),
                description=added(dict(one.description)),
            )
            for one in site.categories
        ),
        trackers=tuple(
            replace(
                one,
                purpose=added(dict(one.purpose)),
                necessity_reason=added(dict(one.necessity_reason)),
            )
            for one in site.trackers
        ),
        purpose_labels={code: added(dict(one)) for code, one in site.purpose_labels.items()},
        data_labels={code: added(dict(one)) for code, one in site.data_labels.items()},
        erasure_reason=added(dict(site.erasure_reason)),
    )


def descriptor(font: Any) -> Any:
    return font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()


def test_the_fonts_have_the_letters_of_europe() -> None:
    for letters in ("čšžđćğışțșőűłąęøåæþð", "αβγΩέώ", "абвїєґљњЖ", "€„“”–…·’"):
        assert printable_characters().issuperset(letters)
    assert not printable_characters().intersection("中ب�")


def test_the_json_has_the_record_its_proof_and_what_was_shown(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    response = olga.get(recorded.path(recorded.saved, "/proof.json"))
    body = json.loads(response.data)
    record = body["record"]
    assert record["id"] == recorded.saved.event.id
    assert record["opening"]["record"] == recorded.saved.payload
    assert [one["id"] for one in body["other_records"]] == [recorded.allowed.event.id]
    assert body["reference_code"] == recorded.code
    assert body["made_by"] == "Olga"
    assert list(body["notices"]) == [recorded.saved.event.notice]
    assert {one["result"] for one in body["checks"]} == {"good", "unanchored"}
    with engine_session(recorded.console.app) as session:
        policy = log_policy(session, LOG, None)
        opened = open_proof(record["proof"], recorded.saved, policy)
    assert opened.checkpoint.size == 9
    verifier = parse_vkey(policy.receipt_keys[0].vkey)
    assert isinstance(verifier, NoteVerifier)
    assert open_receipt(verifier, record["receipt"]).record_id == record["id"]


def test_the_proof_file_is_there_once_the_log_has_the_record(
    olga: Browser, recorded: Recorded
) -> None:
    path = recorded.path(recorded.saved, "/proof.tlog-proof")
    assert olga.get(path).status_code == 404
    page = olga.page(recorded.path(recorded.saved))
    assert [str(link["href"]).rpartition(".")[2] for link in page.select("a[download]")] == [
        "pdf",
        "json",
    ]
    recorded.seal()
    response = olga.get(path)
    assert parse_tlog_proof(response.text).index == 5
    assert response.mimetype == "text/plain"
    page = olga.page(recorded.path(recorded.saved))
    assert path in [one["href"] for one in page.select("a[download]")]


@pytest.mark.legal("AE-06")
def test_an_auditor_sees_the_proof_and_takes_nothing_along(recorded: Recorded) -> None:
    auditor = recorded.console.auditor
    assert auditor.page(recorded.path(recorded.saved)).select("a[download]") == []
    for file in ("/proof.pdf", "/proof.json", "/proof.tlog-proof"):
        assert auditor.get(recorded.path(recorded.saved, file)).status_code == 403
