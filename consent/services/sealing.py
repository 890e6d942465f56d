"""Seal what waits into the log: one elected sealer, a batch at a time, all of it or nothing.

Signing is the dangerous act, accepting consent is not. Whenever the stored tree contradicts what
was signed before, the log is marked and not signed any more, while entries go on being staged.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.tiles import Appended, append_entries
from consent.audit.tree import EMPTY_ROOT
from consent.errors import NotFoundError
from consent.services.keys import Keys
from consent.services.log_keys import (
    register_keys,
    replaced_keys,
    retire_replaced,
    signers_of,
    unregistered,
)
from consent.services.sealing_counts import next_count
from consent.services.sealing_head import (
    OvertakenError,
    found_fault,
    require_sound,
    with_head,
)
from consent.store import log_sealing as store
from consent.store.action_counts import StoredCount, insert_count
from consent.store.database import AnySession, write_transaction
from consent.store.log import TAMPERED, Log, LogState, find_log, find_state, tile_reader
from consent.store.log_heads import StoredCheckpoint, insert_checkpoint

BATCHES = {"postgresql": 1000, "sqlite": 500}


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was added to a log, and its head afterwards; `counted` is the newest count signed."""

    log_id: str
    count: int
    size: int
    root: bytes
    counted: str | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch as computed, and the head that it was computed from."""

    before: LogState
    ids: tuple[str, ...]
    after: Appended
    checkpoint: StoredCheckpoint
    acts: StoredCount | None


def seal_once(
    session: AnySession, log_id: str, keys: Keys, *, now: int, batch: int | None = None
) -> Sealed | None:
    """Seal one batch of what waits; None when nothing does, or somebody else seals just now.

    Raises LogRefusedError when the log is not to be signed.
    """
    log = get_log(session, log_id)
    begin_log(session, log, keys, now=now)
    limit = batch or BATCHES[session.get_bind().dialect.name]
    made = with_head(
        session,
        log_id,
        lambda: _compute(session, log, keys, now, limit),
        lambda batch: _store(session, batch),
        now=now,
    )
    if made is None:
        return None
    counted = None if made.acts is None else made.acts.note
    return Sealed(log_id, len(made.ids), made.after.size, made.after.root, counted)


def seal_all(
    session: AnySession, log_id: str, keys: Keys, *, now: int, batch: int | None = None
) -> Sealed | None:
    """Seal batch after batch until nothing waits; None when nothing was sealed."""
    count = 0
    sealed = None
    while (latest := seal_once(session, log_id, keys, now=now, batch=batch)) is not None:
        count += latest.count
        counted = latest.counted or (None if sealed is None else sealed.counted)
        sealed = Sealed(log_id, count, latest.size, latest.root, counted)
    return sealed


def begin_log(session: AnySession, log: Log, keys: Keys, *, now: int) -> None:
    """Have a log ready to be sealed: its empty tree, and the keys that sign it now."""
    signers_are_due = bool(unregistered(session, log, keys)) or bool(
        replaced_keys(session, log, keys, now=now)
    )
    is_new = find_state(session, log.log_id) is None
    if not is_new and not signers_are_due:
        return
    with write_transaction(session):
        if is_new:
            _begin_tree(session, log.log_id, now)
        register_keys(session, log, keys, now=now)
        retire_replaced(session, log, keys, now=now)


def get_log(session: AnySession, log_id: str) -> Log:
    """Return a log; raise NotFoundError when there is none of this id."""
    log = find_log(session, log_id)
    if log is None:
        raise NotFoundError(f"there is no log {log_id}")
    return log


def _begin_tree(session: AnySession, log_id: str, now: int) -> None:
    is_new = store.insert_state(session, log_id, EMPTY_ROOT, now)
    if is_new and store.has_remains(session, log_id):
        store.refuse(session, log_id, TAMPERED, "The state of a sealed log was removed.", now)


def _compute(session: AnySession, log: Log, keys: Keys, now: int, limit: int) -> _Batch | None:
    pending = store.take_pending(session, log.log_id, limit)
    if not pending:
        return None
    before = require_sound(session, log, keys)
    signers = signers_of(session, log, keys)
    read = tile_reader(session, log.log_id)
    after = append_entries(read, before.size, [one.entry for one in pending])
    head = Checkpoint(log.origin, after.size, after.root)
    note = sign_checkpoint(head, signers.log, signers.clock, now // 1000)
    checkpoint = StoredCheckpoint(log.log_id, after.size, now, note, published=False)
    added = [leaf for leaf, one in enumerate(pending, start=before.size) if one.is_action]
    acts = next_count(session, log, keys, signers, added=added, size=after.size, now=now)
    return _Batch(before, tuple(one.event_id for one in pending), after, checkpoint, acts)


def _store(session: AnySession, batch: _Batch) -> None:
    """Move the head on and all that follows it, or raise OvertakenError."""
    before, after, log_id = batch.before, batch.after, batch.before.log_id
    is_ours = store.advance_state(
        session,
        log_id,
        size=before.size,
        root=before.root,
        new_size=after.size,
        new_root=after.root,
    )
    if not is_ours or store.drop_pending(session, batch.ids) != len(batch.ids):
        raise OvertakenError
    store.put_tiles(session, log_id, after.tiles)
    try:
        store.index_leaves(session, log_id, batch.ids, before.size)
    except IntegrityError as error:
        raise found_fault("An entry that waits is in the log already.") from error
    insert_checkpoint(session, batch.checkpoint)
    if batch.acts is not None:
        insert_count(session, batch.acts)
