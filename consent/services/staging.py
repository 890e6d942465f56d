"""Stage records for the log, each with a salt of its own, in the caller's writing transaction."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.records import consent_record
from consent.core.model import ConsentEvent
from consent.store import recording
from consent.store.database import AnySession
from consent.store.events import StoredEvent
from consent.store.log_records import LogRecord, insert_log_record


def stage_event(
    session: AnySession,
    event: ConsentEvent,
    log_id: str,
    *,
    randomness: Callable[[int], bytes] = os.urandom,
) -> StoredEvent:
    """Draw a salt, store an event and queue its entry; the next batch seals it."""
    record = consent_record(event)
    salt = randomness(SALT_BYTES)
    entry = commitment(record, salt)
    recording.insert_event(session, event, record=record, salt=salt, entry=entry, log_id=log_id)
    return StoredEvent(event, record.decode(), salt, entry)


def stage_record(
    session: AnySession,
    log_id: str,
    payload: bytes,
    *,
    randomness: Callable[[int], bytes] = os.urandom,
) -> LogRecord:
    """Draw a salt, store the record and queue its entry; the next batch seals it.

    `payload` is the record's canonical bytes (`consent.audit.records`).
    """
    parsed = json.loads(payload)
    salt = randomness(SALT_BYTES)
    record = LogRecord(
        id=parsed["id"],
        log_id=log_id,
        type=parsed["type"],
        at=parsed["at"],
        payload=payload,
        salt=salt,
        entry=commitment(payload, salt),
    )
    insert_log_record(session, record)
    return record
