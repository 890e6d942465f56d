"""Check the proof of one record now, as a stranger would: from the file that anyone could be given.

The file is read back and held against the record, the signatures of its checkpoint and the path
through the tree; then against what the database shows beside it. Nothing is taken for granted
because it is our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from consent.audit.checkpoints import OpenedCheckpoint
from consent.audit.entry import commitment, leaf_hash
from consent.audit.policies import Policy
from consent.audit.proofs import consistency_proof, verify_consistency, verify_inclusion
from consent.audit.records import consent_record
from consent.audit.tlog_proof import TlogProof, parse_tlog_proof, read_opening
from consent.errors import ProofError, RecordFormatError
from consent.services.anchoring import AnchoredState, anchored_state
from consent.services.proving import log_policy, prove
from consent.store.anchored import OUTSIDE, newest_anchor
from consent.store.database import AnySession
from consent.store.events import StoredEvent
from consent.store.log import OK, Leaf, find_leaf, find_state, pending_log_of, tile_reader
from consent.store.log_anchors import Anchor
from consent.store.log_heads import latest_published


class Outcome(StrEnum):
    """What a check found. `waiting` is no fault: the log is published once a minute."""

    PROVEN = "proven"
    WAITING = "waiting"
    UNLOGGED = "unlogged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """What is proven of one record, by which checkpoint, and who else vouches for it.

    `signed_at` is the log's own clock and `witnesses` has the times of others, both in seconds;
    `anchors` are outside statements over heads that have this record, the newest of each kind.
    """

    outcome: Outcome
    fault: str = ""
    log_id: str = ""
    leaf: int | None = None
    opened: OpenedCheckpoint | None = None
    newest_size: int | None = None
    anchors: tuple[Anchor, ...] = ()
    anchored: AnchoredState | None = None
    log_is_ok: bool = True
    proof: str = field(default="", repr=False)

    @property
    def is_proven(self) -> bool:
        return self.outcome is Outcome.PROVEN


def check_record(
    session: AnySession, stored: StoredEvent, *, outside: Policy | None, now: int
) -> RecordCheck:
    """Return what the log proves of a record at this moment.

    `outside` is the operator's policy of witnesses.
    """
    fault = _own_fault(stored)
    if fault is not None:
        return RecordCheck(Outcome.FAILED, fault)
    leaf = find_leaf(session, stored.event.id)
    if leaf is None:
        waits = pending_log_of(session, stored.event.id) is not None
        return RecordCheck(Outcome.WAITING if waits else Outcome.UNLOGGED)
    try:
        return _check_sealed(session, stored, leaf, outside, now)
    except (ProofError, RecordFormatError) as error:
        return RecordCheck(Outcome.FAILED, str(error), log_id=leaf.log_id, leaf=leaf.index)


def _check_sealed(
    session: AnySession, stored: StoredEvent, leaf: Leaf, outside: Policy | None, now: int
) -> RecordCheck:
    text = prove(session, stored)
    if text is None:
        return RecordCheck(Outcome.WAITING, log_id=leaf.log_id, leaf=leaf.index)
    opened = open_proof(text, stored, log_policy(session, leaf.log_id, outside))
    newest_size = _check_growth(session, leaf.log_id, opened)
    state = find_state(session, leaf.log_id)
    anchors = [newest_anchor(session, leaf.log_id, kind) for kind in OUTSIDE]
    return RecordCheck(
        outcome=Outcome.PROVEN,
        log_id=leaf.log_id,
        leaf=leaf.index,
        opened=opened,
        newest_size=newest_size,
        anchors=tuple(one for one in anchors if one is not None and one.size > leaf.index),
        anchored=anchored_state(session, leaf.log_id, now),
        log_is_ok=state is not None and state.status == OK,
        proof=text,
    )


def open_proof(text: str, stored: StoredEvent, policy: Policy) -> OpenedCheckpoint:
    """Return the checkpoint of a proof that holds for a record.

    Raises ProofError or RecordFormatError where it does not.
    """
    proof = parse_tlog_proof(text)
    if proof.extra is not None:
        salt, record = read_opening(proof.extra)
        if record != stored.payload.encode() or commitment(record, salt) != stored.entry:
            raise ProofError("the proof opens to another record")
    return open_inclusion(proof, stored.entry, policy)


def open_inclusion(proof: TlogProof, entry: bytes, policy: Policy) -> OpenedCheckpoint:
    """Return the checkpoint of a proof that holds for an entry, or raise as `open_proof` does."""
    opened = policy.open(proof.checkpoint)
    checkpoint = opened.checkpoint
    leaf = leaf_hash(entry)
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
    return opened


def _own_fault(stored: StoredEvent) -> str | None:
    """Say what is wrong with a record before any log is asked; None for nothing."""
    try:
        if commitment(stored.payload.encode(), stored.salt) != stored.entry:
            return "the record is not the one its entry was made from"
        if consent_record(stored.event) != stored.payload.encode():
            return "the columns of the database say something else than the record"
    except (RecordFormatError, ValueError) as error:
        return str(error)
    return None


def _check_growth(session: AnySession, log_id: str, opened: OpenedCheckpoint) -> int:
    """Return the newest published size, once it is shown to begin with the proof's tree."""
    newest = latest_published(session, log_id)
    if newest is None:
        raise ProofError("every published checkpoint of the log is gone")
    head = log_policy(session, log_id, None).open(newest.note).checkpoint
    old = opened.checkpoint
    path = consistency_proof(tile_reader(session, log_id), old.size, head.size)
    verify_consistency(old.size, old.root, head.size, head.root, path)
    return head.size
