"""The end of rows in the store: taken leaf by leaf, with all that links them, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from consent.core.retention import DisposalClass
from consent.store import disposal as store
from consent.store.database import write_transaction
from consent.store.events import EventFilter, count_events, find_event, latest_of_subject
from consent.store.log_sealing import drop_pending, index_leaves
from consent.store.restriction import hidden_leaves, list_all_of_subject, restrict_events
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    LogIndexRow,
    RestrictionRow,
)
from tests.make_events import ALICE, BOB, NOON, insert_event, make_event, make_refusal

LOG = "university/1"
ERASURE, GRANT = DisposalClass.ERASURE, DisposalClass.RETENTION_GRANT


@pytest.fixture
def ids(session: Session) -> list[str]:
    """Five refusals of one day, sealed in their order."""
    events = [make_refusal(at=NOON + number) for number in range(5)]
    for event in events:
        insert_event(session, event)
    ids = [event.id for event in events]
    with write_transaction(session):
        index_leaves(session, LOG, ids, 10)
        drop_pending(session, ids)
    return ids


def queue(
    session: Session, ids: Sequence[str], reason: DisposalClass = ERASURE, now: int = NOON
) -> int:
    with write_transaction(session):
        return store.queue_exactly(session, ids, reason, now)


def rows(session: Session, table: Any = ConsentEventRow) -> int:
    count = session.scalar(select(func.count()).select_from(table)) or 0
    session.rollback()
    return count


@pytest.mark.legal("RP-07")
def test_an_event_that_is_not_queued_cannot_be_removed(session: Session, ids: list[str]) -> None:
    with pytest.raises(DBAPIError, match="is evidence"), write_transaction(session):
        session.execute(delete(ConsentEventRow).where(ConsentEventRow.id == ids[0]))
    with pytest.raises(DBAPIError, match="is evidence"), write_transaction(session):
        store.remove_events(session, ids[:1])
    assert rows(session) == rows(session, LogIndexRow) == 5


def test_what_is_removed_takes_its_links_along_and_leaves_the_rest(
    session: Session, ids: list[str]
) -> None:
    queue(session, ids[:2])
    with write_transaction(session):
        restrict_events(session, ids[:1], NOON)
        assert store.remove_events(session, ids[:2]) == 2
    assert rows(session) == rows(session, LogIndexRow) == 3
    assert rows(session, DisposalQueueRow) == rows(session, RestrictionRow) == 0


def test_sealed_events_are_taken_by_leaf_class_and_time(session: Session, ids: list[str]) -> None:
    queue(session, [ids[4], ids[0]])
    queue(session, [ids[2]], now=NOON + 1)
    queue(session, [ids[1]], GRANT)
    taken = store.take_sealed(session, ERASURE, LOG, until=NOON, limit=9)
    assert taken == [(ids[0], 10), (ids[4], 14)]
    assert store.take_sealed(session, ERASURE, LOG, until=NOON, limit=1) == taken[:1]
    assert store.take_sealed(session, ERASURE, "other/1", until=NOON, limit=9) == []
    assert store.take_sealed(session, GRANT, LOG, until=NOON, limit=9) == [(ids[1], 11)]
    assert store.count_waiting(session, asked_until=NOON) == 3
    assert store.count_waiting(session, asked_until=NOON + 1) == 4


def test_what_waits_to_be_sealed_is_not_taken_and_its_log_is_named(session: Session) -> None:
    event = make_event()
    insert_event(session, event)
    queue(session, [event.id])
    assert store.take_sealed(session, ERASURE, LOG, until=NOON, limit=9) == []
    assert store.take_unlogged(session, ERASURE, until=NOON, limit=9) == []
    assert store.logs_of_unsealed(session) == [LOG]
    assert store.oldest_erasure(session, [LOG]) == NOON
    assert store.oldest_erasure(session, []) is None


def test_what_no_log_knows_of_is_taken_apart(session: Session, ids: list[str]) -> None:
    queue(session, ids[:2])
    with write_transaction(session):
        session.execute(delete(LogIndexRow).where(LogIndexRow.event_id == ids[0]))
    assert store.take_unlogged(session, ERASURE, until=NOON, limit=9) == [ids[0]]
    assert store.oldest_erasure(session, []) == NOON


@pytest.mark.legal("RR-08")
def test_restricted_events_are_read_by_nobody_but_who_asks_for_all(session: Session) -> None:
    hers, his = make_event(), make_event(subject=BOB)
    insert_event(session, hers)
    insert_event(session, his)
    with write_transaction(session):
        assert restrict_events(session, [hers.id], NOON) == 1
        assert restrict_events(session, [hers.id], NOON) == 0
    assert find_event(session, hers.id) is None
    assert latest_of_subject(session, ALICE) is None
    assert count_events(session, EventFilter()) == 1
    assert store.subjects_that_begin(session, "programme", ALICE[:15], 2) == []
    assert list_all_of_subject(session, "programme", ALICE) == [hers]
    with write_transaction(session):
        store.queue_subject(session, "programme", ALICE, ERASURE, NOON)
    assert rows(session, DisposalQueueRow) == 0


def test_hidden_leaves_are_told_by_number_and_why(session: Session, ids: list[str]) -> None:
    queue(session, ids[:1])
    queue(session, ids[4:], GRANT)
    with write_transaction(session):
        restrict_events(session, ids[1:4], NOON)
    assert hidden_leaves(session, LOG, below=13) == {
        "v": 1,
        "restricted": [(11, 12)],
        "queued": [(10, 10)],
    }
    assert hidden_leaves(session, "other/1", below=99)["restricted"] == []


def test_queueing_again_adds_nothing(session: Session, ids: list[str]) -> None:
    assert queue(session, ids[:2]) == 2
    assert queue(session, ids[:3], GRANT) == 1
    reasons = session.scalars(select(DisposalQueueRow.reason).order_by(DisposalQueueRow.event_id))
    assert list(reasons) == ["erasure", "erasure", "retention_grant"]
