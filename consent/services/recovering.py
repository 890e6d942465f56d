"""Put a log right after a backup of the database was restored, from a copy of the log.

A restored database has a shorter log than the one that was signed: what it sealed next would make
two histories of one log. So the missing entries come from the copy, and must give the root that was
signed. Records that the backup still had waiting get their leaves back. Which records are lost, the
log says itself. And what was erased since the backup is erased again, before anybody is shown it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consent.audit.records import MAX_LEAF_RANGES, recovery_record
from consent.audit.tree import EMPTY_ROOT
from consent.core.ids import uuid7
from consent.core.retention import DisposalClass
from consent.errors import LogRefusedError
from consent.services.mirrors import Opened
from consent.services.recovery_plan import RecoveryPlan
from consent.services.sealing_counts import forget_count
from consent.services.staging import stage_record
from consent.store import action_disposal as actions
from consent.store import disposal, recovery
from consent.store.action_counts import StoredCount, drop_counts, insert_count
from consent.store.database import AnySession, write_transaction
from consent.store.log import OK, Log, find_state
from consent.store.log_anchors import WITNESS, Anchor, insert_anchor
from consent.store.log_heads import (
    StoredCheckpoint,
    find_checkpoint,
    insert_checkpoint,
    mark_published,
)
from consent.store.log_keys import LogKey, list_keys, retire_key
from consent.store.log_records import LogRecord
from consent.store.log_sealing import (
    advance_state,
    drop_pending,
    insert_state,
    lock_log,
    put_tiles,
    set_status,
)
from consent.store.restriction import restrict_events

_IDS_AT_ONCE = 2_000
_RESTORED = "restored from a copy"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recovery did: how many records were erased again, and hidden again."""

    log_id: str
    size: int
    removed: int
    hidden: int


def recover(session: AnySession, plan: RecoveryPlan, *, now: int) -> Recovered:
    """Put a log right as planned; the sealer goes on from there.

    Raises LogRefusedError when the log has moved on since the plan was made; nothing is changed.
    """
    log_id = plan.log.log_id
    with write_transaction(session):
        lock_log(session, log_id)
        if find_state(session, log_id) != plan.before:
            raise LogRefusedError(f"log {log_id} has changed in the meantime; try again")
        _move_head(session, plan, now)
        _give_back(session, plan)
        _restore_heads(session, plan, now)
        drop_counts(session, log_id, plan.size_before)
        for count, note in plan.counts:
            insert_count(session, StoredCount(log_id, count.size, count.actions, now, note))
        removed = _remove_again(session, plan, now)
        hidden = _hide_again(session, plan, now)
        _stage_records(session, plan, now)
    disposal.empty_journal(session)
    if plan.explains_counts:
        forget_count(log_id, plan.state_files)
    return Recovered(log_id, plan.after.size, removed, hidden)


def _move_head(session: AnySession, plan: RecoveryPlan, now: int) -> None:
    log_id, after = plan.log.log_id, plan.after
    if plan.before is None:
        insert_state(session, log_id, EMPTY_ROOT, now)
    set_status(session, log_id, OK, "", now)
    root = EMPTY_ROOT if plan.before is None else plan.before.root
    if not advance_state(
        session,
        log_id,
        size=plan.size_before,
        root=root,
        new_size=after.size,
        new_root=after.root,
    ):
        raise LogRefusedError(f"log {log_id} has changed in the meantime; try again")
    if after.tiles:
        put_tiles(session, log_id, after.tiles)


def _give_back(session: AnySession, plan: RecoveryPlan) -> None:
    """Store the log's own records again, and say of every record which leaf it is."""
    log_id = plan.log.log_id
    known = recovery.known_records(session, [one.record.id for one in plan.own.values()])
    leaves = dict(plan.relinked)
    for leaf, one in sorted(plan.own.items()):
        leaves[one.record.id] = leaf
        if one.record.id not in known:
            recovery.add_sealed_record(session, _log_record(log_id, one))
            _restore_key(session, plan.log, one)
    recovery.give_leaves(session, log_id, leaves)
    drop_pending(session, list(plan.relinked))


def _log_record(log_id: str, one: Opened) -> LogRecord:
    record = one.record
    return LogRecord(
        id=record.id,
        log_id=log_id,
        type=record.type,
        at=record.at,
        payload=one.payload,
        salt=one.salt,
        entry=one.entry,
    )


def _restore_key(session: AnySession, log: Log, one: Opened) -> None:
    """Know a public key again that was announced, or ended, after the backup."""
    record = one.record
    if record.type != "key":
        return
    vkey, role = record.text("vkey"), record.text("role")
    key = LogKey(log.log_id, vkey, role, record.at, None)
    if record.text("action") == "add":
        recovery.restore_key(session, key)
    elif any(each.vkey == vkey for each in list_keys(session, log.log_id)):
        retire_key(session, key, record.at)


def _restore_heads(session: AnySession, plan: RecoveryPlan, now: int) -> None:
    """Keep the published heads again, which tell when records came, and their anchors."""
    log_id = plan.log.log_id
    restored = set()
    for note in plan.mirror.notes():
        if note.created is None or note.size <= plan.size_before:
            continue
        head = StoredCheckpoint(log_id, note.size, note.created, note.text, published=True)
        if find_checkpoint(session, log_id, note.size, note.created) is None:
            insert_checkpoint(session, head)
        else:
            mark_published(session, head)
        restored.add((note.size, note.created))
    for anchor in plan.mirror.anchors():
        if (anchor.size, anchor.created) in restored and anchor.kind != WITNESS:
            insert_anchor(
                session,
                Anchor(
                    log_id, anchor.size, anchor.created, anchor.kind, _RESTORED, anchor.blob, now
                ),
            )


def _remove_again(session: AnySession, plan: RecoveryPlan, now: int) -> int:
    """Remove what was disposed of after the backup; the log has the records of it already."""
    removed = 0
    for reason, log_id, ranges in plan.again:
        if reason is DisposalClass.RETENTION_ACTION:
            for ids in _chunks(actions.actions_at(session, log_id, ranges)):
                removed += actions.remove_actions(session, ids)
            continue
        for ids in _chunks(recovery.events_at(session, log_id, ranges)):
            disposal.queue_exactly(session, ids, reason, now)
            removed += disposal.remove_events(session, ids)
    return removed


def _hide_again(session: AnySession, plan: RecoveryPlan, now: int) -> int:
    """Hide what was erased and not yet removed, or locked away, when the copy was made."""
    hidden = 0
    for ids in _chunks(recovery.events_at(session, plan.log.log_id, plan.to_restrict)):
        hidden += restrict_events(session, ids, now)
    for ids in _chunks(recovery.events_at(session, plan.log.log_id, plan.to_queue)):
        hidden += disposal.queue_exactly(session, ids, DisposalClass.ERASURE, now)
    return hidden


def _stage_records(session: AnySession, plan: RecoveryPlan, now: int) -> None:
    """Have the log say what was lost; a record has room for some hundreds of ranges."""
    reason = (
        f"a backup with {plan.size_before} entries was restored; {plan.after.size} had been signed"
    )
    parts = [
        plan.lost[at : at + MAX_LEAF_RANGES] for at in range(0, len(plan.lost), MAX_LEAF_RANGES)
    ]
    for part in parts or [()]:
        record = recovery_record(id=uuid7(now, os.urandom(10)), at=now, lost=part, reason=reason)
        stage_record(session, plan.log.log_id, record)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
