"""Records by the page, and the owners of codes, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from consent.core.ids import parse_reference_code, reference_code
from consent.core.model import ConsentEvent, EventName
from consent.core.retention import DisposalClass
from consent.core.times import parse_rfc3339
from consent.store.disposal import queue_exactly
from consent.store.events import EventFilter
from consent.store.record_lists import Place, list_ids_of_code, list_page
from consent.store.restriction import restrict_events
from tests.make_events import ALICE, BOB, insert_event, make_event, make_refusal

NOON = parse_rfc3339("2026-03-15T12:00:00Z")
ANY = EventFilter()


@pytest.fixture
def events(session: Session) -> list[ConsentEvent]:
    """Ten choices a second apart; every third one is a refusal, and one is of another site."""
    made = [
        make_refusal(at=NOON + 1_000 * n)
        if n % 3 == 0
        else make_event(at=NOON + 1_000 * n, subject=BOB)
        for n in range(10)
    ]
    for event in (*made, make_event(at=NOON, site="library")):
        insert_event(session, event)
    return made


def ids(page: object) -> list[str]:
    return [stored.event.id for stored in page.events]  # type: ignore[attr-defined]


def test_pages_follow_one_another_without_gap_or_overlap(
    session: Session, events: list[ConsentEvent]
) -> None:
    newest_first = [event.id for event in reversed(events)]
    first = list_page(session, "programme", ANY, rows=4)
    second = list_page(session, "programme", ANY, first.older, rows=4)
    third = list_page(session, "programme", ANY, second.older, rows=4)
    assert [*ids(first), *ids(second), *ids(third)] == newest_first
    assert (first.newer, third.older) == (None, None)
    assert not any(page.is_cut for page in (first, second, third))


def test_one_goes_back_to_the_page_one_came_from(
    session: Session, events: list[ConsentEvent]
) -> None:
    first = list_page(session, "programme", ANY, rows=4)
    second = list_page(session, "programme", ANY, first.older, rows=4)
    back = list_page(session, "programme", ANY, second.newer, rows=4)
    assert ids(back) == ids(first)
    assert ids(list_page(session, "programme", ANY, back.older, rows=4)) == ids(second)
    assert back.newer is None
    in_the_middle = list_page(
        session, "programme", ANY, Place(events[2].id, goes_back=True), rows=4
    )
    assert ids(in_the_middle) == [event.id for event in reversed(events[3:7])]
    assert in_the_middle.newer == Place(events[6].id, goes_back=True)


def test_a_filter_of_few_ends_after_so_many_rows_and_goes_on_from_there(
    session: Session, events: list[ConsentEvent]
) -> None:
    """Each page passes at most four rows, of which one or two are refusals."""
    wanted = EventFilter(event=EventName.REFUSED)
    refused = [event.id for event in reversed(events) if event.event is EventName.REFUSED]
    found: list[str] = []
    pages = 0
    place = None
    while pages < 10:
        page = list_page(session, "programme", wanted, place, rows=4, passed=4)
        found += ids(page)
        pages += 1
        place = page.older
        assert page.is_cut == (place is not None)
        if place is None:
            break
    assert found == refused
    assert pages == 3


def test_hidden_records_are_on_no_page(session: Session, events: list[ConsentEvent]) -> None:
    queue_exactly(session, [events[9].id], DisposalClass.ERASURE, NOON)
    restrict_events(session, [events[7].id], NOON)
    session.commit()
    shown = ids(list_page(session, "programme", ANY, rows=3))
    assert shown == [events[8].id, events[6].id, events[5].id]


def test_a_code_leads_to_the_sites_that_are_asked_about(session: Session) -> None:
    insert_event(session, make_event(subject=ALICE))
    insert_event(session, make_event(subject=ALICE, site="library"))
    digits = parse_reference_code(reference_code(ALICE))
    assert list_ids_of_code(session, ["programme"], digits) == [("programme", ALICE)]
    assert list_ids_of_code(session, ["programme", "library"], digits) == [
        ("library", ALICE),
        ("programme", ALICE),
    ]
    assert list_ids_of_code(session, ["museum"], digits) == []


def test_nobody_is_found_by_the_code_of_what_is_hidden(session: Session) -> None:
    event = make_event(subject=ALICE)
    insert_event(session, event)
    digits = parse_reference_code(reference_code(ALICE))
    restrict_events(session, [event.id], NOON)
    session.commit()
    assert list_ids_of_code(session, ["programme"], digits) == []
