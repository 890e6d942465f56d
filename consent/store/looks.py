"""Which record an officer's look was at. Working data: a link goes together with its record."""

from __future__ import annotations

import json

from sqlalchemy import insert, select

from consent.store.database import AnySession
from consent.store.events import kept
from consent.store.officers import OfficerAction
from consent.store.tables import ConsentEventRow, OfficerActionRow, OfficerLookRow


def insert_look(session: AnySession, look: str, record_id: str) -> None:
    """Link an action, by its subject id, to a record."""
    session.execute(insert(OfficerLookRow).values(look=look, event_id=record_id))


def list_looks(session: AnySession, subject: str) -> list[OfficerAction]:
    """Return the actions that were linked to any record of a subject, oldest first."""
    own = kept(ConsentEventRow.id).where(ConsentEventRow.subject == subject)
    looks = select(OfficerLookRow.look).where(OfficerLookRow.event_id.in_(own))
    query = select(OfficerActionRow).where(OfficerActionRow.subject_id.in_(looks))
    return [
        OfficerAction(
            row.id, row.at, row.officer, row.action, row.subject_id, json.loads(row.detail)
        )
        for row in session.scalars(query.order_by(OfficerActionRow.at, OfficerActionRow.id))
    ]
