"""The signed counts of officers' acts in logs: one with each batch that has any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from consent.store.database import AnySession
from consent.store.paging import by_pages
from consent.store.tables import ActionCountRow, LogIndexRow, SealedActionRow

_Count, _Sealed, _Index = ActionCountRow, SealedActionRow, LogIndexRow


@dataclass(frozen=True, slots=True)
class StoredCount:
    """A signed count: of the first `size` leaves of a log, `actions` are acts. `at` is in ms."""

    log_id: str
    size: int
    actions: int
    at: int
    note: str


def insert_count(session: AnySession, count: StoredCount) -> None:
    session.execute(
        insert(_Count).values(
            log_id=count.log_id,
            size=count.size,
            actions=count.actions,
            at=count.at,
            note=count.note,
        )
    )


def latest_count(session: AnySession, log_id: str) -> StoredCount | None:
    """Return the newest count of a log; None before its first act was sealed."""
    query = select(_Count).where(_Count.log_id == log_id).order_by(_Count.size.desc()).limit(1)
    return _stored(session.scalars(query).first())


def find_count(session: AnySession, log_id: str, size: int) -> StoredCount | None:
    query = select(_Count).where(_Count.log_id == log_id, _Count.size == size)
    return _stored(session.scalars(query).first())


def stream_counts(
    session: AnySession, log_id: str, until: int | None = None
) -> Iterator[tuple[int, str]]:
    """Give size and note of the counts of a log in their order, up to a size."""
    query = select(_Count.size, _Count.note).where(_Count.log_id == log_id)
    if until is not None:
        query = query.where(_Count.size <= until)
    for row in by_pages(session, query, (_Count.size,)):
        yield row.size, row.note


def acts_behind(session: AnySession, log_id: str, size: int) -> list[tuple[int, bytes]]:
    """Return the leaves of a log from `size` on that are acts, in their order, with their entries.

    Behind a count there are some only after a restore: what had waited got its leaf back.
    """
    query = (
        select(_Index.leaf_index, _Sealed.entry)
        .join(_Sealed, _Sealed.id == _Index.event_id)
        .where(_Index.log_id == log_id, _Index.leaf_index >= size)
        .order_by(_Index.leaf_index)
    )
    return [(leaf, entry) for leaf, entry in session.execute(query)]


def drop_counts(session: AnySession, log_id: str, size: int) -> None:
    """Remove the counts of more than so many leaves: of what a restored log does not have."""
    session.execute(delete(_Count).where(_Count.log_id == log_id, _Count.size > size))


def _stored(row: ActionCountRow | None) -> StoredCount | None:
    if row is None:
        return None
    return StoredCount(row.log_id, row.size, row.actions, row.at, row.note)
