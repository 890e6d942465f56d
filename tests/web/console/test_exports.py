"""Exports in the console: asked for in three steps, made by a worker, fetched and read back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from consent.core.roles import Role
from consent.core.times import parse_rfc3339
from consent.store import export_jobs as store
from consent.store.database import write_transaction
from consent.store.tables import ExportJobRow, OfficerActionRow
from consent.verify.__main__ import main as verify
from tests.packs import Pack
from tests.service import engine_session
from tests.web.console.exporting import EXPORTS, Exporting, exporting
from tests.web.console.recorded import one, recorded
from tests.web.visitor import words

__all__ = ["exporting", "recorded"]


def actions(exporting: Exporting) -> list[tuple[str, str, dict[str, Any]]]:
    """Return who did what to exports, in order."""
    with engine_session(exporting.app) as session:
        rows = session.scalars(select(OfficerActionRow).order_by(OfficerActionRow.id))
        found = [row for row in rows if row.action.startswith("export:")]
        return [(row.officer, row.action, json.loads(row.detail)) for row in found]


def kinds(exporting: Exporting) -> list[str]:
    return [action for _, action, _ in actions(exporting)]


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.legal("AE-02")
def test_a_month_for_a_regulator_in_three_steps(exporting: Exporting) -> None:
    exporting.clock.now = parse_rfc3339("2026-12-03")
    exporting.olga = exporting.console.person("Olga again", {"programme": (Role.OFFICER,)})
    page = exporting.olga.page(EXPORTS)
    assert [one(page, f"#{name}")["value"] for name in ("from", "to")] == [
        "2026-11-01",
        "2026-11-30",
    ]
    assert words(one(page, ".periods [aria-current]")) == "Last month"
    assert "where its recipient reads it" in words(one(page, "#purpose-hint"))
    assert one(page, "[name=form][checked]")["value"] == "evidence"
    address = exporting.make(form="csv")
    page, content = exporting.olga.page(address), exporting.file(address)
    assert [row["event"] for row in table(content)] == ["granted", "partly_granted", "refused"]
    sent = exporting.olga.get(f"{address}/file", buffered=True).headers["Content-Type"]
    assert sent == "text/csv; charset=utf-8; header=present"
    shown = words(page)
    assert hashlib.sha256(content).hexdigest() in shown
    assert f"({len(content):,} bytes)" in shown
    assert "Records 3" in shown
    assert "Kept until 10 December 2026, 00:00 UTC" in shown
    assert "Period 1 November 2026 – 30 November 2026" in shown
    assert "no signature of its own" in shown


@pytest.mark.legal("AE-03", "AE-04")
def test_a_pack_is_downloaded_whole_and_passes_its_own_check(
    exporting: Exporting, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    exporting.recorded.seal()
    address = exporting.make(form="evidence")
    response = exporting.olga.get(f"{address}/file", buffered=True)
    assert response.headers["Content-Length"] == str(len(response.data))
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Cache-Control"] == "no-store"
    (job,) = exporting.jobs
    assert response.headers["Content-Disposition"] == (
        f"attachment; filename=consent-programme-20261101-20261130-{job.id[-8:]}-evidence.zip"
    )
    assert job.sha256 == hashlib.sha256(response.data).hexdigest()
    pack, manifest = Pack(response.data), exporting.olga.get(f"{address}/manifest.json")
    assert manifest.data == pack.read("manifest.json")
    assert (pack.json("manifest.json")["export"], pack.json("manifest.json")["rows"]) == (job.id, 3)
    assert pack.json("manifest.json")["purpose"] == "regulator"
    assert "\nPurpose     an authority asked for it\n" in pack.read("statement.txt").decode()
    (tmp_path / "pack.zip").write_bytes(response.data)
    assert verify([str(tmp_path / "pack.zip")]) == 0, capsys.readouterr()
    shown = exporting.olga.page(address)
    page = words(shown)
    assert re.search("records/ the records, in several forms [45] ", page)
    assert all(len(row.select(".note")) == 1 for row in shown.select(".parts tbody tr"))
    assert "leiden-university/1" in page
    assert "Some records were made so recently" not in page


def test_a_pack_says_that_the_log_does_not_have_all_of_it_yet(exporting: Exporting) -> None:
    page = exporting.olga.page(exporting.make(form="evidence"))
    assert "the signed log does not have them yet" in words(page)


@pytest.mark.legal("AE-02")
def test_each_other_form_is_read_back(exporting: Exporting) -> None:
    lines = exporting.file(exporting.make(form="jsonl")).decode().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["granted", "partly_granted", "refused"]
    graph = json.loads(exporting.file(exporting.make(form="jsonld")))["@graph"]
    assert sum(node.get("@type") == "dpv:ConsentRecord" for node in graph) == 3
    receipts = exporting.file(exporting.make(form="kantara")).decode().splitlines()
    assert [json.loads(line)["version"] for line in receipts] == ["KI-CR-v1.1.0"] * 2
    assert [job.rows for job in exporting.jobs] == [3, 3, 3]


def test_parquet_is_offered_where_it_can_be_made(exporting: Exporting) -> None:
    duckdb = pytest.importorskip("duckdb")
    exporting.make(form="parquet")
    (job,) = exporting.jobs
    path = exporting.files.path(job.id, job.worker or "")
    found = duckdb.read_parquet(str(path)).project("event").fetchall()
    assert [event for (event,) in found] == ["granted", "partly_granted", "refused"]


def test_parquet_is_not_offered_elsewhere(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.services.export_bodies.parquet_is_available", lambda: False)
    page = exporting.olga.page(EXPORTS)
    assert not page.select("[value=parquet]")
    response = exporting.olga.post(EXPORTS, {"purpose": "audit", "form": "parquet"})
    assert response.status_code == 422


@pytest.mark.legal("AE-01")
def test_the_form_narrows_the_export(exporting: Exporting) -> None:
    for fields, count in (
        ({"event": "refused"}, 1),
        ({"category": "ads"}, 1),
        ({"language": "nl"}, 0),
        ({"from": "2026-11-23", "to": ""}, 0),
        ({"from": "", "to": ""}, 3),
    ):
        address = exporting.make(**fields)
        assert len(table(exporting.file(address))) == count, fields


def test_a_narrower_export_says_so_in_words(exporting: Exporting) -> None:
    page = words(exporting.olga.page(exporting.make(event="refused", category="", to="")))
    assert "Only What happened: Everything refused" in page
    assert "Period From 1 November 2026" in page


@pytest.mark.legal("AE-05")
def test_pseudonyms_are_made_anew_unless_a_reason_is_named(exporting: Exporting) -> None:
    subject = exporting.recorded.allowed.event.subject
    assert subject is not None
    anew = exporting.make(form="evidence", reference="case 12")
    assert subject not in {row["subject"] for row in Pack(exporting.file(anew)).rows}
    as_stored = exporting.make(form="evidence", reference="case 12", as_stored="1")
    pack = Pack(exporting.file(as_stored))
    assert [row["subject"] for row in pack.rows] == [subject, subject, ""]
    assert pack.json("manifest.json")["reason"] == "case 12"
    assert "as they are stored, with the records" in words(exporting.olga.page(as_stored))


def test_what_is_wrong_in_the_form_is_told_at_its_field(exporting: Exporting) -> None:
    faults: list[tuple[dict[str, str], str, str]] = [
        ({"purpose": ""}, "purpose", "Choose what the export is for."),
        ({"form": "xlsx"}, "form", "Choose one of these."),
        ({"from": "2026-11-30", "to": "2026-11-01"}, "to", "The last day comes before the first"),
        ({"from": "yesterday"}, "from", "Write a day as"),
        ({"event": "sold"}, "event", "This site has no such choice"),
        ({"reference": "x" * 201}, "reference", "Use at most 200 characters."),
        ({"as_stored": "1", "reference": " "}, "reference", "Write why the records are needed"),
    ]
    for fields, name, fault in faults:
        response = exporting.olga.post(EXPORTS, {"purpose": "audit", "form": "csv"} | fields)
        assert response.status_code == 422
        page = BeautifulSoup(response.text, "html.parser")
        assert words(one(page, f"#{name}-fault")).startswith(fault)
        assert words(one(page, ".message")) == "Nothing is made yet: see the marked field."
        (focused,) = page.select("[autofocus]")
        assert focused["name"] == name
    assert exporting.jobs == []
    assert "export:create" not in kinds(exporting)


@pytest.mark.legal("AE-06")
def test_start_end_and_each_download_are_recorded(exporting: Exporting) -> None:
    address = exporting.make(reference="case 12", as_stored="1")
    exporting.file(address)
    (job,) = exporting.jobs
    recorded = {action: (officer, detail) for officer, action, detail in actions(exporting)}
    assert sorted(recorded) == ["export:create", "export:download", "export:finish"]
    assert {officer for officer, _ in recorded.values()} == {"Olga"}
    create = recorded["export:create"][1]
    assert (create["purpose"], create["reason"], create["by"]) == (
        "regulator",
        "case 12",
        "console",
    )
    assert create["filter"]["from"] == "2026-11-01T00:00:00.000Z"
    assert recorded["export:download"][1] == {
        "site": "programme", "size": job.size, "sha256": job.sha256, "by": "console",
    }  # fmt: skip


def test_a_page_that_loads_itself_leaves_one_look(exporting: Exporting) -> None:
    address = exporting.order()
    response = exporting.olga.get(address)
    assert response.headers["Refresh"] == f"1; url={address}?again=1"
    for _ in range(3):
        assert exporting.olga.get(f"{address}?again=1").headers["Refresh"]
    assert kinds(exporting).count("export:show") == 1
    exporting.worker().run_once()
    assert "Refresh" not in exporting.olga.get(f"{address}?again=1").headers
    assert kinds(exporting).count("export:show") == 2


def test_a_page_that_loads_itself_can_be_held(exporting: Exporting) -> None:
    address = exporting.order()
    link = one(exporting.olga.page(address), ".going .note a")
    held = exporting.olga.get(str(link["href"]))
    assert "Refresh" not in held.headers
    assert "This page stands still." in held.text
    exporting.clock.now += 3_600_000
    olga = exporting.console.person("Olga again", {"programme": (Role.OFFICER,)})
    assert olga.get(address).headers["Refresh"].startswith("30; ")


def test_how_far_it_is_is_told_in_words_and_in_a_bar(exporting: Exporting) -> None:
    address = exporting.order()
    assert "value" not in one(exporting.olga.page(address), "progress").attrs
    (job,) = exporting.jobs

    def tell(done: int, expected: int | None) -> str:
        with engine_session(exporting.app) as session, write_transaction(session):
            now = exporting.clock.now
            store.note_progress(session, job.id, "a", done=done, expected=expected, now=now)
        return words(one(exporting.olga.page(f"{address}?again=1"), ".going"))

    with engine_session(exporting.app) as session, write_transaction(session):
        assert store.claim_job(session, job, "a", exporting.clock.now)
    assert tell(0, None).startswith("Counting the records.")
    exporting.clock.now += 60_000
    assert tell(250_000, 1_000_000).startswith(
        "250,000 of 1,000,000 records (25%) About 3 minutes left"
    )
    assert one(exporting.olga.page(address), "progress")["value"] == "25"
    assert "Less than a minute left" in tell(750_000, 1_000_000)
    assert tell(1_000_000, 1_000_000).startswith("All records are read.")


def test_who_is_elsewhere_is_told_once_that_it_is_ready(exporting: Exporting) -> None:
    address = exporting.make()
    page = exporting.olga.page("/console/")
    message = one(page, ".message")
    assert (
        words(message)
        == "The export you asked for on 22 November 2026, 12:02 UTC is ready. Open it"
    )
    assert [link["href"] for link in message.select("a")] == [address]
    assert not exporting.olga.page("/console/").select(".message a")


def test_who_sees_it_ready_is_not_told_again(exporting: Exporting) -> None:
    address = exporting.make()
    assert not exporting.olga.page(address).select(".message a")
    assert not exporting.olga.page("/console/").select(".message a")


@pytest.mark.legal("AE-06")
def test_a_colleague_with_the_right_may_fetch_it_and_nobody_else(exporting: Exporting) -> None:
    address = exporting.make()
    otto = exporting.console.person("Otto", {"programme": (Role.OFFICER,)})
    assert otto.get(f"{address}/file", buffered=True).status_code == 200
    assert ("Otto", "export:download") in [each[:2] for each in actions(exporting)]
    auditor = exporting.console.person("Ada", {"programme": (Role.AUDITOR,)})
    for path in (address, f"{address}/file", EXPORTS):
        assert auditor.get(path).status_code == 403
    assert exporting.console.stranger().get(f"{address}/file").status_code == 303


def test_an_export_of_another_site_is_not_there(exporting: Exporting) -> None:
    address = exporting.make()
    with engine_session(exporting.app) as session:
        session.execute(update(ExportJobRow).values(site="library"))
        session.commit()
    for path in (address, f"{address}/file", f"{address}/manifest.json"):
        assert exporting.olga.get(path).status_code == 404
    for verb in ("stop", "again"):
        assert exporting.olga.post(f"{address}/{verb}").status_code == 404


def test_a_file_is_kept_for_seven_days(exporting: Exporting) -> None:
    address = exporting.make()
    exporting.clock.pass_days(7)
    otto = exporting.console.person("Otto", {"programme": (Role.OFFICER,)})
    assert otto.get(f"{address}/file").status_code == 404
    assert "Its time ended, so the file was removed." in words(otto.page(address))
    (job,) = exporting.jobs
    for _ in ("its time has come", "the worker has noticed"):
        page = words(otto.page(address))
        assert f"({job.size:,} bytes) SHA-256 {job.sha256}" in page
        assert "Records 3 " in page
        assert "Download" not in page
        exporting.worker().run_once()
    assert list(exporting.files.folder.iterdir()) == []
    assert "Removed" in words(otto.page(EXPORTS))


def test_it_can_be_stopped_and_made_again(exporting: Exporting) -> None:
    address = exporting.order(reference="case 12")
    assert exporting.olga.post(f"{address}/stop").location == address
    page = words(exporting.olga.page(address))
    assert "The export is stopped. No file is kept." in page
    assert exporting.worker().run_once() == 0
    exporting.olga.post(f"{address}/stop")
    assert "The export had ended already." in words(exporting.olga.page(address))
    response = exporting.olga.post(f"{address}/again")
    assert response.status_code == 303
    assert response.location != address
    exporting.worker().run_once()
    assert "case 12" in words(exporting.olga.page(response.location))
    assert len(table(exporting.file(response.location))) == 3


def test_why_it_failed_is_said_in_words(exporting: Exporting) -> None:
    exporting.files.folder.write_text("in the way")
    address = exporting.make()
    page = exporting.olga.page(address)
    assert "The file could not be written." in words(page)
    assert one(page, "form[action$=again] button").text == "Make it again"


def test_a_file_that_is_gone_is_said_to_be_missing(exporting: Exporting) -> None:
    address = exporting.make()
    for path in exporting.files.folder.iterdir():
        path.unlink()
    assert "its file is not on this machine" in words(exporting.olga.page(address))
    assert exporting.olga.get(f"{address}/file").status_code == 404


def test_two_presses_make_one_export(exporting: Exporting) -> None:
    assert exporting.order() == exporting.order()
    assert len(exporting.jobs) == 1


def test_who_fills_the_queue_is_told_in_dutch(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.services.export_jobs.MOST_GOING", 1)
    otto = exporting.console.person("Otto", {"programme": (Role.OFFICER,)}, language="nl")
    made = exporting.make()
    exporting.order()
    said = "Er wachten al te veel exports van deze website; wacht, of stop er een."
    answer = otto.post(EXPORTS, {"purpose": "audit", "form": "csv", "reference": "12"})
    page = BeautifulSoup(answer.text, "html.parser")
    assert (answer.status_code, words(one(page, ".message"))) == (422, said)
    assert one(page, "#reference")["value"] == "12"
    assert otto.post(f"{made}/again").location == made
    assert words(one(otto.page(made), ".message")) == said


def test_a_form_with_two_faults_puts_the_focus_on_the_first(exporting: Exporting) -> None:
    assert not exporting.olga.page(EXPORTS).select("[autofocus], .message")
    otto = exporting.console.person("Otto", {"programme": (Role.OFFICER,)}, language="nl")
    answer = otto.post(EXPORTS, {"form": "csv", "as_stored": "1"})
    page = BeautifulSoup(answer.text, "html.parser")
    assert words(one(page, ".message")) == "Er is nog niets gemaakt: zie het gemarkeerde veld."
    assert [field["id"] for field in page.select("[autofocus]")] == ["purpose"]


def test_the_recipient_is_told_how_to_check_it(exporting: Exporting) -> None:
    page = words(exporting.olga.page("/console/exports/check"))
    for said in ("python3 verify/consent-verify.pyz .", "What it proves", "What it does not prove"):
        assert said in page


def test_exports_speak_dutch(exporting: Exporting) -> None:
    address = exporting.make()
    otto = exporting.console.person("Otto", {"programme": (Role.OFFICER,)}, language="nl")
    shown = [words(otto.page(path)) for path in (EXPORTS, address, "/console/exports/check")]
    for page, said in zip(
        shown, ("Vorige maand", "Bewaard tot", "Wat het niet bewijst"), strict=True
    ):
        assert said in page
    assert "statement.nl.html" in shown[2]
    assert "verify/README.md" not in shown[2]


def test_a_job_that_cannot_be_read_fails_and_keeps_no_other_waiting(exporting: Exporting) -> None:
    unreadable = [exporting.order(reference=name) for name in ("a", "b", "c")]
    with engine_session(exporting.app) as session, write_transaction(session):
        broken = {"site": ["programme"], "from": "26-01-01T00:00:00.000Z"}
        session.execute(update(ExportJobRow).values(filter=json.dumps(broken)))
        dead = {"state": "running", "worker": "w", "attempts": 3, "beat_at": 0, "started_at": 0}
        one_of = unreadable[1].rpartition("/")[2]
        session.execute(update(ExportJobRow).where(ExportJobRow.id == one_of).values(dead))
    assert exporting.olga.post(f"{unreadable[2]}/stop").status_code == 303
    good = exporting.order()
    assert exporting.worker().run_once() == 2
    ended = {job.id: (job.state, job.fault) for job in exporting.jobs}
    assert [ended[address.rpartition("/")[2]] for address in (*unreadable, good)] == [
        ("failed", "error"),
        ("failed", "interrupted"),
        ("cancelled", None),
        ("done", None),
    ]
    assert len(table(exporting.file(good))) == 3
    assert "26-01-01T00:00:00.000Z" in words(exporting.olga.page(EXPORTS))
    assert exporting.olga.get(unreadable[0]).status_code == 200
    assert exporting.olga.post(f"{unreadable[0]}/again").status_code == 422


@pytest.mark.parametrize("field", ["from", "to"])
@pytest.mark.parametrize("day", ["0001-01-01", "0026-01-01", "1969-12-31", "9999-12-31"])
def test_a_year_out_of_reach_is_refused(exporting: Exporting, field: str, day: str) -> None:
    fields = {"from": "", "to": "", "purpose": "audit", "form": "csv"}
    answer = exporting.olga.post(EXPORTS, fields | {field: day})
    assert answer.status_code == 422
    assert "Write a day as year-month-day" in answer.text
    assert exporting.jobs == []
    answer = exporting.olga.get(f"/console/sites/programme/records?{field}={day}")
    assert (answer.status_code, "Write a day as year-month-day" in answer.text) == (200, True)
