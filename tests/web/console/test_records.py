"""The list of records: narrowed by a form, read page by page, and recorded without any visitor."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from consent.core.ids import uuid7
from consent.core.model import Control, Layer
from consent.core.roles import Role
from consent.services.erasing import erase_found, find_by_code
from consent.services.officers import operator
from consent.store.database import db
from consent.store.tables import OfficerActionRow
from consent.web.console import records as module
from consent.web.console.records_words import shown_act
from consent.web.console.words import console_words
from tests.make import make_notice
from tests.make_events import insert_event, make_event
from tests.service import engine_session
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import RECORDS, Recorded, one, recorded
from tests.web.visitor import words

__all__ = ["recorded"]


def rows(browser: Browser, query: str = "") -> list[str]:
    """Return the lines of the table as they are read."""
    return [words(row) for row in browser.page(f"{RECORDS}{query}").select("tbody tr")]


def actions(console: Console, action: str) -> list[OfficerActionRow]:
    with engine_session(console.app) as session:
        query = select(OfficerActionRow).where(OfficerActionRow.action == action)
        return list(session.scalars(query.order_by(OfficerActionRow.id)))


def test_the_list_says_in_words_who_chose_what_newest_first(recorded: Recorded) -> None:
    found = rows(recorded.console.officer)
    page = " on the preference page English"
    assert [line.split(" UTC ")[1] for line in found] == [
        f"Everything refused – Functional, Personalisation, Ads “ Refuse all ”,{page}",
        f"Partly allowed Functional Personalisation, Ads “ Save my choice ”,{page}",
        f"Everything allowed Functional, Personalisation, Ads – “ Accept all ”,{page}",
    ]


def test_the_list_speaks_dutch(recorded: Recorded) -> None:
    olga = recorded.console.person("Olga", {"programme": (Role.OFFICER,)}, language="nl")
    page = olga.page(RECORDS)
    assert one(page, "h1").text == "Registraties"
    assert "Alles geweigerd" in words(page)
    assert "op de voorkeurenpagina" in words(page)
    assert "22 november 2026, 12:02 UTC" in words(page)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?event=refused", 1),
        ("?category=ads", 1),
        ("?category=functional", 2),
        ("?language=en", 3),
        ("?language=nl", 0),
        ("?from=2026-11-22&to=2026-11-22", 3),
        ("?from=2026-11-23", 0),
        ("?to=2026-11-21", 0),
        ("?from=&to=&event=&category=&notice=&language=", 3),
    ],
)
def test_the_form_narrows_the_list(recorded: Recorded, query: str, count: int) -> None:
    assert len(rows(recorded.console.officer, query)) == count


def test_the_form_offers_what_the_site_ever_showed_and_keeps_what_was_asked(
    recorded: Recorded,
) -> None:
    notice = recorded.allowed.event.notice
    page = recorded.console.officer.page(f"{RECORDS}?notice={notice}&from=2026-11-01")
    assert len(page.select("tbody tr")) == 3
    assert one(page, "#notice option[selected]")["value"] == notice
    assert one(page, "#from")["value"] == "2026-11-01"
    offered = [one["value"] for one in page.select("#category option")]
    assert offered == ["", "functional", "personalisation", "ads"]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("?from=yesterday", "from", "Write a day as year-month-day"),
        ("?to=2026-02-30", "to", "Write a day as year-month-day"),
        ("?from=2026-11-23&to=2026-11-22", "to", "comes before the first"),
        ("?category=wizardry", "category", "pick one from the list"),
        ("?event=erased", "event", "pick one from the list"),
    ],
)
def test_what_the_form_cannot_mean_is_said_at_its_field(
    recorded: Recorded, query: str, field: str, said: str
) -> None:
    page = recorded.console.officer.page(f"{RECORDS}{query}")
    assert said in one(page, f"#{field}-fault").text
    assert one(page, f"#{field}")["aria-invalid"] == "true"
    assert page.select("tbody tr") == []


def test_pages_are_turned_by_links_that_keep_the_filter(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE_ROWS", 2)
    olga = recorded.console.officer
    first = olga.page(f"{RECORDS}?language=en")
    second = olga.page(str(one(first, 'a[rel="next"]')["href"]))
    assert "language=en" in one(first, 'a[rel="next"]')["href"]
    assert [len(page.select("tbody tr")) for page in (first, second)] == [2, 1]
    assert second.select_one('a[rel="next"]') is None
    back = olga.page(str(one(second, 'a[rel="prev"]')["href"]))
    assert back.select("tbody tr") == first.select("tbody tr")
    assert olga.get(f"{RECORDS}?before=1%27").status_code == 400


def test_what_is_listed_is_exported_where_the_form_of_exports_takes_its_filter(
    recorded: Recorded,
) -> None:
    olga = recorded.console.officer
    link = one(olga.page(f"{RECORDS}?to=2026-11-22"), 'a[href*="/exports?"]')
    form = olga.page(str(link["href"]))
    assert (one(form, "#from")["value"], one(form, "#to")["value"]) == ("", "2026-11-22")
    for page in (olga.page(f"{RECORDS}?language=en"), recorded.console.auditor.page(RECORDS)):
        assert page.select('a[href*="/exports?"]') == []


@pytest.mark.parametrize(
    ("control", "layer", "said"),
    [
        (Control.EMBED, Layer.BANNER, "bij ingesloten inhoud"),
        (Control.WITHDRAW_ALL, Layer.BANNER, "“Withdraw all”, bij de knop op de pagina's van"),
        (Control.SAVE, Layer.DIALOG, "“Save my choice”, in het keuzevenster"),
    ],
)
def test_a_button_has_the_name_it_had_and_stood_where_it_stood(
    control: Control, layer: Layer, said: str
) -> None:
    event = make_event(control=control, layer=layer)
    assert shown_act(event, make_notice(), console_words("nl")).how.startswith(said)


def test_a_test_of_the_website_is_marked(console: Console, recorded: Recorded) -> None:
    event = recorded.refused.event
    made = replace(event, id=uuid7(event.at + 1, bytes(10)), at=event.at + 1, test=True)
    with engine_session(console.app) as session:
        insert_event(session, made, log_id="leiden-university/1")
    lines = rows(console.officer)
    assert [("Test" in line) for line in lines].count(True) == 1


def test_erased_records_are_not_listed(console: Console, recorded: Recorded) -> None:
    with console.app.app_context():
        found = find_by_code(db.session, "programme", recorded.code)
        erase_found(db.session, found, officer=operator("test"), now=console.clock.now_ms())
        db.session.remove()
    lines = rows(console.officer)
    assert len(lines) == 1
    assert "Everything refused" in lines[0]


def test_looking_is_recorded_with_its_filter_and_no_visitor(recorded: Recorded) -> None:
    olga = recorded.console.officer
    olga.page(f"{RECORDS}?event=refused&before={recorded.refused.event.id}")
    (look,) = actions(recorded.console, "records:list")
    assert json.loads(look.detail) == {
        "by": "console",
        "filter": {"event": "refused", "site": ["programme"]},
        "site": "programme",
    }
    assert look.officer == "officer *"
    assert recorded.refused.event.id not in (look.detail, look.subject_id)


def test_an_auditor_reads_the_list_and_a_publisher_does_not(recorded: Recorded) -> None:
    assert len(rows(recorded.console.auditor)) == 3
    assert recorded.console.publisher.get(RECORDS).status_code == 403
