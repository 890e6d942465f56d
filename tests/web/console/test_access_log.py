"""The access log: narrowed, turned over, taken along, and each line of it proven."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

import consent
from consent.audit.entry import commitment
from consent.audit.tlog_proof import parse_tlog_proof, read_opening
from consent.core.actions import KINDS
from consent.core.roles import Role
from consent.store.action_lists import PAGE_ROWS, ListedAction
from consent.store.database import write_transaction
from consent.store.officers import record_action
from consent.store.sealed_actions import StoredAction
from consent.store.tables import OfficerActionRow, SealedActionRow
from consent.web.console.access_log_words import shown_action, what_of
from consent.web.console.routing import declarations
from consent.web.console.words import LANGUAGES, console_words
from tests.service import engine_session
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import RECORDS, Recorded, olga, one, recorded

__all__ = ["olga", "recorded"]

PAGE = "/console/sites/programme/access-log"
ALL = "/console/access-log"
ACT = re.compile(r'"([a-z_]+:[a-z_]+)"')
# What shows no record of a visitor, or only ends what another act began.
OF_NO_KIND = (
    "access_log:list",
    "access_log:proof",
    "checks:ask",
    "disposal:list",
    "disposal:proof",
    "disposal:show",
    "export:list",
    "export:show",
    "notice:compare",
    "notice:list",
    "notice:replay",
    "notice:show",
    "overview:csv",
    "overview:show",
    "person:form",
    "person:list",
    "person:show",
    "proposal:replay",
    "proposal:show",
    "report:show",
    "retention:end",
    "retention:list",
    "retention:preview",
    "settings:document",
    "settings:document_file",
    "settings:show",
)


def lines(page: BeautifulSoup) -> list[tuple[str, str]]:
    """Return who did what, from the table of a page."""
    rows = page.select("table.acts tbody tr")
    cells = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in rows]
    return [(cell[0], cell[1]) for cell in cells]


def do(console: Console, times: int, action: str = "records:list", officer: str = "Olga") -> None:
    with engine_session(console.app) as session:
        for _ in range(times):
            console.clock.now += 1
            with write_transaction(session):
                record_action(
                    session,
                    officer=officer,
                    action=action,
                    subject_id="-",
                    detail={"site": "programme"},
                    now=console.clock.now,
                )


@pytest.mark.legal("AE-06")
def test_each_act_stands_in_the_list_in_words_and_names_no_visitor(
    olga: Browser, recorded: Recorded
) -> None:
    for path in (RECORDS, recorded.path(recorded.saved), f"{RECORDS}?event=granted"):
        recorded.clock.now += 1
        olga.page(path)
    recorded.clock.now += 1
    page = olga.page(PAGE)
    assert lines(page) == [
        ("Olga", "Looked at the list of records what happened: Everything allowed"),
        ("Olga", "Looked at a record"),
        ("Olga", "Looked at the list of records"),
    ]
    for stored in recorded.events:
        assert stored.event.id not in page.text
        assert str(stored.event.subject) not in page.text
    assert recorded.code not in page.text


def test_looking_at_the_list_is_an_act_as_well(olga: Browser, recorded: Recorded) -> None:
    olga.page(PAGE)
    recorded.clock.now += 1
    page = olga.page(f"{PAGE}?officer=Otto&kind=looks")
    assert "No act fits." in page.text
    recorded.clock.now += 1
    assert lines(olga.page(PAGE)) == [
        ("Olga", "Looked at the access log person: Otto · kind: Looking at records"),
        ("Olga", "Looked at the access log"),
    ]


@pytest.mark.legal("AE-06")
def test_a_line_waits_and_then_is_proven_by_its_record_and_leaf(
    olga: Browser, recorded: Recorded
) -> None:
    olga.page(RECORDS)
    recorded.clock.now += 1
    assert "Waits to be sealed" in one(olga.page(PAGE), "td.sealing").text
    recorded.seal()
    recorded.clock.now += 1
    page = olga.page(f"{PAGE}?kind=looks")
    assert "Sealed, entry" in one(page, "td.sealing").text
    answer = olga.get(str(one(page, "td.sealing a")["href"]))
    assert ".tlog-proof" in answer.headers["Content-Disposition"]
    proof = parse_tlog_proof(answer.text)
    assert proof.extra is not None
    salt, record = read_opening(proof.extra)
    with engine_session(recorded.console.app) as session:
        sealed = session.get_one(SealedActionRow, json.loads(record)["id"])
        assert commitment(record, salt) == sealed.entry


def test_pages_follow_each_other_without_a_gap(olga: Browser, recorded: Recorded) -> None:
    console = recorded.console
    do(console, 2 * PAGE_ROWS + 3)
    seen, href = [], f"{PAGE}?kind=looks"
    while href:
        page = olga.page(href)
        seen.append(len(lines(page)))
        older = page.select_one("a[rel=next]")
        href = "" if older is None else str(older["href"])
        assert not href or "kind=looks" in href
    assert seen == [PAGE_ROWS, PAGE_ROWS, 3]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("officer=Otto", [("Otto", "Began an export")]),
        ("kind=exports", [("Otto", "Began an export")]),
        ("kind=looks&officer=Otto", []),
        ("from=2020-01-01&to=2020-12-31", []),
        ("officer=Olga&kind=looks", [("Olga", "Looked at the list of records")]),
    ],
)
def test_the_list_is_narrowed(
    olga: Browser, recorded: Recorded, asked: str, found: list[tuple[str, str]]
) -> None:
    do(recorded.console, 1)
    do(recorded.console, 1, "export:create", "Otto")
    assert lines(olga.page(f"{PAGE}?{asked}")) == found


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ("from=yesterday", "Write a day"),
        ("from=2026-02-01&to=2026-01-01", "comes before the first"),
        ("kind=secrets", "no such kind"),
    ],
)
def test_what_means_nothing_is_said_beside_its_field(olga: Browser, asked: str, fault: str) -> None:
    page = olga.page(f"{PAGE}?{asked}")
    assert fault in one(page, ".fault").text
    assert olga.get(f"{PAGE}/file/csv?{asked}").status_code == 400


def test_a_place_or_a_form_that_there_is_not_is_refused(olga: Browser) -> None:
    assert olga.get(f"{PAGE}?before=x").status_code == 400
    assert olga.get(f"{PAGE}/file/pdf").status_code == 404


@pytest.mark.legal("AE-06")
def test_the_list_is_taken_along_and_that_is_an_act_too(olga: Browser, recorded: Recorded) -> None:
    do(recorded.console, 2)
    recorded.clock.now += 1
    answer = olga.get(f"{PAGE}/file/csv")
    assert 'filename="access-log-programme-' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["action"] for row in rows] == ["access_log:file", "records:list", "records:list"]
    recorded.clock.now += 1
    answer = olga.get(f"{PAGE}/file/jsonl?kind=looks")
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["officer"] for row in found] == ["Olga", "Olga"]
    assert found[0]["detail"] == {"site": "programme"}


def test_a_name_is_no_formula_in_a_spreadsheet(olga: Browser, recorded: Recorded) -> None:
    do(recorded.console, 1, officer='=HYPERLINK("x")')
    (row,) = csv.DictReader(io.StringIO(olga.get(f"{PAGE}/file/csv?kind=looks").text))
    assert row["officer"].startswith("'=")


@pytest.mark.legal("AE-06")
def test_signing_in_and_people_are_told_only_to_those_of_all_sites(console: Console) -> None:
    console.person("Olga", {"programme": (Role.OFFICER,)})
    here = console.person("Ada", {"programme": (Role.ADMINISTRATOR,)})
    console.clock.now += 1
    assert lines(here.page(PAGE)) == []
    assert here.get(ALL).location.endswith(PAGE)
    assert here.get(f"{ALL}/file/csv").location.endswith(f"{PAGE}/file/csv")
    everywhere = console.administrator
    console.clock.now += 1
    done = lines(everywhere.page(ALL))
    assert ("Olga", "Signed in with a password") in done
    assert any(what.startswith("Invited a person") for _, what in done)
    assert "session:begin" in everywhere.get(f"{ALL}/file/csv").text


@pytest.mark.legal("AE-06")
def test_a_proof_is_for_those_who_may_read_of_the_act(console: Console) -> None:
    elsewhere = console.person("Ada", {"library": (Role.ADMINISTRATOR,)})
    do(console, 1)
    with engine_session(console.app) as session:
        query = select(OfficerActionRow.id).where(OfficerActionRow.site == "programme")
        action_id = session.scalars(query).one()
        of_nobody = session.scalars(
            select(OfficerActionRow.id).where(OfficerActionRow.site.is_(None))
        ).first()
    for one_id in (action_id, of_nobody, "0196d5f0-0000-7000-8000-000000000000"):
        assert elsewhere.get(f"{ALL}/{one_id}/proof").status_code == 404
    assert console.auditor.get(f"{ALL}/{action_id}/proof").status_code == 202


def test_every_act_is_of_a_kind_or_of_none_on_purpose() -> None:
    looks = {declared.look for declared in declarations.values() if declared.look}
    for path in (Path(consent.__file__).parent / "services").rglob("*.py"):
        looks |= set(ACT.findall(path.read_text("utf-8")))
    known = [action for kind in KINDS.values() for action in kind]
    assert sorted(looks - {*known, *OF_NO_KIND}) == []
    assert set(OF_NO_KIND).isdisjoint(known)


def test_every_act_that_pages_record_has_words_in_each_language() -> None:
    looks = {declared.look for declared in declarations.values() if declared.look}
    known = looks | {action for kind in KINDS.values() for action in kind}
    for language in LANGUAGES:
        words = console_words(language)
        assert [one for one in sorted(known) if one in what_of(one, words)] == []
        assert "odd:act" in what_of("odd:act", words)


def test_a_day_is_written_out_however_it_was_noted_and_opening_the_search_is_no_search(
    console: Console,
) -> None:
    officer = console.officer
    officer.page("/console/sites/programme?from=2026-08-31&to=2026-11-22")
    officer.page("/console/search")
    rows = console.auditor.page(ALL).select("table.acts tbody tr")
    told = [row.get_text(" ", strip=True) for row in rows]
    assert any("from 31 August 2026 ·" in act for act in told)
    [opened] = [act for act in told if "Opened the search page" in act]
    assert "by " not in opened


EXPORT = "0196d5f0-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("action", "detail", "told"),
    [
        (  # an export notes the instant behind its last day, a form that day
            "export:create",
            {"filter": {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}},
            [f"export: {EXPORT}", "from 1 October 2026", "up to and including 31 October 2026"],
        ),
        (
            "overview:show",
            {"filter": {"from": "20261001", "to": "20261031"}},
            ["from 1 October 2026", "up to and including 31 October 2026"],
        ),
        (
            "export:create",
            {"filter": {"from": "2026-10-01T09:30:00Z", "to": "2026-10-31T12:00:00Z"}},
            [
                f"export: {EXPORT}",
                "from 1 October 2026, 09:30 UTC",
                "before 31 October 2026, 12:00 UTC",
            ],
        ),
        ("export:download", {"sha256": "ab"}, [f"export: {EXPORT}"]),
        ("export:list", {}, []),
        (
            "export:create",
            {"purpose": "regulator", "reference": "Z-12", "reason": "Z-12", "format": "evidence"},
            [
                f"export: {EXPORT}",
                "format: evidence pack",
                "purpose: An authority asked for it",
                "reference: Z-12",
            ],
        ),
        (
            "settings:document_file",
            {"document": "record", "format": "md"},
            ["document: Record of processing activities", "format: md"],
        ),
    ],
)
def test_an_act_tells_which_thing_it_was_on_what_for_and_of_which_days(
    action: str, detail: dict[str, object], told: list[str]
) -> None:
    stored = StoredAction(EXPORT, 0, "Olga", action, EXPORT, json.dumps(detail), "programme")
    listed = ListedAction(stored, None, None, waits=True)
    assert list(shown_action(listed, console_words("en")).details) == told
