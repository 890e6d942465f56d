"""The officer's report of the logs counts what was removed, and says what is wrong."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from consent.audit.records import disposal_record
from consent.core.ids import uuid7
from consent.core.retention import POLICIES, Disposal, DisposalClass, Role
from consent.core.times import MILLIS_PER_DAY
from consent.services.log_report import Disposed, count_disposals, log_report
from consent.services.staging import stage_record
from consent.store.database import write_transaction
from consent.store.log import ROLLED_BACK
from consent.store.log_sealing import refuse
from consent.store.publications import ensure_log
from tests.services.anchor_parties import LOG_ID, ORIGIN, START, GrowingLog


def removed(session: Session, reason: DisposalClass, count: int, at: int) -> None:
    """Have the log say that records were removed."""
    random = hashlib.sha256(f"{reason}{count}{at}".encode()).digest()
    record = disposal_record(
        Disposal(
            id=uuid7(at, random),
            at=at,
            reason=reason,
            policy=POLICIES[reason],
            role=Role.SERVICE,
            count=count,
            leaves=((0, count - 1),),
        )
    )
    with write_transaction(session):
        stage_record(session, LOG_ID, record)


def test_what_was_removed_in_the_period_is_counted_by_reason(session: Session) -> None:
    with write_transaction(session):
        ensure_log(session, LOG_ID, ORIGIN, START)
    removed(session, DisposalClass.ERASURE, 5, START - MILLIS_PER_DAY)
    removed(session, DisposalClass.ERASURE, 3, START)
    removed(session, DisposalClass.ERASURE, 4, START + MILLIS_PER_DAY)
    removed(session, DisposalClass.RETENTION_REFUSAL, 100, START)
    assert count_disposals(session, LOG_ID, START) == [
        Disposed("erasure", 7, 2),
        Disposed("retention_refusal", 100, 1),
    ]
    report = log_report(session, since=START, now=START + 2 * MILLIS_PER_DAY)
    assert "  erasure: 7 records in 2 disposals\n" in report


def test_a_log_that_is_not_signed_is_said_to_be(session: Session) -> None:
    log = GrowingLog(lambda: Session(session.get_bind()))
    log.begin()
    log.grow(3, START)
    with write_transaction(session):
        refuse(session, LOG_ID, ROLLED_BACK, "A head of 9 leaves was signed.", START)
    report = log_report(session, since=START, now=START)
    assert "NOT SIGNED since 2026-11-22 12:00 UTC: the log is rolled back.\n" in report
