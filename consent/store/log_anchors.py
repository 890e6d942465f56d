"""What others say of a log's heads: witnesses' lines, time-stamps, and where heads were sent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select

from consent.store.database import AnySession
from consent.store.log_heads import StoredCheckpoint
from consent.store.tables import LogAnchorRow

WITNESS = "witness"


@dataclass(frozen=True, slots=True)
class Anchor:
    """One statement about the head of `size` made at `created`. Instants are in milliseconds.

    `kind` is witness, rfc3161, url or mail; `name` says whose it is. A witness's blob is its
    signature line, a time-stamp's the authority's reply (DER).
    """

    log_id: str
    size: int
    created: int
    kind: str
    name: str
    blob: bytes
    at: int


def insert_anchor(session: AnySession, anchor: Anchor) -> None:
    session.execute(
        insert(LogAnchorRow).values(
            log_id=anchor.log_id,
            size=anchor.size,
            created=anchor.created,
            kind=anchor.kind,
            name=anchor.name,
            blob=anchor.blob,
            at=anchor.at,
        )
    )


def list_anchors(session: AnySession, log_id: str, size: int | None = None) -> list[Anchor]:
    """Return the anchors of a log, or of its heads of one size, in the order they came."""
    query = select(LogAnchorRow).where(LogAnchorRow.log_id == log_id).order_by(LogAnchorRow.id)
    if size is not None:
        query = query.where(LogAnchorRow.size == size)
    return [
        Anchor(row.log_id, row.size, row.created, row.kind, row.name, row.blob, row.at)
        for row in session.scalars(query)
    ]


def served_note(session: AnySession, checkpoint: StoredCheckpoint) -> str:
    """Return a head as others get it: its note, and the lines of its witnesses at the end."""
    anchors = list_anchors(session, checkpoint.log_id, checkpoint.size)
    lines = [
        anchor.blob.decode().rstrip("\n") + "\n"
        for anchor in anchors
        if anchor.kind == WITNESS and anchor.created == checkpoint.created
    ]
    return checkpoint.note + "".join(lines)
