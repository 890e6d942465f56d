"""The aggregate report: the same from events and from totals, and of no inspector's acts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from consent.core.aggregates import AggregateReport, Step, columns_of, period_of
from consent.core.model import Control, EventName, Layer
from consent.core.times import parse_rfc3339
from consent.core.totals import Place
from consent.errors import NotPermittedError, RuleError
from consent.services import aggregating
from consent.services.aggregating import count_days, make_report
from consent.services.officers import operator
from consent.store.database import write_transaction
from consent.store.displays import add_displays
from consent.store.officers import Officer
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    EventDayRow,
    EventTotalRow,
    OfficerActionRow,
    RefusalTotalRow,
)
from tests.make_events import NOTICE, insert_event, make_event, make_refusal

NOW = parse_rfc3339("2026-03-20T12:00:00Z")
SOME = {"functional": True, "personalisation": False, "ads": False}

pytestmark = pytest.mark.legal("AE-09")


@pytest.fixture(autouse=True)
def _known_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are put in without publishing their site, which is another test's."""
    monkeypatch.setattr(aggregating, "require_sites", lambda _session, _sites: None)


@pytest.fixture
def spring(session: Session) -> Iterator[Session]:
    """Two days of March: the first has many acts, the second few; a site beside it has its own."""
    for number in range(6):
        at = f"2026-03-15T0{number}:00:00Z"
        insert_event(session, make_event(at=at))
        insert_event(session, make_refusal(at=at, layer=Layer.DIALOG))
        insert_event(session, make_refusal(at=at, site="beside"))
        insert_event(
            session,
            make_event(
                at=at, event=EventName.PARTLY_GRANTED, choices=SOME, control=Control.SAVE, gpc=True
            ),
        )
    insert_event(session, make_event(at="2026-03-15T23:59:59.999Z", language="nl"))
    insert_event(session, make_refusal(at="2026-03-16T00:00:00Z"))
    insert_event(session, make_event(at="2026-03-15T12:00:00Z", test=True))
    insert_event(session, make_event(at="2026-03-15T12:00:00Z", test=True, gpc=True))
    with write_transaction(session):
        shown = Place("20260315", NOTICE, "en")
        add_displays(session, {("programme", shown): 50, ("beside", shown): 9})
    yield session
    session.rollback()


def report(session: Session, step: Step = Step.DAY, minimum: int = 1) -> AggregateReport:
    period = period_of(None, "2026-03-20", Step.DAY, now=NOW)
    if step is Step.MONTH:
        period = period_of("2026-03-01", "2026-04-01", step, now=NOW + 20 * 86_400_000)
    officer = operator("ann")
    return make_report(session, "programme", period, officer=officer, minimum=minimum, now=NOW)


def lines(made: AggregateReport) -> list[tuple[str, ...]]:
    return [
        (row.period[-5:], row.language, *map(str, columns_of(row.cells).values()))
        for row in made.rows
    ]


EXPECTED = [
    ("03-15", "en", "50", "32", "6", "6", "6", "0", "0"),
    ("03-15", "nl", "0", "0", "1", "0", "0", "0", "0"),
    ("03-16", "en", "0", "0", "0", "0", "1", "0", "0"),
]


def test_it_counts_visitors_acts_and_displays_by_day(spring: Session) -> None:
    made = report(spring)
    assert lines(made) == EXPECTED
    assert {name: str(cell) for name, cell in made.rows[0].cells.granted.items()} == {
        "ads": "6",
        "functional": "12",
        "personalisation": "6",
    }


def test_totals_of_past_days_give_the_same_report(spring: Session) -> None:
    before = report(spring)
    assert count_days(spring, NOW) == 5  # 15 to 19 March
    assert report(spring) == before
    assert count_days(spring, NOW) == 0
    assert report(spring) == before


@pytest.mark.legal("AE-06")
def test_that_somebody_looked_is_written_down(spring: Session) -> None:
    report(spring)
    (action,) = spring.scalars(select(OfficerActionRow))
    assert (action.at, action.officer, action.action) == (NOW, "cli:ann", "report:show")
    assert json.loads(action.detail) == {
        "site": "programme",
        "from": "20260218",
        "to": "20260320",
        "step": "day",
    }


