"""Until when each record is kept, as its holder is told, is what the removal then does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent.core.keeping import each_kept_until
from consent.core.model import ConsentEvent, EventName
from consent.core.times import parse_rfc3339, rfc3339
from consent.services.accessing import ACCESS, access_by_cookie
from consent.store.tables import ConsentEventRow, OfficerActionRow
from tests.disposing import dispose, make_log
from tests.make_events import insert_event, make_event, make_refusal
from tests.world import START, Browser, World

GRANTED, WITHDRAWN, RENEWED = EventName.GRANTED, EventName.WITHDRAWN, EventName.RENEWED


def chain(*acts: tuple[str, EventName, str]) -> list[ConsentEvent]:
    """Return acts of one subject in a row: when, what, and the end of validity."""
    events: list[ConsentEvent] = []
    for at, name, valid_until in acts:
        event = make_event(at=f"{at}T12:00:00Z", event=name, prev=events[-1].id if events else None)
        events.append(replace(event, valid_until=parse_rfc3339(valid_until)))
    return events


CHAINS = {
    "a grant that ran out": chain(("2026-01-10", GRANTED, "2026-07-10")),
    "a grant and its withdrawal": chain(
        ("2026-01-10", GRANTED, "2026-07-10"), ("2026-02-11", WITHDRAWN, "2026-08-11")
    ),
    "a grant that was renewed": chain(
        ("2026-01-10", GRANTED, "2026-07-10"), ("2026-07-20", RENEWED, "2027-01-20")
    ),
    "three acts": chain(
        ("2026-01-10", GRANTED, "2026-07-10"),
        ("2026-03-31", GRANTED, "2026-09-30"),
        ("2026-04-30", WITHDRAWN, "2026-10-30"),
    ),
    "a refusal": [make_refusal(at="2026-01-10T12:00:00Z")],
}


@pytest.mark.legal("RR-01", "RR-05")
@pytest.mark.parametrize("events", CHAINS.values(), ids=CHAINS)
def test_each_record_goes_at_the_instant_that_its_holder_is_told(
    session: Session, events: list[ConsentEvent]
) -> None:
    make_log(session)
    for event in events:
        insert_event(session, event)
    ends = each_kept_until(events, {})
    for instant in sorted(set(ends.values())):
        for now in (instant - 1, instant):
            dispose(session, now)
            kept = set(session.scalars(select(ConsentEventRow.id)))
            session.rollback()
            assert kept == {one for one, end in ends.items() if end > now}, rfc3339(now)


def test_what_a_later_notice_ends_sooner_takes_the_earlier_act_along() -> None:
    first, second = chain(
        ("2026-01-10", GRANTED, "2026-07-10"), ("2026-02-10", GRANTED, "2026-08-10")
    )
    ends = each_kept_until([first, second], {first.notice: 24})
    assert rfc3339(ends[second.id]) == "2028-08-10T00:00:00.000Z"
    assert rfc3339(ends[first.id]) == "2028-02-11T00:00:00.000Z"
    shorter = replace(second, notice="0b" * 32)
    ends = each_kept_until([first, shorter], {first.notice: 24, shorter.notice: 1})
    assert ends[first.id] == ends[shorter.id]


@pytest.mark.legal("RR-12")
def test_an_answered_request_is_noted_without_anything_about_the_person(session: Session) -> None:
    world = World(session)
    site = world.publish()
    alice = Browser(world)
    recorded = alice.accept_all()
    held = access_by_cookie(session, site, alice.cookies, keys=world.keys, now=START)
    assert recorded.stored is not None
    assert [stored.event.id for stored in held.events] == [recorded.stored.event.id]
    (action,) = session.scalars(select(OfficerActionRow))
    assert (action.action, action.at, action.officer) == (ACCESS, START, "the data subject")
    assert action.detail == '{"result":"answered","site":"programme"}'
    subject = held.events[0].event.subject or ""
    for known in (subject, recorded.stored.event.id):
        assert known not in f"{action.subject_id} {action.detail}"
