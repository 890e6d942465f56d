"""Prove from the log: that a record is in it, and that it only grew.

The size comes first: every proof is made for a head that others were shown, and reads the tiles as
they were then, however far the log has come since.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace

from consent.audit.policies import Policy
from consent.audit.proofs import consistency_proof, inclusion_proof
from consent.audit.tiles import ENTRIES, Tile, cut
from consent.audit.tlog_proof import TlogProof, opening_extra
from consent.core.ids import uuid7
from consent.errors import NotFoundError, NotPermittedError, ProofError, RuleError
from consent.services.log_keys import policy_of
from consent.store.anchored import WITNESS, newest_anchor
from consent.store.database import AnySession, write_transaction
from consent.store.events import StoredEvent, find_event_to_prove
from consent.store.log import Leaf, Log, find_leaf, find_log, list_logs, tile_reader
from consent.store.log_anchors import served_note
from consent.store.log_heads import StoredCheckpoint, find_checkpoint, latest_published
from consent.store.log_leaves import list_leaves
from consent.store.officers import Officer, record_action

PROVE = "record:prove"

_BITS_PER_LEVEL = 8


@dataclass(frozen=True, slots=True)
class ServedCheckpoint:
    """A published head as others get it: the note with its witnesses' lines."""

    stored: StoredCheckpoint
    note: str


def find_proof(
    session: AnySession, event_id: str, *, extra: bytes | None = None
) -> TlogProof | None:
    """Return the proof that a record is in its log; None until a head that has it is published.

    `extra` opens the entry, for whoever may see the record.
    """
    leaf = find_leaf(session, event_id)
    head = None if leaf is None else _best_head(session, leaf)
    if leaf is None or head is None:
        return None
    path = inclusion_proof(tile_reader(session, leaf.log_id), head.size, leaf.index)
    return TlogProof(extra, leaf.index, tuple(path), served_note(session, head))


def prove(session: AnySession, stored: StoredEvent, *, bare: bool = False) -> str | None:
    """Return the proof of an event as a file, with what opens it unless it is to be `bare`."""
    extra = None if bare else opening_extra(stored.salt, stored.payload.encode())
    proof = find_proof(session, stored.event.id, extra=extra)
    return None if proof is None else proof.text


def find_for_officer(
    session: AnySession, site_id: str, event_id: str, *, officer: Officer, now: int
) -> StoredEvent:
    """Return an event whose proof an officer checks, and note that he did.

    It may be one that was erased and is kept: this is the only view of it. Raises
    NotPermittedError when the site is not the officer's, NotFoundError when there is no such event.
    """
    if not officer.may_see([site_id]):
        raise NotPermittedError("this officer may not see this site")
    stored = find_event_to_prove(session, event_id)
    if stored is None or stored.event.site != site_id:
        raise NotFoundError("this site has no such record")
    with write_transaction(session):
        record_action(
            session,
            officer=officer.name,
            action=PROVE,
            subject_id=uuid7(now, os.urandom(10)),  # an id of the record would outlive its erasure
            detail={"site": site_id},
            now=now,
        )
    return stored


def provable(session: AnySession, event_ids: Collection[str]) -> set[str]:
    """Return those records of which a proof can be had now."""
    leaves = list_leaves(session, event_ids)
    log_ids = {leaf.log_id for leaf in leaves.values()}
    sizes = {log_id: _published_size(session, log_id) for log_id in log_ids}
    return {event_id for event_id, leaf in leaves.items() if leaf.index < sizes[leaf.log_id]}


def find_head(session: AnySession, log_id: str) -> ServedCheckpoint | None:
    """Return the newest published head of a log; None while there is none.

    Raises NotFoundError when there is no such log.
    """
    _require_log(session, log_id)
    head = latest_published(session, log_id)
    return None if head is None else ServedCheckpoint(head, served_note(session, head))


def find_tile(session: AnySession, log_id: str, tile: Tile) -> bytes:
    """Return a tile of the published tree, as wide as was asked.

    Raises NotFoundError for a tile that is not in that tree, or not as wide there.
    """
    if not _is_published(tile, _published_size(session, log_id)):
        raise NotFoundError("the published log has no such tile")
    return cut(tile, tile_reader(session, log_id)(tile.level, tile.n))


def find_consistency(
    session: AnySession, log_id: str, *, old: int, new: int | None = None
) -> list[bytes]:
    """Return the hashes that show one published size of a log to be the beginning of a later one.

    Raises NotFoundError beyond the published size, RuleError where `old` is the larger one.
    """
    _require_log(session, log_id)
    published = _published_size(session, log_id)
    new = published if new is None else new
    if new > published:
        raise NotFoundError(f"{published} entries of this log are published, not {new}")
    try:
        return consistency_proof(tile_reader(session, log_id), old, new)
    except ProofError as error:
        if old <= new:
            raise
        raise RuleError(str(error)) from error


def log_policy(session: AnySession, log_id: str, outside: Policy | None) -> Policy:
    """Return whose signatures make a head of a log valid, those of its witnesses included.

    `outside` is the operator's own policy of witnesses. Raises NotFoundError for no log.
    """
    policy = policy_of(session, log_id)
    if outside is None:
        return policy
    return replace(
        policy, witnesses=outside.witnesses, groups=outside.groups, quorum=outside.quorum
    )


def list_policies(
    session: AnySession, name: str, outside: Policy | None
) -> list[tuple[Log, Policy]]:
    """Return every epoch of a log with its keys, oldest first."""
    return [
        (log, log_policy(session, log.log_id, outside))
        for log in list_logs(session)
        if log.name == name
    ]


def _best_head(session: AnySession, leaf: Leaf) -> StoredCheckpoint | None:
    """Return the newest head that has a leaf, one that others have witnessed if there is any."""
    anchor = newest_anchor(session, leaf.log_id, WITNESS)
    if anchor is not None and anchor.size > leaf.index:
        witnessed = find_checkpoint(session, leaf.log_id, anchor.size, anchor.created)
        if witnessed is not None and witnessed.published:
            return witnessed
    return latest_published(session, leaf.log_id, min_size=leaf.index + 1)


def _published_size(session: AnySession, log_id: str) -> int:
    head = latest_published(session, log_id)
    return 0 if head is None else head.size


def _require_log(session: AnySession, log_id: str) -> None:
    if find_log(session, log_id) is None:
        raise NotFoundError("there is no such log")


def _is_published(tile: Tile, size: int) -> bool:
    level = 0 if tile.level == ENTRIES else tile.level
    first = tile.n * (1 << _BITS_PER_LEVEL)
    return first + tile.width <= size >> (_BITS_PER_LEVEL * level)
