"""The writing side of consent events: what one act adds, within the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from consent.core.model import ConsentEvent
from consent.store.database import AnySession
from consent.store.tables import (
    ConsentEventRow,
    LogPendingRow,
    RefusalTotalRow,
    SubmissionRow,
)


@dataclass(frozen=True, slots=True)
class RememberedSubmission:
    """What an earlier POST with the same submission id led to."""

    content: str
    presented: str
    event_id: str | None
    answer: dict[str, Any] | None
    answered_at: int


def insert_event(
    session: AnySession,
    event: ConsentEvent,
    *,
    record: bytes,
    salt: bytes,
    entry: bytes,
    log_id: str,
) -> None:
    """Add one event and stage its entry for the log."""
    session.execute(
        insert(ConsentEventRow).values(
            id=event.id,
            at=event.at,
            site=event.site,
            event=event.event.value,
            choices=json.dumps(dict(event.choices), separators=(",", ":")),
            control=event.control.value,
            layer=event.layer.value,
            language=event.language,
            notice=event.notice,
            scope=event.scope,
            build=event.build,
            valid_until=event.valid_until,
            page_group=event.page_group,
            prev=event.prev,
            subject=event.subject,
            gpc=event.heeds_signal or event.test,
            payload=record.decode(),
            salt=salt,
            entry=entry,
        )
    )
    session.execute(
        insert(LogPendingRow).values(
            event_id=event.id, log_id=log_id, entry=entry, enqueued_at=event.at
        )
    )


def find_submission(session: AnySession, key: str) -> RememberedSubmission | None:
    row = session.get(SubmissionRow, key)
    if row is None:
        return None
    answer = None if row.answer is None else json.loads(row.answer)
    return RememberedSubmission(row.content, row.presented, row.event_id, answer, row.answered_at)


def claim_submission(
    session: AnySession,
    *,
    key: str,
    content: str,
    presented: str,
    event_id: str | None,
    answer: dict[str, Any] | None,
    now: int,
) -> bool:
    """Remember a submission; return False when another request has just taken its id."""
    statement = insert(SubmissionRow).values(
        key=key,
        content=content,
        presented=presented,
        event_id=event_id,
        answer=None if answer is None else json.dumps(answer, separators=(",", ":")),
        answered_at=now,
    )
    try:
        with session.begin_nested():
            session.execute(statement)
    except IntegrityError:
        return False
    return True


def drop_submissions(session: AnySession, before: int) -> int:
    """Forget the submissions answered before an instant; return how many."""
    result = session.execute(delete(SubmissionRow).where(SubmissionRow.answered_at < before))
    return int(getattr(result, "rowcount", 0))


def count_refusal(
    session: AnySession, *, site: str, day: str, notice: str, language: str, layer: str
) -> None:
    """Add one to the day's total of refusals."""
    key = {"site": site, "day": day, "notice": notice, "language": language, "layer": layer}
    add_one = update(RefusalTotalRow).filter_by(**key).values(count=RefusalTotalRow.count + 1)
    if getattr(session.execute(add_one), "rowcount", 0):
        return
    try:
        with session.begin_nested():
            session.execute(insert(RefusalTotalRow).values(**key, count=1))
    except IntegrityError:
        session.execute(add_one)
