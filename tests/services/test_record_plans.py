"""What officers look up is read by indexes: no page of the console scans the records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text

from consent.core.ids import reference_code
from consent.core.model import EventName
from consent.services.erasing import find_by_code
from consent.services.looks import list_looks, new_look
from consent.services.record_checks import check_record
from consent.services.record_search import search_text
from consent.services.timelines import timeline_of_code, timeline_of_record
from consent.store.database import AnySession
from consent.store.disposal import queued_of_subject
from consent.store.events import EventFilter, StoredEvent
from consent.store.record_lists import Place, list_page
from consent.store.restriction import list_all_of_subject
from tests.log import WorldLog
from tests.world import START, Browser, World

SITE = "programme"
BY_SUBJECT = "ix_consent_event_subject_id"


@pytest.fixture
def stored(world: World, log: WorldLog) -> StoredEvent:
    """Alice's record, in the published log."""
    recorded = Browser(world).accept_all()
    log.act(3)
    log.seal()
    log.publish()
    assert recorded.stored is not None
    return recorded.stored


def plans_of(session: AnySession, ask: Callable[[], Any]) -> list[str]:
    """Return how the engine answers each query about records, as with many of them."""
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "consent_event" in statement and statement.startswith("SELECT"):
            sent.append((statement, values))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", keep)
    ask()
    event.remove(engine, "before_cursor_execute", keep)
    session.rollback()
    connection = session.connection()
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:
        for choice in ("seqscan", "bitmapscan"):
            session.execute(text(f"SET LOCAL enable_{choice} = off"))
    explain = "EXPLAIN" if is_postgres else "EXPLAIN QUERY PLAN"
    plans = []
    for statement, values in sent:
        rows = connection.exec_driver_sql(f"{explain} {statement}", values)
        plans.append("\n".join(str(row[-1]) for row in rows))
    session.rollback()
    assert plans, "no query was about records"
    return plans


def assert_no_scan(plans: list[str]) -> None:
    for plan in plans:
        assert "SCAN consent_event" not in plan, plan
        assert "Seq Scan on consent_event" not in plan, plan


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(),
        EventFilter(from_=START - 1, to=START + 1),
        EventFilter(event=EventName.REFUSED, language="en", notice="0a" * 32),
        EventFilter(category="ads", from_=START - 1),
    ],
    ids=["all", "period", "columns", "category"],
)
def test_the_list_is_read_by_an_index_and_never_sorted(
    world: World, stored: StoredEvent, wanted: EventFilter
) -> None:
    for place in (None, Place(stored.event.id), Place(stored.event.id, goes_back=True)):
        ask = partial(list_page, world.session, SITE, wanted, place)
        plans = plans_of(world.session, ask)
        assert_no_scan(plans)
        assert not any("TEMP B-TREE" in plan or "Sort" in plan for plan in plans), plans


def test_a_code_is_found_by_the_index_of_subjects(world: World, stored: StoredEvent) -> None:
    code = reference_code(str(stored.event.subject))
    plans = plans_of(world.session, lambda: search_text(world.session, [SITE, "library"], code))
    plans += plans_of(world.session, lambda: find_by_code(world.session, SITE, code))
    assert_no_scan(plans)
    assert all(BY_SUBJECT in plan for plan in plans), plans


def test_a_record_is_found_by_its_id(world: World, stored: StoredEvent) -> None:
    record_id = stored.event.id
    assert_no_scan(plans_of(world.session, lambda: search_text(world.session, [SITE], record_id)))


def test_the_proof_page_reads_by_indexes_only(world: World, stored: StoredEvent) -> None:
    session, record_id = world.session, stored.event.id
    code = reference_code(str(stored.event.subject))

    def look() -> None:
        by_id = timeline_of_record(session, SITE, record_id, look=new_look(world.now))
        by_code = timeline_of_code(session, SITE, code, look=new_look(world.now))
        assert by_id.events == by_code.events == (stored,)
        assert check_record(session, stored, outside=None, now=world.now).is_proven
        list_looks(session, str(stored.event.subject))

    assert_no_scan(plans_of(session, look))


def test_erasing_by_a_code_reads_by_the_index_of_subjects(
    world: World, stored: StoredEvent
) -> None:
    subject = str(stored.event.subject)

    def ask() -> None:
        queued_of_subject(world.session, SITE, subject)
        list_all_of_subject(world.session, SITE, subject)

    plans = plans_of(world.session, ask)
    assert_no_scan(plans)
    assert not any("ix_consent_event_site_id" in plan for plan in plans), plans
