"""Count officers' acts as they are sealed, and remember the newest count outside the database.

Who can write to the database can take away an act, and have the log say that its leaf went for
another reason. What was signed says which leaves were acts: the check finds that one is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from consent.audit.action_counts import ActionCount, sign_action_count
from consent.audit.tiles import ENTRIES, TILE_WIDTH, ReadTile, decode_entries
from consent.core.ranges import count_in, ranges_of
from consent.errors import ProofError, RecordFormatError
from consent.services.keys import Keys
from consent.services.log_keys import Signers, open_own_count
from consent.services.sealing_head import StateFiles, found_fault
from consent.store.action_counts import StoredCount, acts_behind, find_count, latest_count
from consent.store.database import AnySession
from consent.store.log import Log, tile_reader

_log = logging.getLogger(__name__)


def next_count(
    session: AnySession,
    log: Log,
    keys: Keys,
    signers: Signers,
    *,
    added: Sequence[int],
    size: int,
    now: int,
) -> StoredCount | None:
    """Return the signed count for a log that grows to `size` leaves by a batch; None if it adds no
    act. `added` are the leaves of those it adds. A part of what is computed within `with_head`.
    """
    if not added:
        return None
    newest = latest_count(session, log.log_id)
    before = 0 if newest is None else _signed(session, log, keys, newest)
    behind = _acts_behind(session, log, 0 if newest is None else newest.size, added[0])
    leaves = ranges_of([*behind, *added])
    actions = before + count_in(leaves)
    note = sign_action_count(signers.log, ActionCount(log.origin, size, actions, leaves))
    return StoredCount(log.log_id, size, actions, now, note)


def remember_count(
    session: AnySession,
    log: Log,
    keys: Keys,
    state_files: StateFiles,
    signed: str | None = None,
) -> None:
    """Keep the newest count where no database can change it: `signed`, if one was just signed.

    While the database does not have the one that is kept, that one stays: it is the evidence. What
    the database shows as its newest is believed only as far as the log has signed it.
    """
    files, newest = state_files.of_counts, latest_count(session, log.log_id)
    try:
        kept = files.read(log.log_id)
    except RecordFormatError:
        kept = ""
    note = signed or (None if newest is None else newest.note)
    if note is None or note == kept:
        return
    is_odd = signed is None and newest is not None and not _is_own(session, log, keys, newest)
    if is_odd or (kept is not None and not _is_known(session, log, keys, kept)):
        _warn(log.log_id, files, kept)
        return
    files.write(log.log_id, note)


def _warn(log_id: str, files: StateFiles, kept: str | None) -> None:
    if files.is_first_warning(log_id, kept):
        _log.warning(
            "log %s: the counts of officers' acts in %s and in the database differ; "
            "run `consent verify`",
            log_id,
            files.path(log_id),
        )


def is_explained(
    session: AnySession, log: Log, keys: Keys, state_files: StateFiles, size: int
) -> bool:
    """Return whether a restore of a backup of so many leaves explains that a kept count is gone.

    It does if that was signed later. One that the backup has to have is the evidence.
    """
    try:
        kept = state_files.of_counts.read(log.log_id)
        return kept is None or open_own_count(session, log, kept, keys).size > size
    except RecordFormatError:
        return False


def forget_count(log_id: str, state_files: StateFiles) -> None:
    """Begin anew after a recovery, which declares in the log what was lost."""
    state_files.of_counts.path(log_id).unlink(missing_ok=True)


def _acts_behind(session: AnySession, log: Log, first: int, end: int) -> list[int]:
    """Return the acts between two sizes, each of which has to be what was sealed there."""
    found = acts_behind(session, log.log_id, first)
    read = tile_reader(session, log.log_id)
    for leaf, entry in found:
        if leaf >= end or entry not in _sealed_at(read, leaf):
            raise found_fault(f"An act is said to be leaf {leaf}, which is none or another one.")
    return [leaf for leaf, _ in found]


def _sealed_at(read: ReadTile, leaf: int) -> Sequence[bytes]:
    """Return the entry of a leaf; none where its tile is gone or spoiled."""
    place = leaf % TILE_WIDTH
    try:
        return decode_entries(read(ENTRIES, leaf // TILE_WIDTH))[place : place + 1]
    except (ProofError, RecordFormatError):
        return ()


def _signed(session: AnySession, log: Log, keys: Keys, stored: StoredCount) -> int:
    if not _is_own(session, log, keys, stored):
        raise found_fault("The newest count of officers' acts is not one that was signed.")
    return stored.actions


def _is_own(session: AnySession, log: Log, keys: Keys, stored: StoredCount) -> bool:
    try:
        count = open_own_count(session, log, stored.note, keys)
    except RecordFormatError:
        return False
    return (count.size, count.actions) == (stored.size, stored.actions)


def _is_known(session: AnySession, log: Log, keys: Keys, note: str) -> bool:
    try:
        kept = open_own_count(session, log, note, keys)
    except RecordFormatError:
        return False
    stored = find_count(session, log.log_id, kept.size)
    return stored is not None and stored.note == note
