"""Everything a check of a log reads, row by row as it is stored: nothing is trusted or left out.

Streams go by pages in the order of a key, so that no result is ever held or sorted as a whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from consent.store.database import AnySession
from consent.store.log_anchors import WITNESS
from consent.store.paging import ROWS_AT_ONCE, by_pages
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    LogAnchorRow,
    LogCheckpointRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    LogRow,
    LogTileRow,
    RestrictionRow,
    SealedActionRow,
)
from consent.store.verification_actions import SealedAction, find_sealed

_Event, _Record, _Index, _Pending = ConsentEventRow, LogRecordRow, LogIndexRow, LogPendingRow
_Sealed = SealedActionRow

_EVENT_COLUMNS = tuple(column.name for column in _Event.__table__.columns)
_RECORD_COLUMNS = tuple(column.name for column in _Record.__table__.columns)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeafRow:
    """An index row with the rows it leads to: columns by name, None where there is no such row."""

    leaf: int
    event_id: str
    event: Row | None
    record: Row | None
    action: SealedAction | None = None


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A row that waits, with the entry of the record it stands for; None where that is gone."""

    event_id: str
    log_id: str
    entry: bytes
    at: int | None
    own_entry: bytes | None
    is_sealed: bool


def stream_leaves(session: AnySession, log_id: str, below: int | None = None) -> Iterator[LeafRow]:
    """Give every index row of a log in the order of leaves, those below a size or all."""
    after = -1
    query = (
        select(
            _Index.leaf_index,
            _Index.event_id,
            *(getattr(_Event, name).label(f"of_event_{name}") for name in _EVENT_COLUMNS),
            *(getattr(_Record, name).label(f"of_record_{name}") for name in _RECORD_COLUMNS),
        )
        .outerjoin(_Event, _Event.id == _Index.event_id)
        .outerjoin(_Record, _Record.id == _Index.event_id)
        .where(_Index.log_id == log_id)
        .order_by(_Index.leaf_index)
        .limit(ROWS_AT_ONCE)
    )
    if below is not None:
        query = query.where(_Index.leaf_index < below)
    while rows := session.execute(query.where(_Index.leaf_index > after)).mappings().all():
        actions = _actions_among(session, rows)
        for row in rows:
            yield LeafRow(
                row["leaf_index"],
                row["event_id"],
                _part(row, "of_event_", _EVENT_COLUMNS),
                _part(row, "of_record_", _RECORD_COLUMNS),
                actions.get(row["event_id"]),
            )
        after = rows[-1]["leaf_index"]


def _actions_among(session: AnySession, rows: Sequence[Any]) -> dict[str, SealedAction]:
    """Return by id what is sealed of actions: of all that are no events and no own records."""
    ids = [
        row["event_id"]
        for row in rows
        if row["of_event_id"] is None and row["of_record_id"] is None
    ]
    return find_sealed(session, ids) if ids else {}


def read_tile(session: AnySession, log_id: str, level: int, n: int) -> bytes | None:
    """Return a tile as it is stored."""
    return session.scalar(
        select(LogTileRow.data).where(
            LogTileRow.log_id == log_id, LogTileRow.level == level, LogTileRow.n == n
        )
    )


def stream_heads(
    session: AnySession, log_id: str, *, until: tuple[int, int] | None = None
) -> Iterator[tuple[int, int, str]]:
    """Give size, time and note of each published head, and of the newest of all.

    With `until`, only published ones up to that size and time.
    """
    head = LogCheckpointRow
    key = tuple_(head.size, head.created)
    newest = (
        select(head.size, head.created)
        .where(head.log_id == log_id)
        .order_by(head.size.desc(), head.created.desc())
        .limit(1)
        .subquery()
    )
    is_newest = exists().where(newest.c.size == head.size, newest.c.created == head.created)
    query = select(head.size, head.created, head.note).where(
        head.log_id == log_id, or_(head.published, is_newest)
    )
    if until is not None:
        query = query.where(head.published, key <= tuple_(*until))
    for row in by_pages(session, query, (head.size, head.created)):
        yield row.size, row.created, row.note


def stream_served(
    session: AnySession, log_id: str, *, until: tuple[int, int] | None = None
) -> Iterator[tuple[int, int, str]]:
    """Give size, time and note of heads as `stream_heads` does, with the lines of witnesses."""
    heads = (
        (size, created, 0, note)
        for size, created, note in stream_heads(session, log_id, until=until)
    )
    lines = (
        (size, created, 1, blob.decode(errors="replace").rstrip("\n") + "\n")
        for size, created, _, blob in stream_anchor_rows(session, log_id, witnesses=True)
    )
    for (size, created), parts in groupby(heapq.merge(heads, lines), lambda part: part[:2]):
        texts = list(parts)
        if texts[0][2] == 0:
            yield size, created, "".join(text for *_, text in texts)


def stream_anchor_rows(
    session: AnySession, log_id: str, *, witnesses: bool
) -> Iterator[tuple[int, int, str, bytes]]:
    """Give size, time, kind and content of witnesses' lines or of all other anchors, by head."""
    anchor = LogAnchorRow
    is_witness = anchor.kind == WITNESS
    query = select(anchor.size, anchor.created, anchor.id, anchor.kind, anchor.blob).where(
        anchor.log_id == log_id, is_witness if witnesses else ~is_witness
    )
    for row in by_pages(session, query, (anchor.size, anchor.created, anchor.id)):
        yield row.size, row.created, row.kind, row.blob


