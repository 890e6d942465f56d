"""What officers did, as the log seals it: staged in the transaction that writes it down.

Each action goes into one log: that of its site, or, where it is of no one site, the oldest there
is. Before there is any log, actions wait without a record, and get theirs with the first log.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.records import action_record
from consent.core.ids import is_uuid
from consent.errors import RecordFormatError
from consent.store.database import AnySession
from consent.store.events import first_id_of
from consent.store.log import Log, list_logs, log_in_force, log_name
from consent.store.tables import (
    LogIndexRow,
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


@dataclass(frozen=True, slots=True)
class Staged:
    """How many actions without a record got one, and the ids of those that cannot have one."""

    count: int
    left_out: tuple[str, ...]


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
    sealed = _sealed(action, now)
    session.execute(insert(SealedActionRow).values(sealed))
    _queue(session, sealed, log)


def stage_unsealed(session: AnySession, *, now: int, since: int = 0) -> Staged:
    """Stage every action of `since` or later that has no record, as of now.

    Other processes may do the same. What cannot be made a record, by whatever was put into the
    table past the service, keeps no other from it.
    """
    count, left_out = 0, []
    for action_id, has_place in list_unsealed(session, since):
        action = None if has_place or not is_uuid(str(action_id)) else _read(session, action_id)
        sealed = None if action is None else _sealed_if_whole(action, now)
        if action is None or sealed is None:
            left_out.append(action_id)
        elif _stage_late(session, action, sealed):
            count += 1
    return Staged(count, tuple(left_out))


def _stage_late(session: AnySession, action: StoredAction, sealed: Mapping[str, Any]) -> bool:
    """Stage a record unless another process did meanwhile, or there is no log."""
    log = log_of_site(session, action.site)
    if log is None:
        return False
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(SealedActionRow).values(sealed).on_conflict_do_nothing()
    if session.scalar(statement.returning(SealedActionRow.id)) is None:
        return False
    _queue(session, sealed, log)
    return True


def _queue(session: AnySession, sealed: Mapping[str, Any], log: Log) -> None:
    session.execute(
        insert(LogPendingRow).values(
            event_id=sealed["id"],
            log_id=log.log_id,
            entry=sealed["entry"],
            enqueued_at=sealed["at"],
        )
    )


def _sealed(action: StoredAction, now: int) -> dict[str, Any]:
    """Return the row of an action's record, with a salt that is drawn for it."""
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
    return {"id": action.id, "at": now, "payload": record.decode(), "salt": salt, "entry": entry}


def _sealed_if_whole(action: StoredAction, now: int) -> dict[str, Any] | None:
    """Return the same; None for what does not fit. SQLite stores anything in any column."""
    at: Any = action.at
    texts = (action.officer, action.action, action.subject_id, action.detail, action.site or "")
    if not all(isinstance(one, str) for one in texts) or not isinstance(at, int) or at < 0:
        return None
    try:
        return _sealed(action, now)
    except (RecordFormatError, UnicodeEncodeError):
        return None


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


def list_unsealed(session: AnySession, since: int) -> list[tuple[str, bool]]:
    """Return the actions of `since` or later that have no record, oldest first, by id.

    Each with whether its id has a place in a log already: a leaf can be of one record only.
    """
    row = OfficerActionRow
    is_sealed = exists(select(SealedActionRow.id).where(SealedActionRow.id == row.id))
    has_place = or_(
        exists(select(LogIndexRow.event_id).where(LogIndexRow.event_id == row.id)),
        exists(select(LogPendingRow.event_id).where(LogPendingRow.event_id == row.id)),
    )
    query = select(row.id, has_place).where(row.id >= first_id_of(since), ~is_sealed)
    return [(one.id, bool(one[1])) for one in session.execute(query.order_by(row.id))]


def _read(session: AnySession, action_id: str) -> StoredAction | None:
    """Return an action; None where SQLite holds bytes in it that are no text."""
    query = select(OfficerActionRow).where(OfficerActionRow.id == action_id)
    try:
        return stored_action(session.scalars(query).one())
    except OperationalError as error:
        if "Could not decode to UTF-8" in str(error.orig):
            return None
        raise


def stored_action(row: OfficerActionRow) -> StoredAction:
    """Return an action as it is stored."""
    return StoredAction(
        row.id, row.at, row.officer, row.action, row.subject_id, row.detail, row.site
    )
