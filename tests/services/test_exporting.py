"""An export is recorded before its first byte and at its end, whatever the end is."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.errors import NotFoundError, NotPermittedError, RuleError
from consent.services.exporting import (
    Asked,
    Export,
    ExportReport,
    ExportState,
    ExportStream,
    count_rows,
    filter_record,
    find_export,
    read_filter_record,
    start_export,
)
from consent.store.events import EventFilter
from consent.store.officers import Officer, list_actions
from tests.make_events import ALICE, NOTICE, insert_event, make_event, make_refusal
from tests.world import World

NOW = parse_rfc3339("2026-05-01T10:00:00Z")
MARCH = parse_rfc3339("2026-03-01")
APRIL = parse_rfc3339("2026-04-01")

OLGA = Officer("", "Olga", ("programme",), 0, None)
OTTO = Officer("", "Otto", ("library",), 0, None)
CHIEF = Officer("", "Chief", ("*",), 0, None)


def asked(format_name: str = "csv", reason: str | None = None, **wanted: Any) -> Asked:
    return Asked(EventFilter(**wanted), format_name, reason)


def run(engine: Engine, export: Export) -> bytes:
    with closing(ExportStream(Session(engine), export, lambda: NOW + 9)) as stream:
        return b"".join(stream)


def rows_of(exported: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported.decode(), newline="")))


@pytest.fixture
def spring(session: Session) -> None:
    """Alice grants in February and comes back in March, when somebody refuses; so does another."""
    granted = make_event(at="2026-02-10T12:00:00Z")
    insert_event(session, granted)
    again = make_event(at="2026-03-10T12:00:00Z", prev=granted.id)
    insert_event(session, again)
    insert_event(session, make_event(at="2026-03-12T12:00:00Z", prev=again.id))
    insert_event(session, make_refusal(at="2026-03-11T12:00:00Z"))
    insert_event(session, make_refusal(at="2026-03-12T12:00:00Z", site="library"))


def export_march(session: Session, engine: Engine, **options: Any) -> list[dict[str, str]]:
    wanted = asked(from_=MARCH, to=APRIL, **options)
    return rows_of(run(engine, start_export(session, wanted, officer=CHIEF, now=NOW)))


def report_of(
    session: Session, export: Export, officer: Officer = CHIEF, *, now: int = NOW
) -> ExportReport:
    session.rollback()  # a request of its own sees what others committed meanwhile
    return find_export(session, export.id, officer=officer, now=now)


@pytest.mark.legal("AE-06")
@pytest.mark.usefixtures("spring")
def test_an_export_is_recorded_with_who_when_filter_and_count(
    session: Session, engine: Engine
) -> None:
    wanted = asked(from_=MARCH, to=APRIL, sites=("programme",), category="ads", language="en")
    export = start_export(session, wanted, officer=OLGA, now=NOW)
    exported = run(engine, export)
    create, finish = list_actions(session, export.id)
    assert (create.officer, create.at, create.action) == ("Olga", NOW, "export:create")
    assert create.detail == {
        "filter": {
            "site": ["programme"],
            "from": "2026-03-01T00:00:00.000Z",
            "to": "2026-04-01T00:00:00.000Z",
            "category": "ads",
            "language": "en",
        },
        "format": "csv",
        "reason": None,
    }
    assert (finish.officer, finish.at, finish.action) == ("Olga", NOW + 9, "export:finish")
    assert finish.detail == {
        "rows": 2,
        "size": len(exported),
        "sha256": hashlib.sha256(exported).hexdigest(),
    }
    assert len(rows_of(exported)) == 2


@pytest.mark.usefixtures("spring")
def test_a_report_follows_an_export_from_start_to_end(session: Session, engine: Engine) -> None:
    export = start_export(session, asked("jsonl"), officer=CHIEF, now=NOW)
    running = report_of(session, export)
    assert (running.state, running.rows, running.sha256) == (ExportState.RUNNING, None, None)
    assert count_rows(session, export) == 5
    exported = run(engine, export)
    finished = report_of(session, export)
    assert (finished.state, finished.rows) == (ExportState.FINISHED, 5)
    assert finished.sha256 == hashlib.sha256(exported).hexdigest()
    assert finished.size == len(exported)
    assert (finished.created_at, finished.ended_at) == (NOW, NOW + 9)
    instants = [json.loads(line)["at"] for line in exported.splitlines()]
    assert instants == sorted(instants)


def test_an_export_of_nothing_is_a_header_and_is_finished(session: Session, engine: Engine) -> None:
    export = start_export(session, asked(), officer=CHIEF, now=NOW)
    assert rows_of(run(engine, export)) == []
    assert report_of(session, export).rows == 0
    empty = start_export(session, asked("jsonl"), officer=CHIEF, now=NOW)
    assert run(engine, empty) == b""
    assert report_of(session, empty).sha256 == hashlib.sha256().hexdigest()


@pytest.mark.legal("AE-06")
def test_an_export_that_is_broken_off_is_recorded_as_such(session: Session, engine: Engine) -> None:
    for number in range(400):
        insert_event(session, make_event(at=MARCH + number))
    export = start_export(session, asked(), officer=CHIEF, now=NOW)
    with closing(ExportStream(Session(engine), export, lambda: NOW + 9)) as stream:
        next(stream)
    report = report_of(session, export)
    assert (report.state, report.sha256) == (ExportState.ABORTED, None)
    assert report.rows is not None
    assert 0 < report.rows < 400


def test_an_export_nobody_reads_is_recorded_as_broken_off(session: Session, engine: Engine) -> None:
    export = start_export(session, asked(), officer=CHIEF, now=NOW)
    ExportStream(Session(engine), export, lambda: NOW + 9).close()
    assert report_of(session, export).state is ExportState.ABORTED


@pytest.mark.legal("AE-06")
def test_an_export_that_never_ended_is_broken_off_after_a_day(session: Session) -> None:
    export = start_export(session, asked(), officer=CHIEF, now=NOW)
    day = NOW + MILLIS_PER_DAY
    assert report_of(session, export, now=day).state is ExportState.RUNNING
    killed = report_of(session, export, now=day + 1)
    assert (killed.state, killed.ended_at) == (ExportState.ABORTED, None)


def test_who_has_the_last_byte_finds_the_digest(session: Session, engine: Engine) -> None:
    insert_event(session, make_event())
    export = start_export(session, asked(), officer=CHIEF, now=NOW)
    with closing(ExportStream(Session(engine), export, lambda: NOW + 9)) as stream:
        only_chunk = next(stream)
        assert report_of(session, export).sha256 == hashlib.sha256(only_chunk).hexdigest()


@pytest.mark.legal("AE-05")
@pytest.mark.usefixtures("spring")
def test_two_exports_cannot_be_joined_by_person(session: Session, engine: Engine) -> None:
    first, second = export_march(session, engine), export_march(session, engine)
    pseudonyms = [{row["subject"] for row in rows if row["subject"]} for rows in (first, second)]
    assert [len(names) for names in pseudonyms] == [1, 1]
    assert not pseudonyms[0] & pseudonyms[1]
    assert ALICE not in pseudonyms[0] | pseudonyms[1]


@pytest.mark.legal("AE-05")
@pytest.mark.usefixtures("spring")
def test_links_lead_to_rows_of_the_same_export_only(session: Session, engine: Engine) -> None:
    rows = export_march(session, engine)
    ids = {row["id"] for row in rows}
    links = [row["prev"] for row in rows if row["prev"]]
    assert len(links) == 1
    assert set(links) <= ids
    assert not [row["prev"] for row in export_march(session, engine, category="ads") if row["prev"]]


@pytest.mark.legal("AE-05")
@pytest.mark.usefixtures("spring")
def test_with_a_named_reason_pseudonyms_and_links_are_the_stored_ones(
    session: Session, engine: Engine
) -> None:
    wanted = asked(from_=MARCH, to=APRIL, reason="request of the authority, case 12")
    export = start_export(session, wanted, officer=CHIEF, now=NOW)
    rows = rows_of(run(engine, export))
    assert {row["subject"] for row in rows} == {ALICE, ""}
    assert len([row for row in rows if row["prev"]]) == 2
    assert report_of(session, export).reason == "request of the authority, case 12"


@pytest.mark.legal("AE-06")
@pytest.mark.usefixtures("spring")
def test_an_officer_exports_the_own_sites_only(session: Session, engine: Engine) -> None:
    with pytest.raises(NotPermittedError):
        start_export(session, asked(sites=("library",)), officer=OLGA, now=NOW)
    with pytest.raises(NotPermittedError):
        start_export(session, asked(sites=("programme", "library")), officer=OLGA, now=NOW)
    everything = start_export(session, asked(), officer=OLGA, now=NOW)
    assert {row["site"] for row in rows_of(run(engine, everything))} == {"programme"}
    assert everything.asked.wanted.sites == ("programme",)


@pytest.mark.legal("AE-06")
def test_the_report_of_an_export_is_for_officers_of_all_its_sites(session: Session) -> None:
    export = start_export(session, asked(), officer=OLGA, now=NOW)
    assert report_of(session, export, OLGA).officer == "Olga"
    for officer in (OTTO, replace(OTTO, sites=())):
        with pytest.raises(NotFoundError):
            report_of(session, export, officer)
    of_everything = start_export(session, asked(), officer=CHIEF, now=NOW)
    with pytest.raises(NotFoundError):
        report_of(session, of_everything, OLGA)
    with pytest.raises(NotFoundError):
        find_export(session, "019cf1a0-0000-7000-8000-000000000001", officer=CHIEF, now=NOW)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"from_": MARCH, "to": MARCH}, "the period is empty"),
        ({"from_": APRIL, "to": MARCH}, "the period is empty"),
        ({"sites": ("programe",)}, "no site 'programe'"),
        ({"category": "Ads"}, "category 'Ads' is not written as"),
        ({"language": "NL"}, "language 'NL' is not written as"),
        ({"notice": NOTICE[1:]}, "notice .* is not written as 64"),
        ({"format_name": "xlsx"}, "format 'xlsx' is none of csv, jsonl"),
        ({"provider": "Study Ads"}, "provider 'Study Ads' is not written as"),
        ({"provider": "nobody"}, "no notice of these sites names a provider 'nobody'"),
        ({"reason": "  "}, "a reason has to be named"),
    ],
)
@pytest.mark.usefixtures("spring")
def test_a_filter_that_can_match_nothing_is_refused(
    session: Session, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(RuleError, match=message):
        start_export(session, asked(**wanted), officer=CHIEF, now=NOW)


def test_a_filter_comes_back_from_its_record() -> None:
    full = EventFilter(("a", "b"), MARCH, APRIL, None, "ads", "nl", NOTICE, "study-ads")
    assert read_filter_record(filter_record(full)) == full
    assert filter_record(EventFilter()) == {}
    assert read_filter_record({}) == EventFilter()


@pytest.mark.legal("AE-12")
@pytest.mark.usefixtures("spring")
def test_the_same_filter_and_reason_give_the_same_bytes(session: Session, engine: Engine) -> None:
    wanted = asked(from_=MARCH, reason="comparison")
    first, second = (
        run(engine, start_export(session, wanted, officer=CHIEF, now=NOW)) for _ in range(2)
    )
    assert first == second


@pytest.mark.legal("RP-16")
def test_a_recipient_gets_what_was_allowed_for_it_and_nothing_else(
    session: Session, engine: Engine
) -> None:
    live = World(session, now=MARCH).publish()
    own = {"notice": live.notice.hash, "scope": live.notice.scope}
    everything = make_event(at=MARCH, **own)
    no_ads = {"functional": True, "personalisation": True, "ads": False}
    without_ads = make_event(at=MARCH + 1, choices=no_ads, **own)
    of_another_notice = make_event(at=MARCH + 2)
    for event in (everything, without_ads, of_another_notice, make_refusal(at=MARCH + 3, **own)):
        insert_event(session, event)
    rows = export_march(session, engine, provider="study-ads")
    assert [(row["id"], row["choices"]) for row in rows] == [(everything.id, '{"ads":true}')]
    of_the_map = export_march(session, engine, provider="campus-map")
    assert [row["choices"] for row in of_the_map] == ['{"functional":true}'] * 2
    assert not [row["prev"] for row in of_the_map if row["prev"]]


@pytest.mark.legal("RP-16")
def test_a_recipient_is_one_of_the_sites_that_are_asked_for(session: Session) -> None:
    World(session, now=MARCH).publish()
    insert_event(session, make_refusal(site="library"))
    with pytest.raises(RuleError, match="no notice of these sites names"):
        start_export(
            session, asked(sites=("library",), provider="study-ads"), officer=CHIEF, now=NOW
        )
