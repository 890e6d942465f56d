"""Rights and retention in the console: what is kept, what was asked for, what was removed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from werkzeug.test import TestResponse

from consent.audit.tlog_proof import parse_tlog_proof, read_opening
from consent.core.model import ErasureMode, Site
from consent.core.retention import DisposalClass
from consent.core.roles import Role
from consent.services.looks import list_looks
from consent.services.retention import Sealing, run_retention
from consent.services.sealing_thread import state_files_in
from consent.services.verifying import verify_database
from consent.store.acts import count_actions
from consent.store.database import write_transaction
from consent.store.officers import record_action
from consent.store.tables import ConsentEventRow, DisposalQueueRow, OfficerActionRow
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from consent.web.console.words import LANGUAGES, console_words
from tests.service import engine_session, keys_of
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import SUBJECTS, Recorded, olga, one, recorded
from tests.web.sealing import seal_and_publish
from tests.web.visitor import Visitor, events_of, publish_now, words

__all__ = ["olga", "recorded"]

RIGHTS = "/console/sites/programme/rights"


def dispose(console: Console, home: Path) -> None:
    """Do what the daily run does, and have it in the published log."""
    app, now = console.app, console.clock.now
    with engine_session(app) as session:
        run_retention(session, now, Sealing(keys_of(app), state_files_in(home)), by_schedule=True)
    seal_and_publish(app, home, console.clock)


def require_whole(console: Console, home: Path) -> None:
    """Fail unless the live database verifies, as `consent verify` does it."""
    with engine_session(console.app) as session:
        report = verify_database(
            session, Evidence(), state_files=state_files_in(home), now=console.clock.now
        )
    found = {finding.kind for log in report.logs for finding in log.findings}
    assert found <= {Kind.UNANCHORED}, list(report.lines())
    assert all(log.opened + sum(log.disposed.values()) == log.size for log in report.logs)


def read(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def look_up(browser: Browser, code: str) -> BeautifulSoup:
    """Enter a code; return the page of who has it."""
    response = browser.post(f"{RIGHTS}/subject", {"code": code})
    assert response.status_code == 200, response.text
    return read(response)


def confirmation(page: BeautifulSoup, **changes: str) -> dict[str, str]:
    """Return the form that erases, filled in as it is to be."""
    form = {name: str(one(page, f"#erase + .beside ~ form [name={name}]")["value"])
            for name in ("code", "seen")}  # fmt: skip
    return form | {"ground": "withdrawn", "confirm": form["code"][-4:]} | changes


def library_of(site: Site) -> Site:
    """Another site, of another controller: with a log of its own."""
    return replace(
        site,
        id="library",
        origins=("https://library.example",),
        service_url="https://library.example/consent",
        log_name="library",
    )


def queued(console: Console) -> int:
    with engine_session(console.app) as session:
        return len(session.scalars(select(DisposalQueueRow)).all())


def acts(console: Console, about: str) -> Counter[str]:
    """Return how often officers did what, of all that is about one thing."""
    with engine_session(console.app) as session:
        found = session.scalars(select(OfficerActionRow.action))
        return Counter(action for action in found if action.startswith(f"{about}:"))


@pytest.mark.legal("RR-01", "RR-03")
def test_the_page_tells_the_rules_of_the_site_and_what_a_run_would_remove(
    recorded: Recorded,
) -> None:
    console = recorded.console
    page = console.person("Ann", {"programme": (Role.AUDITOR,)}).page(RIGHTS)
    rules = words(one(page, ".rules"))
    assert "at most: 180 days), and then 24 months" in rules
    assert "Refusal 180 days" in rules
    assert "The next time is after 23 November 2026, 02:00 UTC" in words(page)
    assert "no record would be removed" in words(page)
    assert page.select("form[action*='/rights']") == []  # an auditor only reads
    console.clock.pass_days(181)
    page = console.person("Amy", {"programme": (Role.AUDITOR,)}).page(RIGHTS)
    assert "1 record of this website would be removed" in words(page)
    assert words(one(page, ".due tbody")) == "Refusals whose time has ended 1"
    assert len(events_of(console.app)) == 3


@pytest.mark.legal("RR-04", "RR-07")
def test_the_rules_are_those_that_the_site_has_chosen(demo_site: Site, recorded: Recorded) -> None:
    console = recorded.console
    months = replace(demo_site.lifetimes, proof_months=12)
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    changed = replace(
        demo_site,
        record_refusals="count",
        lifetimes=months,
        erasure=ErasureMode.UNLINK,
        erasure_reason=reason,
        backup_days=None,
    )
    publish_now(console.app, changed, console.clock.now)
    lines = words(one(console.auditor.page(RIGHTS), ".rules"))
    assert "and then 12 months. Choices made under earlier versions of the notice: 24" in lines
    assert "Not recorded; only counted by day." in lines
    assert "Locked away at once" in lines
    assert reason["en"] in lines
    assert "Not stated in the settings" in lines
    dutch = console.person("Anna", {"programme": (Role.AUDITOR,)}, language="nl")
    lines = words(one(dutch.page(RIGHTS), ".rules"))
    assert "en daarna 12 maanden" in lines
    assert reason["nl"] in lines


@pytest.mark.legal("RR-07", "RR-08", "RR-12", "RP-08")
def test_erased_by_the_code_nothing_leads_back_and_the_log_stays_whole(
    olga: Browser, recorded: Recorded, tmp_path: Path
) -> None:
    console = recorded.console
    recorded.seal()
    erased = [recorded.allowed, recorded.saved]
    code, subject = recorded.code, str(recorded.saved.event.subject)
    assert recorded.alice.cookie("__Host-consent-id") is not None
    proof = olga.page(f"{SUBJECTS}/{code}")
    assert one(proof, "form[action$='/rights/subject'] [name=code]")["value"] == code
    page = look_up(olga, f" {code.lower().replace('-', ' ')} ")
    told = words(one(page, "main"))
    assert "2 choices of one browser" in told
    assert "Consent is given and counts" in told
    assert "withdrawn first" in told
    assert "removed from the database by 23 November 2026, 12:02 UTC" in told
    assert "The choice in the visitor’s own browser" in told
    response = olga.post(f"{RIGHTS}/erase", confirmation(page, confirm=code[-4:].lower()))
    assert response.status_code == 303
    assert response.location.startswith(f"{RIGHTS}/requests/")
    page = olga.page(response.location)
    assert "Hidden; removed within a day" in words(page)
    assert "It is done." in words(one(page, ".message"))
    assert "Consent is withdrawn (17(1)(b))" in words(page)
    assert code not in page.text
    assert [stored.event.id for stored in events_of(console.app)] == [recorded.events[0].event.id]
    assert olga.post(f"{RIGHTS}/subject", {"code": code}).status_code == 404

    console.clock.pass_days(0.75)
    recorded.seal()
    dispose(console, tmp_path)
    auditor = console.auditor
    page = auditor.page(response.location)
    assert words(one(page, ".lead")) == "✓ Removed"
    assert "Visitors had it erased 3 the service itself entry" in words(one(page, "tbody"))
    disposal = str(one(page, "tbody a")["href"])
    page = auditor.page(disposal)
    assert "Proven: unchanged, in the log, and signed" in words(one(page, ".lead"))
    file = auditor.get(f"{disposal}/proof")
    assert file.headers["Content-Disposition"].endswith('.tlog-proof"')
    parsed = parse_tlog_proof(file.text)
    record = json.loads(read_opening(parsed.extra or b"")[1])
    assert (record["type"], record["reason"], record["count"]) == ("disposal", "erasure", 3)
    require_whole(console, tmp_path)

    with engine_session(console.app) as session:
        everything = repr(
            [
                row
                for table in ConsentEventRow.metadata.tables.values()
                for row in session.execute(select(table))
            ]
        )
    for secret in (subject, code, code.replace("-", ""), *(each.event.id for each in erased)):
        assert secret not in everything


def test_nothing_is_erased_without_a_ground_and_the_code_once_more(
    olga: Browser, recorded: Recorded
) -> None:
    page = look_up(olga, recorded.code)
    wrong = [
        ({"ground": ""}, "Choose the ground of the request"),
        ({"ground": "because"}, "Choose the ground of the request"),
        ({"confirm": "0000"}, "not the last 4 characters"),
        ({"confirm": ""}, "not the last 4 characters"),
    ]
    for changes, says in wrong:
        recorded.clock.now += 1
        response = olga.post(f"{RIGHTS}/erase", confirmation(page, **changes))
        assert response.status_code == 422
        assert says in words(read(response))
        assert "Nothing was erased yet." in words(read(response))
        (focused,) = read(response).select("[autofocus]")
        assert [focused["name"]] == list(changes)
    assert queued(recorded.console) == 0
    assert acts(recorded.console, "subject") == {"subject:preview": 5}
    with engine_session(recorded.console.app) as session:
        assert len(list_looks(session, str(recorded.saved.event.subject))) == 5


def test_nothing_is_erased_that_was_not_seen(olga: Browser, recorded: Recorded) -> None:
    form = confirmation(look_up(olga, recorded.code))
    recorded.alice.choose("accept_all")
    response = olga.post(f"{RIGHTS}/erase", form)
    assert response.status_code == 422
    page = read(response)
    assert "has chosen anew since" in words(page)
    assert queued(recorded.console) == 0
    assert olga.post(f"{RIGHTS}/erase", confirmation(page)).status_code == 303
    assert queued(recorded.console) == 4


def test_a_code_that_leads_to_nobody_is_told_plainly_and_is_written_down(
    olga: Browser, recorded: Recorded
) -> None:
    for code, status, says in (
        ("7K2M-Q4XR-9TBC", 404, "no records under this code"),
        ("7K2M-Q4XR", 422, "This is no reference code"),
        ("", 422, "This is no reference code"),
        ("x" * 5000, 422, "This is no reference code"),
    ):
        for act in ("subject", "erase", "access"):
            response = olga.post(f"{RIGHTS}/{act}", {"code": code})
            assert response.status_code == status
            assert says in words(one(read(response), "#code-fault"))
    assert acts(recorded.console, "subject") == {"subject:preview": 12}


@pytest.mark.legal("RR-12")
def test_what_was_asked_in_vain_is_no_request(olga: Browser, recorded: Recorded) -> None:
    console = recorded.console
    tried = {"site": "programme", "by": "console", "found": False}  # as it was once recorded
    name = "0196d5f0-0000-7000-8000-000000000000"
    with engine_session(console.app) as session, write_transaction(session):
        record_action(
            session, officer="Olga", action="subject:access", subject_id=name, detail=tried,
            now=console.clock.now,
        )  # fmt: skip
    olga.post(f"{RIGHTS}/access", {"code": "7K2M-Q4XR-9TBC"})
    assert olga.page(f"{RIGHTS}/requests").select("tbody tr") == []
    assert olga.get(f"{RIGHTS}/requests/{name}").status_code == 404
    olga.post(f"{RIGHTS}/access", {"code": recorded.code})
    assert len(olga.page(f"{RIGHTS}/requests").select("tbody tr")) == 1
    with engine_session(console.app) as session:
        counted = count_actions(session, "programme", 0, console.clock.now + 1)
    assert (counted["subject:access"], counted["subject:preview"]) == (1, 1)


def test_a_code_of_another_site_is_answered_like_none(demo_site: Site, recorded: Recorded) -> None:
    console = recorded.console
    publish_now(console.app, library_of(demo_site), console.clock.now)
    lena = console.person("Lena", {"library": (Role.OFFICER,)})
    path = "/console/sites/library/rights/subject"
    here = lena.post(path, {"code": recorded.code})
    nowhere = lena.post(path, {"code": "7K2M-Q4XR-9TBC"})
    assert (here.status_code, nowhere.status_code) == (404, 404)
    assert one(read(here), "#code-fault") == one(read(nowhere), "#code-fault")


@pytest.mark.legal("RR-08")
def test_where_a_site_keeps_erased_records_they_are_locked_away_until_their_time_ends(
    demo_site: Site, recorded: Recorded, tmp_path: Path
) -> None:
    console = recorded.console
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    keeps = replace(demo_site, erasure=ErasureMode.UNLINK, erasure_reason=reason)
    publish_now(console.app, keeps, console.clock.now)
    console.clock.now += 120_000
    olga = console.officer
    page = look_up(olga, recorded.code)
    assert "2 records are locked away" in words(page)
    assert reason["en"] in words(page)
    response = olga.post(f"{RIGHTS}/erase", confirmation(page))
    assert "Locked away" in words(one(olga.page(response.location), ".lead"))
    console.clock.pass_days(0.75)
    recorded.seal()
    dispose(console, tmp_path)
    page = console.auditor.page(RIGHTS)
    assert "3 erased records are locked away" in words(page)
    assert "Nothing was removed yet." in words(page)
    require_whole(console, tmp_path)


@pytest.mark.legal("RR-05", "RR-12")
def test_everything_is_handed_out_as_one_file_and_the_person_can_tell(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    response = olga.post(f"{RIGHTS}/access", {"code": recorded.code})
    assert response.headers["Content-Disposition"].endswith('consent-data-programme.json"')
    body = json.loads(response.text)
    assert body["reference_code"] == recorded.code
    ids = [recorded.saved.event.id, recorded.allowed.event.id]
    assert [event["id"] for event in body["events"]] == ids
    assert all(event["proof"] and event["kept_until"] for event in body["events"])
    assert body["recipients"] != []
    with engine_session(recorded.console.app) as session:
        looks = list_looks(session, str(recorded.saved.event.subject))
        assert [(look.officer, look.action) for look in looks] == [("Olga", "subject:access")]
        noted = f"{looks[0].subject_id} {looks[0].detail}"
    assert not any(known in noted for known in (*ids, recorded.code))
    table = words(one(olga.page(f"{RIGHTS}/requests"), "tbody"))
    assert "Access Olga – ✓ Answered at once" in table


@pytest.mark.legal("RR-12")
def test_what_a_visitor_erased_alone_is_in_the_register_once(recorded: Recorded) -> None:
    console, alice = recorded.console, recorded.alice
    alice.press("erase", page=alice.read())
    page = console.auditor.page(f"{RIGHTS}/requests")
    rows = page.select("tbody tr")
    assert len(rows) == 1
    assert "Erasure the visitor, alone – ! Hidden; removed within a day" in words(rows[0])
    page = console.person("Ann", {"programme": (Role.AUDITOR,)}).page(
        str(one(page, "tbody a")["href"])
    )
    assert "This page names nobody" in words(page)


def test_the_register_and_the_disposals_are_read_page_by_page(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    console = recorded.console
    monkeypatch.setattr("consent.web.console.rights.PAGE_ROWS", 1)
    bob = Visitor(console.app)
    bob.choose("accept_all")
    for visitor in (recorded.alice, bob):
        console.clock.pass_days(0.75)
        visitor.press("erase", page=visitor.read())
        console.clock.pass_days(1)
        recorded.seal()
        dispose(console, tmp_path)
    auditor = console.auditor
    for area in ("requests", "disposals"):
        newest = auditor.page(f"{RIGHTS}/{area}")
        older = auditor.page(str(one(newest, ".pager [rel=next]")["href"]))
        assert older.select(".pager [rel=next]") == []
        shown = [words(one(page, "tbody th")) for page in (newest, older)]
        assert shown == sorted(shown, key=lambda day: day.split()[0], reverse=True)
        assert len(set(shown)) == 2
        assert one(older, ".pager a")["href"] == f"{RIGHTS}/{area}"
        assert auditor.get(f"{RIGHTS}/{area}?before=x").status_code == 400


def test_what_there_is_not_is_not_found(console: Console) -> None:
    auditor = console.auditor
    for area in ("requests", "disposals", "runs"):
        for name in ("x", "0196d5f0-0000-7000-8000-000000000000"):
            assert auditor.get(f"{RIGHTS}/{area}/{name}").status_code == 404


def test_what_is_of_another_site_is_not_found(
    demo_site: Site, recorded: Recorded, tmp_path: Path
) -> None:
    console = recorded.console
    publish_now(console.app, library_of(demo_site), console.clock.now)
    recorded.alice.press("erase", page=recorded.alice.read())
    console.clock.pass_days(1)
    recorded.seal()
    dispose(console, tmp_path)
    auditor = console.auditor
    page = auditor.page(RIGHTS)
    found = {str(link["href"]) for link in page.select("tbody a")}
    assert len(found) == 2
    for path in found:
        assert auditor.get(path).status_code == 200
        assert auditor.get(path.replace("programme", "library")).status_code == 404
    assert auditor.page(RIGHTS.replace("programme", "library")).select("tbody a") == []


def test_a_form_from_elsewhere_or_without_the_token_erases_nothing(
    olga: Browser, recorded: Recorded
) -> None:
    form = confirmation(look_up(olga, recorded.code))
    elsewhere = {"Origin": "https://evil.example"}
    assert olga.post(f"{RIGHTS}/erase", form, headers=elsewhere).status_code == 403
    assert olga.post(f"{RIGHTS}/erase", form | {"csrf": "x"}).status_code == 403
    assert olga.get(f"{RIGHTS}/erase").status_code == 405
    assert queued(recorded.console) == 0


def test_every_class_of_disposal_has_its_words() -> None:
    for language in LANGUAGES:
        for reason in DisposalClass:
            assert console_words(language).has(f"rights.reason.{reason}")
            assert console_words(language).has(f"rights.due.{reason}")