def stream_witnessed_nothing(session: AnySession, log_id: str) -> Iterator[tuple[int, int]]:
    """Give size and time of heads that witnesses signed and that are not stored."""
    anchor, head = LogAnchorRow, LogCheckpointRow
    is_stored = exists(
        select(head.size).where(
            head.log_id == anchor.log_id, head.size == anchor.size, head.created == anchor.created
        )
    )
    query = select(anchor.size, anchor.created, anchor.id).where(
        anchor.log_id == log_id, anchor.kind == WITNESS, ~is_stored
    )
    for row in by_pages(session, query, (anchor.size, anchor.created, anchor.id)):
        yield row.size, row.created


def stream_own_leaves(
    session: AnySession, log_id: str, below: int, *, type_: str | None = None
) -> Iterator[tuple[int, bytes, bytes]]:
    """Give leaf, record and salt of the log's own records below a size, of a type or all."""
    query = (
        select(_Index.leaf_index, _Record.payload, _Record.salt)
        .join(_Record, _Record.id == _Index.event_id)
        .where(_Index.log_id == log_id, _Index.leaf_index < below)
    )
    if type_ is not None:
        query = query.where(_Record.type == type_)
    for row in by_pages(session, query, (_Index.leaf_index,)):
        yield row.leaf_index, row.payload.encode(), row.salt


def stream_withheld(session: AnySession, log_id: str, below: int) -> Iterator[int]:
    """Give the leaves below a size whose events nobody reads: erased, or waiting for removal."""
    hidden = or_(
        *(
            exists(select(table.event_id).where(table.event_id == _Index.event_id))
            for table in (DisposalQueueRow, RestrictionRow)
        )
    )
    query = select(_Index.leaf_index).where(
        _Index.log_id == log_id, _Index.leaf_index < below, hidden
    )
    for row in by_pages(session, query, (_Index.leaf_index,)):
        yield row.leaf_index


def stream_unlogged(
    session: AnySession, *, sites: set[str], beside: set[str] | None
) -> Iterator[str]:
    """Give the ids of events that no log has or waits for: those of `sites`.

    With `beside`, also those of every site that is not in it.
    """
    is_meant: ColumnElement[bool] = _Event.site.in_(sorted(sites))
    if beside is not None:
        is_meant = or_(is_meant, _Event.site.not_in(sorted(beside)))
    query = select(_Event.id).where(
        ~exists(select(_Index.event_id).where(_Index.event_id == _Event.id)),
        ~exists(select(_Pending.event_id).where(_Pending.event_id == _Event.id)),
        is_meant,
    )
    for row in by_pages(session, query, (_Event.id,)):
        yield row.id


def stream_unlogged_records(session: AnySession, log_id: str) -> Iterator[str]:
    """Give the ids of a log's own records that it neither has nor waits for.

    What a later epoch has said in its place is left out.
    """
    query = select(_Record.id).where(_Record.log_id == log_id, ~_is_logged(_Record))
    for row in by_pages(session, query, (_Record.id,)):
        if not _is_restated(session, row.id, log_id):
            yield row.id


def stream_records_of_no_log(session: AnySession) -> Iterator[tuple[str, str]]:
    """Give id and log of the logs' own records that are said to be of logs there are none of."""
    query = select(_Record.id, _Record.log_id).where(_Record.log_id.not_in(select(LogRow.log_id)))
    for row in by_pages(session, query, (_Record.id,)):
        yield row.id, row.log_id


def _is_logged(record: type[LogRecordRow]) -> ColumnElement[bool]:
    """Say whether a record has a leaf in its log, or waits for one."""
    return or_(
        *(
            exists(
                select(row.event_id).where(row.event_id == record.id, row.log_id == record.log_id)
            )
            for row in (_Index, _Pending)
        )
    )


def _is_restated(session: AnySession, record_id: str, log_id: str) -> bool:
    """Say whether another epoch of the log has, or is to have, a record in place of this one."""
    name = log_id.rpartition("/")[0]
    says_it = _Record.payload.contains(f'"restates":"{record_id}"', autoescape=True)
    query = select(_Record.id).where(
        says_it,
        _Record.log_id.startswith(f"{name}/", autoescape=True),
        _Record.log_id != log_id,
        _Record.log_id.in_(select(LogRow.log_id)),
        _is_logged(_Record),
    )
    return session.scalar(query.limit(1)) is not None


def stream_pending(session: AnySession, log_id: str | None) -> Iterator[PendingRow]:
    """Give what waits for a log, or, for None, for logs that there are none of."""
    sealed = aliased(_Index)
    query = (
        select(
            _Pending.event_id,
            _Pending.log_id,
            _Pending.entry,
            func.coalesce(_Event.at, _Record.at, _Sealed.at).label("at"),
            func.coalesce(_Event.entry, _Record.entry, _Sealed.entry).label("own_entry"),
            sealed.event_id.label("sealed_id"),
        )
        .outerjoin(_Event, _Event.id == _Pending.event_id)
        .outerjoin(_Record, _Record.id == _Pending.event_id)
        .outerjoin(_Sealed, _Sealed.id == _Pending.event_id)
        .outerjoin(sealed, sealed.event_id == _Pending.event_id)
    )
    known = select(LogRow.log_id)
    query = query.where(
        _Pending.log_id.not_in(known) if log_id is None else _Pending.log_id == log_id
    )
    for row in by_pages(session, query, (_Pending.event_id,)):
        yield PendingRow(
            row.event_id, row.log_id, row.entry, row.at, row.own_entry, row.sealed_id is not None
        )


def stray_index_rows(session: AnySession) -> int:
    """Return how many index rows are of logs that there are none of."""
    query = select(func.count()).where(_Index.log_id.not_in(select(LogRow.log_id)))
    return session.scalar(query) or 0


def _part(row: Any, prefix: str, columns: tuple[str, ...]) -> Row | None:
    if row[f"{prefix}id"] is None:
        return None
    return {name: row[f"{prefix}{name}"] for name in columns}
