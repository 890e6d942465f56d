"""Disposals that a log does not tell of in its own sealed part: what waits, what is told later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from consent.store.database import AnySession
from consent.store.paging import by_pages
from consent.store.tables import LogIndexRow, LogPendingRow, LogRecordRow

_Record, _Index, _Pending = LogRecordRow, LogIndexRow, LogPendingRow


@dataclass(frozen=True, slots=True)
class DisposalRow:
    """A disposal with a leaf in its log, or, where that is None, with a row that waits for one."""

    id: str
    log_id: str
    payload: bytes
    salt: bytes
    entry: bytes
    leaf: int | None


def stream_disposals(
    session: AnySession, log_ids: Sequence[str], *, about: str | None = None
) -> Iterator[DisposalRow]:
    """Give the disposals in these logs that are sealed there or wait for it with the same entry.

    With `about`, only those that name this other log.
    """
    query = (
        select(
            _Record.id,
            _Record.log_id,
            _Record.payload,
            _Record.salt,
            _Record.entry,
            _Index.leaf_index,
        )
        .outerjoin(_Index, and_(_Index.event_id == _Record.id, _Index.log_id == _Record.log_id))
        .outerjoin(
            _Pending,
            and_(
                _Pending.event_id == _Record.id,
                _Pending.log_id == _Record.log_id,
                _Pending.entry == _Record.entry,
            ),
        )
        .where(
            _Record.log_id.in_(log_ids),
            _Record.type == "disposal",
            or_(_Index.leaf_index.is_not(None), _Pending.event_id.is_not(None)),
        )
    )
    if about is not None:
        query = query.where(_Record.payload.contains(f'"log":"{about}"', autoescape=True))
    for row in by_pages(session, query, (_Record.id,)):
        yield DisposalRow(
            row.id,
            row.log_id,
            row.payload.encode(errors="replace"),
            row.salt,
            row.entry,
            row.leaf_index,
        )
