"""Filters mean the same on both engines, and a stream has every event once, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from consent.audit.records import consent_record
from consent.core.model import ConsentEvent, EventName
from consent.core.times import parse_rfc3339
from consent.store.events import (
    EventFilter,
    count_events,
    find_event,
    first_id_of,
    latest_of_subject,
    list_of_subject,
    site_is_known,
    stream_events,
)
from consent.store.recording import insert_event as insert_row
from tests.make_events import ALICE, BOB, insert_event, make_event, make_refusal

MARCH = parse_rfc3339("2026-03-01")
APRIL = parse_rfc3339("2026-04-01")


def only_ads(**overrides: Any) -> ConsentEvent:
    choices = {"functional": False, "personalisation": False, "ads": True}
    return make_event(event=EventName.PARTLY_GRANTED, choices=choices, **overrides)


@pytest.fixture
def five_events(session: Session) -> list[ConsentEvent]:
    """Alice grants in February and withdraws in March, Bob grants elsewhere, two refuse."""
    granted = make_event(at="2026-02-28T23:59:59.999Z")
    events = [
        granted,
        make_refusal(at="2026-03-01T00:00:00Z", language="nl"),
        make_event(at="2026-03-10T09:00:00Z", site="library", subject=BOB, notice="0b" * 32),
        only_ads(at="2026-03-31T23:59:59.999Z", prev=granted.id),
        make_refusal(at="2026-04-01T00:00:00Z"),
    ]
    for each in reversed(events):
        insert_event(session, each)
    return events


def found(session: Session, **wanted: Any) -> list[str]:
    return [stored.event.id for stored in stream_events(session, EventFilter(**wanted))]


def test_a_stream_gives_back_what_was_stored_in_order_of_time(
    session: Session, five_events: list[ConsentEvent]
) -> None:
    stored = list(stream_events(session, EventFilter()))
    assert [each.event for each in stored] == five_events
    assert [each.payload.encode() for each in stored] == [consent_record(e) for e in five_events]
    assert {(len(each.salt), len(each.entry)) for each in stored} == {(64, 32)}


@pytest.mark.legal("AE-01")
@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"from_": MARCH, "to": APRIL}, [1, 2, 3]),
        ({"from_": APRIL}, [4]),
        ({"to": MARCH}, [0]),
        ({"from_": MARCH + 1, "to": APRIL - 1}, [2]),
        ({"from_": -1, "to": MARCH}, [0]),
        ({"sites": ("library",)}, [2]),
        ({"sites": ("library", "programme"), "to": APRIL}, [0, 1, 2, 3]),
        ({"sites": ()}, []),
        ({"event": EventName.REFUSED}, [1, 4]),
        ({"category": "functional"}, [0, 2]),
        ({"category": "ads", "sites": ("programme",)}, [0, 3]),
        ({"category": "ad"}, []),
        ({"category": "a_s"}, []),
        ({"language": "nl"}, [1]),
        ({"notice": "0b" * 32}, [2]),
        ({"event": EventName.GRANTED, "language": "en", "category": "ads"}, [0, 2]),
    ],
)
def test_a_filter_selects_and_counts_the_same_events(
    session: Session, five_events: list[ConsentEvent], wanted: dict[str, Any], positions: list[int]
) -> None:
    assert found(session, **wanted) == [five_events[position].id for position in positions]
    assert count_events(session, EventFilter(**wanted)) == len(positions)


def test_the_instant_decides_the_period_when_an_id_was_drawn_a_moment_earlier(
    session: Session,
) -> None:
    early_id = make_event(at=MARCH - 5)
    insert_event(session, replace(early_id, at=MARCH))
    assert found(session, from_=MARCH) == [early_id.id]
    assert found(session, to=MARCH) == []


@pytest.mark.slow
def test_a_stream_is_longer_than_what_it_holds_at_once(session: Session) -> None:
    for number in range(2_500):
        granted = make_event(at=MARCH + number)
        insert_row(session, granted, record=b"{}", salt=bytes(64), entry=bytes(32), log_id="u/1")
    session.commit()
    ids = found(session, from_=MARCH)
    assert len(ids) == 2_500
    assert all(one < other for one, other in pairwise(ids))


def test_a_stream_may_be_left_early_and_the_session_used_again(
    session: Session, five_events: list[ConsentEvent]
) -> None:
    stream = stream_events(session, EventFilter())
    assert next(stream).event == five_events[0]
    stream.close()
    assert count_events(session, EventFilter()) == 5


def test_a_period_is_read_by_an_index_and_needs_no_sort(session: Session) -> None:
    for sites in (("programme",), ("programme", "library"), None):
        plan = _plan(session, EventFilter(sites=sites, from_=MARCH, to=APRIL))
        assert "TEMP B-TREE" not in plan
        assert "Sort" not in plan
        assert "id>? AND id<?" in plan or "(id)::text >=" in plan


def _plan(session: Session, wanted: EventFilter) -> str:
    connection = session.connection()
    sent: list[tuple[str, Any]] = []
    listening = (connection, "before_cursor_execute", _keeper(sent))
    event.listen(*listening)
    list(stream_events(session, wanted))
    event.remove(*listening)
    if connection.dialect.name == "postgresql":  # as it plans when there are many rows
        for choice in ("seqscan", "sort", "bitmapscan"):
            session.execute(text(f"SET LOCAL enable_{choice} = off"))
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{explain} {sent[0][0]}", sent[0][1])
    return "\n".join(str(row[-1]) for row in rows)


def _keeper(sent: list[tuple[str, Any]]) -> Callable[..., None]:
    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    return keep


def test_an_event_is_found_by_its_id_and_only_by_it(
    session: Session, five_events: list[ConsentEvent]
) -> None:
    found_event = find_event(session, five_events[3].id)
    assert found_event is not None
    assert found_event.event == five_events[3]
    assert find_event(session, first_id_of(MARCH)) is None


def test_the_events_of_a_subject_are_its_own(
    session: Session, five_events: list[ConsentEvent]
) -> None:
    alices = [stored.event for stored in list_of_subject(session, ALICE)]
    assert alices == [five_events[0], five_events[3]]
    latest = latest_of_subject(session, ALICE)
    assert latest is not None
    assert latest.event == five_events[3]
    assert latest_of_subject(session, "c0" * 32) is None


def test_a_site_is_known_by_its_events(session: Session, five_events: list[ConsentEvent]) -> None:
    assert site_is_known(session, "library")
    assert not site_is_known(session, "librar")
