"""Stage a record of the log's own, as a part of the caller's writing transaction."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from consent.audit.entry import SALT_BYTES, commitment
from consent.store.database import AnySession
from consent.store.log_records import LogRecord, insert_log_record


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
