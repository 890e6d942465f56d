"""The log's own records: what was published, disposed of, recovered. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import insert, select

from consent.store.database import AnySession
from consent.store.tables import LogPendingRow, LogRecordRow

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record that is no consent, with what proves it. `at` is in milliseconds."""

    id: str
    log_id: str
    type: str
    at: int
    payload: bytes
    salt: bytes
    entry: bytes


def insert_log_record(session: AnySession, record: LogRecord) -> None:
    """Add one record and stage its entry for its log."""
    session.execute(
        insert(LogRecordRow).values(
            id=record.id,
            log_id=record.log_id,
            type=record.type,
            at=record.at,
            payload=record.payload.decode(),
            salt=record.salt,
            entry=record.entry,
        )
    )
    session.execute(
        insert(LogPendingRow).values(
            event_id=record.id, log_id=record.log_id, entry=record.entry, enqueued_at=record.at
        )
    )


def stream_log_records(
    session: AnySession, log_id: str, type_: str | None = None
) -> Iterator[LogRecord]:
    """Give the records of a log, or those of one type, oldest first."""
    query = select(LogRecordRow).where(LogRecordRow.log_id == log_id).order_by(LogRecordRow.id)
    if type_ is not None:
        query = query.where(LogRecordRow.type == type_)
    rows = session.scalars(query, execution_options={"yield_per": ROWS_AT_ONCE})
    for row in rows:
        yield LogRecord(
            row.id, row.log_id, row.type, row.at, row.payload.encode(), row.salt, row.entry
        )
