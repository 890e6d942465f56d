"""Which record an officer's look was at. Working data: a link goes together with its record."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Select, insert, select

from consent.store.database import AnySession
from consent.store.events import kept
from consent.store.officers import OfficerAction
from consent.store.tables import ConsentEventRow, OfficerActionRow, OfficerLookRow


def insert_look(session: AnySession, look: str, record_id: str) -> None:
    """Link an action, by its subject id, to a record."""
    session.execute(insert(OfficerLookRow).values(look=look, event_id=record_id))


def list_looks_at(session: AnySession, record_ids: Collection[str]) -> list[OfficerAction]:
    """Return the actions that were linked to these records, oldest first."""
    looks = select(OfficerLookRow.look).where(OfficerLookRow.event_id.in_(record_ids))
    return _actions(session, looks)


def list_looks(session: AnySession, subject: str) -> list[OfficerAction]:
    """Return the actions that were linked to any record of a subject, oldest first."""
    own = kept(ConsentEventRow.id).where(ConsentEventRow.subject == subject)
    return _actions(session, select(OfficerLookRow.look).where(OfficerLookRow.event_id.in_(own)))


def _actions(session: AnySession, looks: Select[str]) -> list[OfficerAction]:
    query = select(OfficerActionRow).where(OfficerActionRow.subject_id.in_(looks))
    return [
        OfficerAction(
            row.id, row.at, row.officer, row.action, row.subject_id, json.loads(row.detail)
        )
        for row in session.scalars(query.order_by(OfficerActionRow.at, OfficerActionRow.id))
    ]
