"""How far others vouch for a log: the newest anchors, and the heads beyond them."""

from __future__ import annotations

from sqlalchemy import func, select

from consent.store.database import AnySession
from consent.store.log_anchors import Anchor
from consent.store.tables import LogAnchorRow, LogCheckpointRow

RFC3161 = "rfc3161"
WITNESS = "witness"
OUTSIDE = (RFC3161, WITNESS)


def newest_anchor(
    session: AnySession, log_id: str, kind: str, name: str | None = None
) -> Anchor | None:
    """Return the anchor of the largest head, of one kind or also of one name; None for none."""
    query = select(LogAnchorRow).where(LogAnchorRow.log_id == log_id, LogAnchorRow.kind == kind)
    if name is not None:
        query = query.where(LogAnchorRow.name == name)
    newest = query.order_by(LogAnchorRow.size.desc(), LogAnchorRow.created.desc()).limit(1)
    row = session.scalars(newest).first()
    if row is None:
        return None
    return Anchor(row.log_id, row.size, row.created, row.kind, row.name, row.blob, row.at)


def list_anchor_names(session: AnySession, log_id: str, kind: str) -> list[str]:
    """Return who has ever anchored a log in one way."""
    query = select(LogAnchorRow.name).where(
        LogAnchorRow.log_id == log_id, LogAnchorRow.kind == kind
    )
    return sorted(session.scalars(query.distinct()))


def oldest_published_above(session: AnySession, log_id: str, size: int) -> int | None:
    """Return when the first head larger than `size` was published (ms); None for none."""
    return session.scalar(
        select(LogCheckpointRow.created)
        .where(
            LogCheckpointRow.log_id == log_id,
            LogCheckpointRow.published,
            LogCheckpointRow.size > size,
        )
        .order_by(LogCheckpointRow.size, LogCheckpointRow.created)
        .limit(1)
    )


def count_anchors(session: AnySession, log_id: str, kind: str, from_: int, to: int) -> int:
    """Return how many anchors of a kind came in a period [from_, to) in milliseconds."""
    query = select(func.count()).where(
        LogAnchorRow.log_id == log_id,
        LogAnchorRow.kind == kind,
        LogAnchorRow.at >= from_,
        LogAnchorRow.at < to,
    )
    return session.scalar(query) or 0
