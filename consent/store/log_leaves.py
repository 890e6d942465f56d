"""Where several records are sealed, looked up at once."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from consent.store.database import AnySession
from consent.store.log import Leaf
from consent.store.tables import LogIndexRow

_IDS_AT_ONCE = 500  # SQLite takes a limited number of parameters in a statement


def list_leaves(session: AnySession, event_ids: Collection[str]) -> dict[str, Leaf]:
    """Return where records are sealed, by id; those that wait, or are gone, are left out."""
    wanted = list(event_ids)
    leaves = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        some = wanted[start : start + _IDS_AT_ONCE]
        query = select(LogIndexRow.event_id, LogIndexRow.log_id, LogIndexRow.leaf_index)
        for row in session.execute(query.where(LogIndexRow.event_id.in_(some))):
            leaves[row.event_id] = Leaf(row.log_id, row.leaf_index)
    return leaves