def test_small_counts_are_kept_out(spring: Session) -> None:
    assert lines(report(spring, minimum=5)) == [
        EXPECTED[0],
        ("03-15", "nl", "0", "untold", "<5", "0", "0", "0", "0"),
        ("03-16", "en", "0", "untold", "0", "0", "<5", "0", "0"),
    ]


def test_totals_stay_when_their_events_go(spring: Session) -> None:
    count_days(spring, NOW)
    before = report(spring)
    ids = list(spring.scalars(select(ConsentEventRow.id)))
    with write_transaction(spring):
        spring.add_all(DisposalQueueRow(event_id=i, reason="erasure", queued_at=NOW) for i in ids)
    with write_transaction(spring):
        spring.execute(delete(ConsentEventRow))
    assert report(spring) == before


def test_an_erased_act_of_a_day_that_is_not_counted_yet_counts_no_more(spring: Session) -> None:
    ids = list(spring.scalars(select(ConsentEventRow.id)))
    with write_transaction(spring):
        spring.add_all(DisposalQueueRow(event_id=i, reason="erasure", queued_at=NOW) for i in ids)
    assert lines(report(spring)) == [("03-15", "en", "50", "50", "0", "0", "0", "0", "0")]


def test_a_day_counts_when_it_is_over(spring: Session) -> None:
    assert count_days(spring, parse_rfc3339("2026-03-16T00:09:59Z")) == 0
    assert count_days(spring, parse_rfc3339("2026-03-16T00:10:00Z")) == 1
    assert list(spring.scalars(select(EventDayRow.day))) == ["20260315"]


def test_what_a_wrong_clock_counted_is_counted_again(spring: Session) -> None:
    count_days(spring, parse_rfc3339("2026-03-25T12:00:00Z"))
    insert_event(spring, make_refusal(at="2026-03-21T08:00:00Z"))
    assert count_days(spring, NOW) == 0
    assert count_days(spring, parse_rfc3339("2026-03-22T12:00:00Z")) == 2
    days = select(EventTotalRow.day).order_by(EventTotalRow.day).distinct()
    assert list(spring.scalars(days)) == ["20260315", "20260316", "20260321"]


def test_refusals_that_are_kept_as_totals_count(spring: Session) -> None:
    with write_transaction(spring):
        spring.add(
            RefusalTotalRow(site="programme", day="20260315", notice=NOTICE, language="en",
                            layer="banner", count=10)
        )  # fmt: skip
    assert lines(report(spring))[0] == ("03-15", "en", "50", "22", "6", "6", "16", "0", "0")


def test_a_report_by_month(spring: Session) -> None:
    assert [row[2:] for row in lines(report(spring, Step.MONTH))] == [
        ("50", "31", "6", "6", "7", "0", "0"),
        ("0", "0", "1", "0", "0", "0", "0"),
    ]


def test_an_officer_of_another_site_gets_none(spring: Session) -> None:
    officer = Officer("1", "Bea", ("beside",), 0, None)
    period = period_of(None, None, Step.DAY, now=NOW)
    with pytest.raises(NotPermittedError):
        make_report(spring, "programme", period, officer=officer, minimum=5, now=NOW)


def test_a_site_that_is_none_is_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    period = period_of(None, None, Step.DAY, now=NOW)
    with pytest.raises(RuleError, match="no site"):
        make_report(session, "nowhere", period, officer=operator("ann"), minimum=5, now=NOW)


def test_counted_days_are_read_from_their_totals_alone(spring: Session) -> None:
    """Ten million events make no difference to a report of days that were counted."""
    count_days(spring, NOW)
    statements: list[str] = []
    event.listen(spring.get_bind(), "before_cursor_execute",
                 lambda *given: statements.append(given[2]))  # fmt: skip
    assert lines(report(spring)) == EXPECTED
    assert statements
    assert not [each for each in statements if "consent_event" in each]
