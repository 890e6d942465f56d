"""The signed heads of logs: written with each batch, shown to others once published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from consent.store.database import AnySession
from consent.store.tables import LogCheckpointRow

ROWS_AT_ONCE = 500

_Head = LogCheckpointRow


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed note over one size of a log. `created` is in milliseconds."""

    log_id: str
    size: int
    created: int
    note: str
    published: bool


def latest_published(
    session: AnySession, log_id: str, *, min_size: int = 0
) -> StoredCheckpoint | None:
    """Return the newest head shown to others; None when there is none of at least `min_size`."""
    query = _newest(log_id).where(_Head.published, _Head.size >= min_size)
    return _stored(session.scalars(query).first())


def latest_signed(session: AnySession, log_id: str) -> StoredCheckpoint | None:
    """Return the newest head, published or not."""
    return _stored(session.scalars(_newest(log_id)).first())


def find_checkpoint(
    session: AnySession, log_id: str, size: int, created: int
) -> StoredCheckpoint | None:
    query = select(_Head).where(
        _Head.log_id == log_id, _Head.size == size, _Head.created == created
    )
    return _stored(session.scalars(query).first())


def stream_checkpoints(session: AnySession, log_id: str) -> Iterator[StoredCheckpoint]:
    """Give the published heads of a log by size, and those of one size by age."""
    query = select(_Head).where(_Head.log_id == log_id, _Head.published)
    ordered = query.order_by(_Head.size, _Head.created)
    for row in session.scalars(ordered, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield _checkpoint(row)


def insert_checkpoint(session: AnySession, checkpoint: StoredCheckpoint) -> None:
    session.execute(
        insert(_Head).values(
            log_id=checkpoint.log_id,
            size=checkpoint.size,
            created=checkpoint.created,
            note=checkpoint.note,
            published=checkpoint.published,
        )
    )


def mark_published(session: AnySession, checkpoint: StoredCheckpoint) -> None:
    """Show a stored head to others from now on."""
    session.execute(
        update(_Head)
        .where(
            _Head.log_id == checkpoint.log_id,
            _Head.size == checkpoint.size,
            _Head.created == checkpoint.created,
        )
        .values(published=True)
    )


def drop_unpublished(session: AnySession, log_id: str, before: int) -> int:
    """Remove the heads that nobody was shown, made before an instant; return how many."""
    result = session.execute(
        delete(_Head).where(_Head.log_id == log_id, ~_Head.published, _Head.created < before)
    )
    return int(getattr(result, "rowcount", 0))


def _newest(log_id: str) -> Select[Any]:
    return (
        select(_Head)
        .where(_Head.log_id == log_id)
        .order_by(_Head.size.desc(), _Head.created.desc())
        .limit(1)
    )


def _stored(row: LogCheckpointRow | None) -> StoredCheckpoint | None:
    return None if row is None else _checkpoint(row)


def _checkpoint(row: LogCheckpointRow) -> StoredCheckpoint:
    return StoredCheckpoint(row.log_id, row.size, row.created, row.note, row.published)
