"""The register of what visitors asked for, and what is still to be done about it.

A request is an action that names nobody. What waits to be removed has the instant at which it was
asked for, and so has the request: nothing else leads from one to the other.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import func, select

from consent.core.retention import DisposalClass
from consent.store.database import AnySession
from consent.store.events import site_beside_its_index
from consent.store.officers import OfficerAction, led_to_nothing
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    OfficerActionRow,
    RestrictionRow,
)

_Action, _Event, _Queue = OfficerActionRow, ConsentEventRow, DisposalQueueRow


def list_site_actions(
    session: AnySession,
    site: str,
    kinds: Collection[str],
    *,
    before: str | None = None,
    limit: int,
) -> list[OfficerAction]:
    """Return the actions of these kinds on a site, newest first, from behind an id on."""
    query = select(_Action).where(
        _Action.site == site, _Action.action.in_(kinds), ~led_to_nothing()
    )
    if before is not None:
        query = query.where(_Action.id < before)
    return [_action(row) for row in session.scalars(query.order_by(_Action.id.desc()).limit(limit))]


def waiting_erasures(session: AnySession, site: str) -> dict[int, int]:
    """Return how many erased records of a site wait for their removal, by when it was asked for."""
    query = (
        select(_Queue.queued_at, func.count().label("waiting"))
        .join(_Event, _Event.id == _Queue.event_id)
        .where(_Queue.reason == DisposalClass.ERASURE.value, site_beside_its_index() == site)
        .group_by(_Queue.queued_at)
    )
    return {row.queued_at: row.waiting for row in session.execute(query)}


def count_restricted(session: AnySession, site: str) -> int:
    """Return how many erased records of a site are locked away."""
    query = (
        select(func.count())
        .select_from(RestrictionRow)
        .join(_Event, _Event.id == RestrictionRow.event_id)
        .where(site_beside_its_index() == site)
    )
    return session.scalar(query) or 0


def _action(row: OfficerActionRow) -> OfficerAction:
    return OfficerAction(
        row.id, row.at, row.officer, row.action, row.subject_id, json.loads(row.detail)
    )
