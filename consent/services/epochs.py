"""Begin a log anew where it can go on no longer, or is to: an honest, visible break.

The new log's first record quotes the last head of the old one that is known, so that whoever kept
one can tell what came between.
"""

from __future__ import annotations

import json
import os

from consent.audit.checkpoints import Checkpoint
from consent.audit.encoding import encode_base64
from consent.audit.records import epoch_record
from consent.core.canonical import record_bytes
from consent.core.ids import is_uuid, uuid7
from consent.errors import LogRefusedError, NotFoundError, RuleError
from consent.services.keys import Keys
from consent.services.log_keys import open_own
from consent.services.sealing import begin_log, seal_all
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import (
    compare_with_state_file,
    keep_sealed,
    publish_checkpoint,
)
from consent.services.staging import stage_record
from consent.store.database import AnySession, write_transaction
from consent.store.log import Log, find_log, find_state, list_logs, log_in_force, waiting_for
from consent.store.log_heads import latest_published
from consent.store.log_records import LogRecord
from consent.store.log_sealing import drop_pending, lock_log
from consent.store.publications import ensure_log
from consent.store.recovery import lowest_waiting, move_waiting, waiting_records


def last_known_head(
    session: AnySession, log: Log, keys: Keys, *, state_files: StateFiles
) -> Checkpoint:
    """Return the largest head of a log that the database or this machine knows to be signed.

    Raises RuleError when there is none: then there is nothing to break with.
    """
    published = latest_published(session, log.log_id)
    notes = [state_files.read(log.log_id), None if published is None else published.note]
    heads = [open_own(session, log, note, keys).checkpoint for note in notes if note is not None]
    session.rollback()
    if not heads:
        raise RuleError(
            f"no head of log {log.log_id} was ever published; there is nothing to quote"
        )
    return max(heads, key=lambda head: head.size)


def begin_epoch(
    session: AnySession, name: str, reason: str, keys: Keys, *, state_files: StateFiles, now: int
) -> Log:
    """Replace the log in force of a name by a new one, which sites use from then on.

    What waits for a log that can still be signed is sealed into it first; what waits for one that
    cannot goes into the new one. The first record and the keys of the new one are then dated by the
    oldest that it takes over, while its own time stays that of its beginning: a receipt names the
    log that its record was first meant for, however often it is asked for. Raises NotFoundError for
    a name without a log.
    """
    old = log_in_force(session, name)
    if old is None:
        raise NotFoundError(f"there is no log of the name {name!r}")
    _finish(session, old, keys, state_files, now)
    head = last_known_head(session, old, keys, state_files=state_files)
    new_id = f"{name}/{old.epoch + 1}"
    with write_transaction(session):
        lock_log(session, old.log_id)
        dated = _oldest_taken_over(session, old, now)
        new = _insert(session, old, new_id, now)
        _quote(session, new, head, reason, dated, _before_all(session, old, dated))
        if not _is_signed(session, old):
            _take_over(session, old, new, now)
    begin_log(session, new, keys, now=dated)
    keep_sealed(session, seal_all(session, new_id, keys, now=now), keys, state_files)
    return new


def move_stranded(session: AnySession, *, now: int) -> int:
    """Let the epoch in force seal what waits for one that cannot be signed; return how much.

    For a moment after the change a process may still record for the old one.
    """
    moved = 0
    for log in list_logs(session):
        current = log_in_force(session, log.name)
        if current is None or current == log or _is_signed(session, log):
            continue
        with write_transaction(session):
            moved += _take_over(session, log, current, now)
    session.rollback()
    return moved


def _is_signed(session: AnySession, log: Log) -> bool:
    state = find_state(session, log.log_id)
    return state is None or state.is_ok


def _insert(session: AnySession, old: Log, log_id: str, now: int) -> Log:
    if find_log(session, log_id) is not None:
        raise LogRefusedError(f"log {log_id} was begun in the meantime")
    origin = f"{old.origin.removesuffix(old.log_id)}{log_id}"
    new = Log(log_id, origin, now)
    ensure_log(session, new.log_id, new.origin, new.created_at)
    return new


def _oldest_taken_over(session: AnySession, old: Log, now: int) -> int:
    oldest = None if _is_signed(session, old) else waiting_for(session, old.log_id).oldest
    return now if oldest is None else min(now, oldest)


def _before_all(session: AnySession, old: Log, dated: int) -> int:
    """Return an instant that no id is of which is taken over; a late act has an old one."""
    lowest = None if _is_signed(session, old) else lowest_waiting(session, old.log_id)
    if lowest is None or not is_uuid(lowest):
        return dated
    return min(dated, max(0, int(lowest[:8] + lowest[9:13], 16) - 1))


def _quote(
    session: AnySession, new: Log, head: Checkpoint, reason: str, at: int, id_at: int
) -> None:
    """Stage the first record; its id is the lowest of `id_at`, so that it is sealed first."""
    previous: dict[str, str | int] = {
        "origin": head.origin,
        "size": head.size,
        "root": encode_base64(head.root),
    }
    record = epoch_record(id=uuid7(id_at, bytes(10)), at=at, previous=previous, reason=reason)
    stage_record(session, new.log_id, record)


def _take_over(session: AnySession, old: Log, new: Log, now: int) -> int:
    """Have what waits for one log wait for another; return how much."""
    own = waiting_records(session, old.log_id)
    for record in own:
        _stage_anew(session, record, new, now)
    drop_pending(session, [record.id for record in own])
    return len(own) + move_waiting(session, old.log_id, new.log_id)


def _finish(session: AnySession, log: Log, keys: Keys, state_files: StateFiles, now: int) -> None:
    """Seal and publish the end of a log, if it can still be signed."""
    try:
        compare_with_state_file(session, log.log_id, keys, now=now, state_files=state_files)
        keep_sealed(session, seal_all(session, log.log_id, keys, now=now), keys, state_files)
        publish_checkpoint(
            session, log.log_id, keys, now=now, state_files=state_files, at_once=True
        )
    except LogRefusedError:
        session.rollback()


def _stage_anew(session: AnySession, record: LogRecord, log: Log, now: int) -> None:
    """Have another log say what the one it was meant for cannot, and which record that was."""
    values = json.loads(record.payload)
    values |= {"id": uuid7(now, os.urandom(10)), "at": now, "restates": record.id}
    if record.type == "disposal":
        values.setdefault("log", record.log_id)
    stage_record(session, log.log_id, record_bytes(values))
