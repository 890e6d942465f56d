"""What officers did, as the log seals it: staged in the transaction that writes it down.

Each action goes into one log: that of its site, or, where it is of no one site, the oldest there
is. Before there is any log, actions wait without a record, and get theirs with the first log.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from sqlalchemy import exists, insert, select

from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.records import action_record
from consent.store.database import AnySession
from consent.store.events import first_id_of
from consent.store.log import Log, list_logs, log_in_force, log_name
from consent.store.tables import (
    LogPendingRow,
    OfficerActionRow,
    PublicationRow,
    SealedActionRow,
)


@dataclass(frozen=True, slots=True)
class StoredAction:
    """An action with the columns of its row; `detail` is the text that is stored."""

    id: str
    at: int
    officer: str
    action: str
    subject_id: str
    detail: str
    site: str | None


def insert_action(session: AnySession, action: StoredAction) -> None:
    session.execute(
        insert(OfficerActionRow).values(
            id=action.id,
            at=action.at,
            officer=action.officer,
            action=action.action,
            subject_id=action.subject_id,
            detail=action.detail,
            site=action.site,
        )
    )


def stage_action(session: AnySession, action: StoredAction, *, now: int) -> None:
    """Draw a salt, store the record of an action and queue its entry; nothing without a log.

    `now` is when the record is made. Where that is later than the act, the record says so.
    """
    log = log_of_site(session, action.site)
    if log is None:
        return
    record = action_record(
        id=action.id,
        at=now,
        officer=action.officer,
        action=action.action,
        subject_id=action.subject_id,
        detail=action.detail,
        site=action.site,
        acted_at=None if action.at == now else action.at,
    )
    salt = os.urandom(SALT_BYTES)
    entry = commitment(record, salt)
    session.execute(
        insert(SealedActionRow).values(
            id=action.id, at=now, payload=record.decode(), salt=salt, entry=entry
        )
    )
    session.execute(
        insert(LogPendingRow).values(
            event_id=action.id, log_id=log.log_id, entry=entry, enqueued_at=now
        )
    )


def stage_unsealed(session: AnySession, *, now: int, since: int = 0) -> int:
    """Stage every action of `since` or later that has no record, as of now; return how many."""
    actions = list_unsealed(session, since)
    for action in actions:
        stage_action(session, action, now=now)
    return len(actions)


def log_of_site(session: AnySession, site: str | None) -> Log | None:
    """Return the log that the actions on a site go into now; None while there is no log at all."""
    name = None if site is None else _name_of(session, site)
    found = None if name is None else log_in_force(session, name)
    return found or _oldest_in_force(session)


def _name_of(session: AnySession, site: str) -> str | None:
    query = select(PublicationRow.deployment).where(PublicationRow.site == site)
    deployment = session.scalar(query.order_by(PublicationRow.id.desc()).limit(1))
    return None if deployment is None else log_name(json.loads(deployment)["log_id"])


def _oldest_in_force(session: AnySession) -> Log | None:
    logs = list_logs(session)
    if not logs:
        return None
    return log_in_force(session, min(logs, key=lambda log: (log.created_at, log.log_id)).name)


def list_unsealed(session: AnySession, since: int) -> list[StoredAction]:
    """Return the actions of `since` or later that have no record, oldest first."""
    row = OfficerActionRow
    is_sealed = exists(select(SealedActionRow.id).where(SealedActionRow.id == row.id))
    query = select(row).where(row.id >= first_id_of(since), ~is_sealed)
    return [stored_action(one) for one in session.scalars(query.order_by(row.id))]


def stored_action(row: OfficerActionRow) -> StoredAction:
    """Return an action as it is stored."""
    return StoredAction(
        row.id, row.at, row.officer, row.action, row.subject_id, row.detail, row.site
    )
