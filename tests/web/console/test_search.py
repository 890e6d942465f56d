"""One box: codes as they are spoken, ids, receipts and proofs; and nothing of anybody else's."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from consent.core.ids import reference_code
from consent.core.model import Site
from consent.services.answering import sign_stored
from consent.services.erasing import erase_found, find_by_code
from consent.services.officers import operator
from consent.services.proving import prove
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.store.tables import OfficerActionRow
from consent.web.context import live_site
from tests.make_events import insert_event, make_event
from tests.service import engine_session, keys_of
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import RECORDS, SUBJECTS, Recorded, olga, one, recorded
from tests.web.visitor import Visitor, events_of, publish_now, soup, words

__all__ = ["olga", "recorded"]

SEARCH = "/console/search"


def said(response: TestResponse) -> str:
    """Return what the page says of a search that led nowhere."""
    assert response.status_code == 200, response.text
    found = soup(response).select_one("main .message")
    assert found is not None
    return words(found)


def send(browser: Browser, content: str | bytes, name: str = "file.txt") -> TestResponse:
    """Drop a file on the search page."""
    given = content if isinstance(content, bytes) else content.encode()
    return browser.post(f"{SEARCH}/file", {"file": (io.BytesIO(given), name)})


def receipt_of(recorded: Recorded, stored: StoredEvent) -> str:
    app = recorded.console.app
    with app.app_context():
        return sign_stored(live_site(stored.event.site), keys_of(app), stored)


def proof_of(recorded: Recorded, stored: StoredEvent, *, bare: bool = False) -> str:
    recorded.seal()
    with engine_session(recorded.console.app) as session:
        proof = prove(session, stored, bare=bare)
    assert proof is not None
    return proof


def erase_alice(recorded: Recorded) -> None:
    console = recorded.console
    with console.app.app_context():
        found = find_by_code(db.session, "programme", recorded.code)
        erase_found(db.session, found, officer=operator("test"), now=console.clock.now_ms())
        db.session.remove()


@pytest.fixture
def elsewhere(recorded: Recorded, demo_site: Site) -> StoredEvent:
    """A record of another site in the same log, on which the officer of the programme is nothing.

    It is made by a visitor of a library, who allows everything.
    """
    origin = "https://library.example"
    library = replace(demo_site, id="library", origins=(origin,), service_url=f"{origin}/consent")
    app = recorded.console.app
    publish_now(app, library, recorded.clock.now)
    visitor = Visitor(app, origin=origin)
    page = visitor.read("/consent/sites/library/preferences")
    assert visitor.press("accept_all", page=page).status_code == 303
    return next(one for one in events_of(app) if one.event.site == "library")


def test_a_code_is_understood_as_people_say_and_write_it(olga: Browser, recorded: Recorded) -> None:
    code = recorded.code
    spoken = code.replace("-", " ").replace("0", "o").replace("1", "l").lower()
    for asked in (code, code.lower(), code.replace("-", ""), spoken, f"  {code} "):
        response = olga.get(SEARCH, query_string={"q": asked})
        assert response.status_code == 303
        assert response.location == f"{SUBJECTS}/{code}"
    assert recorded.code in words(olga.page(f"{SUBJECTS}/{spoken.replace(' ', '')}"))


def test_an_id_leads_to_its_record(olga: Browser, recorded: Recorded) -> None:
    record_id = recorded.refused.event.id
    for asked in (record_id, record_id.upper()):
        response = olga.get(SEARCH, query_string={"q": asked})
        assert (response.status_code, response.location) == (303, f"{RECORDS}/{record_id}")


def test_without_anything_asked_the_page_asks(olga: Browser) -> None:
    page = olga.page(SEARCH)
    assert page.select_one('form[action="/console/search"] #asked') is not None
    assert page.select_one('form[action="/console/search/file"] #file') is not None
    assert page.select("main .message") == []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("hello there", "neither a reference code"),
        ("7K2M-Q4XR-9TB", "neither a reference code"),
        ("7K2M-Q4XR-9TBC", "Nothing is recorded under this code"),
        ("0196d5f0-0000-7000-8000-000000000000", "no record with this id"),
        ("<script>", "neither a reference code"),
        ("x" * 3000, "neither a reference code"),
    ],
)
def test_what_leads_nowhere_is_said_in_words(olga: Browser, asked: str, answer: str) -> None:
    assert answer in said(olga.get(SEARCH, query_string={"q": asked}))


def test_two_browsers_with_one_code_are_not_mixed_up(olga: Browser, recorded: Recorded) -> None:
    """Sixty bits are the same once in a very long while; then an id or a receipt decides."""
    with engine_session(recorded.console.app) as session:
        for end in ("aa", "bb"):
            insert_event(session, make_event(subject="0f" * 31 + end), log_id="leiden-university/1")
    code = reference_code("0f" * 32)
    assert "Two browsers share this code" in said(olga.get(SEARCH, query_string={"q": code}))
    assert olga.get(f"{SUBJECTS}/{code}").status_code == 422


def test_a_receipt_leads_to_its_record_and_is_said_to_be_genuine(
    olga: Browser, recorded: Recorded
) -> None:
    note = receipt_of(recorded, recorded.saved)
    for content in (note, note.replace("\n", "\r\n"), "\ufeff" + note, note.rstrip("\n")):
        response = send(olga, content)
        assert (response.status_code, response.location) == (303, recorded.path(recorded.saved))
    assert "The receipt is genuine" in words(olga.page(response.location))


def test_a_proof_leads_to_its_record_with_or_without_what_opens_it(
    olga: Browser, recorded: Recorded
) -> None:
    for bare in (False, True):
        response = send(olga, proof_of(recorded, recorded.allowed, bare=bare), "a.tlog-proof")
        assert (response.status_code, response.location) == (303, recorded.path(recorded.allowed))
    assert "The proof is genuine" in words(olga.page(response.location))


def test_json_with_a_receipt_in_it_will_do(olga: Browser, recorded: Recorded) -> None:
    note = receipt_of(recorded, recorded.refused)
    for document in ({"receipt": note}, {"events": [{"receipt": note, "proof": None}]}, [note]):
        response = send(olga, json.dumps(document), "receipt.json")
        assert response.location == recorded.path(recorded.refused)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", "Dear sir", "{", "[[[[[[[[", '{"receipt": 5}', "%PDF-1.7", "[" * 50_000],
)
def test_a_file_that_is_nothing_of_ours_is_refused_kindly(
    olga: Browser, content: str | bytes
) -> None:
    assert "neither a reference code" in said(send(olga, content))


def test_a_changed_receipt_proves_nothing(olga: Browser, recorded: Recorded) -> None:
    note = receipt_of(recorded, recorded.allowed)
    other = note.replace(recorded.allowed.event.id, recorded.saved.event.id)
    assert "proves nothing" in said(send(olga, other))


def test_a_changed_proof_proves_nothing(olga: Browser, recorded: Recorded) -> None:
    proof = proof_of(recorded, recorded.allowed)
    lines = proof.split("\n")
    number = next(n for n, line in enumerate(lines) if line.startswith("index "))
    swapped = [*lines[: number + 1], lines[number + 1][::-1], *lines[number + 2 :]]
    index = [*lines[:number], "index 999", *lines[number + 1 :]]
    for broken in (swapped, index, lines[:4]):
        assert "proves nothing" in said(send(olga, "\n".join(broken)))


def test_a_genuine_receipt_of_an_altered_record_raises_an_alarm(
    olga: Browser, recorded: Recorded
) -> None:
    note = receipt_of(recorded, recorded.allowed)
    with engine_session(recorded.console.app) as session:
        session.execute(text("DROP TRIGGER consent_event_refuses_update"))
        session.execute(
            text("UPDATE consent_event SET entry = :entry WHERE id = :id"),
            {"entry": b"x" * 32, "id": recorded.allowed.event.id},
        )
        session.commit()
    response = send(olga, note)
    assert "tampered" in said(response)
    assert "error" in one(soup(response), "main .message")["class"]


def test_what_was_erased_is_found_by_nobody(olga: Browser, recorded: Recorded) -> None:
    note, proof = receipt_of(recorded, recorded.allowed), proof_of(recorded, recorded.allowed)
    erased_id, code = recorded.allowed.event.id, recorded.code
    erase_alice(recorded)
    assert "Nothing is recorded" in said(olga.get(SEARCH, query_string={"q": code}))
    assert "no record with this id" in said(olga.get(SEARCH, query_string={"q": erased_id}))
    assert "record is not here" in said(send(olga, note))
    assert "record is not here" in said(send(olga, proof))
    assert olga.get(f"{SUBJECTS}/{code}").status_code == 404
    assert olga.get(f"{RECORDS}/{erased_id}").status_code == 404


def test_another_sites_records_are_as_if_they_were_not_there(
    olga: Browser, recorded: Recorded, elsewhere: StoredEvent
) -> None:
    """Each answer is the very page that something unknown gets, but for what was typed."""
    absent = replace(elsewhere, event=replace(elsewhere.event, id=str(uuid.uuid4())))
    code = reference_code(str(elsewhere.event.subject))
    unknown_code = reference_code("0f" * 32)
    for asked, unknown in ((code, unknown_code), (elsewhere.event.id, absent.event.id)):
        pages = [olga.get(SEARCH, query_string={"q": one}) for one in (asked, unknown)]
        texts = [
            page.text.replace(one, "") for page, one in zip(pages, (asked, unknown), strict=True)
        ]
        assert texts[0] == texts[1]
    note = receipt_of(recorded, elsewhere)
    proofs = [proof_of(recorded, elsewhere, bare=bare) for bare in (False, True)]
    for content in (*proofs, note):
        assert "record is not here" in said(send(olga, content))
    assert olga.get(f"{RECORDS}/{elsewhere.event.id}").status_code == 404
    assert olga.get(f"{SUBJECTS}/{code}").status_code == 404
    assert olga.get(f"/console/sites/library/records/{elsewhere.event.id}").status_code == 404


def test_who_has_both_sites_finds_both(recorded: Recorded, elsewhere: StoredEvent) -> None:
    olaf = recorded.console.officer
    code = reference_code(str(elsewhere.event.subject))
    found = olaf.get(SEARCH, query_string={"q": code})
    assert found.location == f"/console/sites/library/subjects/{code}"
    assert send(olaf, receipt_of(recorded, elsewhere)).status_code == 303


def test_a_search_is_recorded_without_what_was_looked_for(
    olga: Browser, recorded: Recorded
) -> None:
    olga.get(SEARCH, query_string={"q": recorded.code})
    recorded.clock.now += 1
    olga.get(SEARCH, query_string={"q": "7K2M-Q4XR-9TBC"})
    recorded.clock.now += 1
    send(olga, receipt_of(recorded, recorded.saved))
    with engine_session(recorded.console.app) as session:
        query = select(OfficerActionRow).where(OfficerActionRow.action == "record:search")
        found = list(session.scalars(query.order_by(OfficerActionRow.at, OfficerActionRow.id)))
    assert [json.loads(one.detail) for one in found] == [
        {"by": "console", "clue": "code", "found": True},
        {"by": "console", "clue": "code", "found": False},
        {"by": "console", "clue": "receipt", "found": True},
    ]


def test_an_auditor_may_not_search(console: Console) -> None:
    auditor = console.auditor
    assert auditor.get(SEARCH).status_code == 403
    assert auditor.get(f"{SUBJECTS}/7K2M-Q4XR-9TBC").status_code == 403
    assert auditor.page("/console/").select("form.search") == []


def test_a_file_beyond_all_measure_is_refused(olga: Browser) -> None:
    assert send(olga, "x" * 480_000).status_code == 413
