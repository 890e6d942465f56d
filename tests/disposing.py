"""Removal as tests run it: with keys that seal, and on a machine that has signed nothing before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from consent.services.keys import Keys
from consent.services.retention import Outcome, Sealing, run_retention
from consent.services.sealing_head import StateFiles
from consent.store.database import AnySession, write_transaction
from consent.store.publications import ensure_log
from consent.store.tables import LogIndexRow, LogRecordRow
from tests.world import make_keys

LOG = "university/1"


def make_sealing(keys: Keys | None = None, folder: Path | None = None) -> Sealing:
    return Sealing(keys or make_keys(), StateFiles(folder or Path("/nonexistent")))


def make_log(session: AnySession, log_id: str = LOG) -> None:
    """Make a log for records that no site was published for."""
    with write_transaction(session):
        ensure_log(session, log_id, f"consent.example/log/{log_id}", 0)


def dispose(
    session: AnySession, now: int, progress: Callable[[int], None] | None = None, **options: Any
) -> Outcome:
    """Remove what is due, sealing first what waits."""
    return run_retention(session, now, make_sealing(), progress, **options)


def disposals(session: AnySession) -> list[dict[str, Any]]:
    """Return the records of all disposals, oldest first."""
    query = select(LogRecordRow.payload).where(LogRecordRow.type == "disposal")
    found = [json.loads(payload) for payload in session.scalars(query.order_by(LogRecordRow.id))]
    session.rollback()
    return found


def leaves_of(session: AnySession, *ids: str) -> list[int]:
    """Return the leaves of records, ascending."""
    query = select(LogIndexRow.leaf_index).where(LogIndexRow.event_id.in_(ids))
    found = sorted(session.scalars(query))
    session.rollback()
    return found
