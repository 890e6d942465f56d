"""The disposals of a log that its own sealed part does not tell of, as far as they are backed."""

from __future__ import annotations

from collections.abc import Iterator

from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.tiles import ENTRIES, TILE_WIDTH, decode_entries
from consent.errors import RecordFormatError
from consent.store.database import AnySession
from consent.store.log import Log, list_logs
from consent.store.verification import read_tile
from consent.store.verification_disposals import DisposalRow, stream_disposals
from consent.verify.findings import Finding, Kind
from consent.verify.sources import Opening


def told_disposals(
    session: AnySession, log: Log, *, sealed: int | None = None
) -> Iterator[Opening | Finding]:
    """Give what waits for this log, and what a later epoch of it says in its place.

    With `sealed`, also what this log tells from that size on. A disposal counts only if it opens
    what waits to be sealed, or what is sealed at its leaf; else there is a finding in its place.
    """
    for row in stream_disposals(session, [log.log_id]):
        if row.leaf is None or (sealed is not None and row.leaf >= sealed):
            yield _backed(session, row)
    later = [
        other.log_id
        for other in list_logs(session)
        if other.name == log.name and other.epoch > log.epoch
    ]
    if later:
        for row in stream_disposals(session, later, about=log.log_id):
            yield _backed(session, row)


def _backed(session: AnySession, row: DisposalRow) -> Opening | Finding:
    opens = len(row.salt) == SALT_BYTES and commitment(row.payload, row.salt) == row.entry
    if opens and (row.leaf is None or _entry_at(session, row.log_id, row.leaf) == row.entry):
        return Opening(None, row.salt, row.payload)
    return Finding(
        Kind.ALTERED,
        f"disposal {row.id} is not what log {row.log_id} has sealed or is to seal",
        record=row.id,
    )


def _entry_at(session: AnySession, log_id: str, leaf: int) -> bytes | None:
    data = read_tile(session, log_id, ENTRIES, leaf // TILE_WIDTH)
    try:
        entries = [] if data is None else decode_entries(data)
    except RecordFormatError:
        return None  # the check of that log says so
    place = leaf % TILE_WIDTH
    return entries[place] if place < len(entries) else None
