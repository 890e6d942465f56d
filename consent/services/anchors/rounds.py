"""One round of anchoring a log: each authority and witness that is due is asked once.

Nothing is held while others are asked: the database is read before, and written after each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint, parse_checkpoint
from consent.audit.notes import split_note
from consent.audit.policies import Witness
from consent.audit.proofs import consistency_proof, verify_consistency
from consent.audit.tiles import root_at
from consent.errors import ProofError
from consent.services.anchors.configured import Anchors
from consent.services.anchors.errors import AnchorError, LargerElsewhereError, OtherHistoryError
from consent.services.anchors.timestamps import Authority, request_stamp
from consent.services.anchors.witnesses import request_cosignature
from consent.services.sealing_head import Contradiction
from consent.store.anchored import RFC3161, WITNESS, newest_anchor
from consent.store.database import write_transaction
from consent.store.log import FORKED, ROLLED_BACK, find_state, tile_reader
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.log_heads import StoredCheckpoint, latest_published

STAMP_EVERY_MS = 23 * 3_600_000  # once a day, whatever a round takes

OpenSession = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one party; `at` is the instant it vouches for (ms), None on failure."""

    kind: str
    name: str
    size: int
    at: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement(Outcome):
    """A witness has signed what this log cannot have become; `note` is our head that it refused."""

    status: str = FORKED
    note: str = ""

    @property
    def contradiction(self) -> Contradiction:
        """Why the log must not be signed any more."""
        detail = f"Witness {self.name}: {self.error}. It refused this head:\n\n{self.note}"
        return Contradiction(self.status, detail)


def anchor_log(
    open_session: OpenSession,
    log_id: str,
    anchors: Anchors,
    now: int,
    *,
    passed_over: Collection[str] = (),
    at_once: bool = False,
) -> Iterator[Outcome]:
    """Ask everyone who is due about the newest published head of a log; store what they say.

    `passed_over` names those who are not to be asked now. With `at_once`, whoever does not vouch
    for this head yet is due.
    """
    with open_session() as session:
        stored = latest_published(session, log_id)
        if stored is None:
            return
        last = {
            party.name: newest_anchor(session, log_id, party.kind, party.name)
            for party in _parties(anchors)
        }
    head = _Head(stored, parse_checkpoint(split_note(stored.note)[0]))
    for party in _parties(anchors):
        known = last[party.name]
        is_due = party.is_due(head, known, now) or (at_once and not _covers(known, head))
        if is_due and party.name not in passed_over:
            yield _ask(open_session, party, head, known)


@dataclass(frozen=True, slots=True)
class _Head:
    stored: StoredCheckpoint
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class _AuthorityParty:
    authority: Authority
    kind: str = RFC3161

    @property
    def name(self) -> str:
        return self.authority.url

    def is_due(self, head: _Head, last: Anchor | None, now: int) -> bool:
        """Once a day, while the log grows: the same text again would say nothing new."""
        if last is None:
            return True
        return last.size != head.stored.size and abs(now - last.at) >= STAMP_EVERY_MS

    def ask(self, _open_session: OpenSession, head: _Head, _last: Anchor | None) -> Anchor:
        stamp = request_stamp(self.authority, head.checkpoint.text)
        return _anchor(head, self.kind, self.name, stamp.reply, stamp.at)


@dataclass(frozen=True, slots=True)
class _WitnessParty:
    witness: Witness
    kind: str = WITNESS

    @property
    def name(self) -> str:
        return self.witness.verifier.name

    def is_due(self, head: _Head, last: Anchor | None, _now: int) -> bool:
        """At every published head, also one that only renews its time."""
        return last is None or (last.size, last.created) != (head.stored.size, head.stored.created)

    def ask(self, open_session: OpenSession, head: _Head, last: Anchor | None) -> Anchor:
        known = last.size if last is not None and last.size <= head.stored.size else 0
        signed = request_cosignature(
            self.witness,
            head.checkpoint,
            head.stored.note,
            known=known,
            prove=lambda old: _prove_growth(open_session, head, old),
        )
        return _anchor(head, self.kind, self.name, signed.line.encode(), signed.time_s * 1000)


_Party = _AuthorityParty | _WitnessParty


def _parties(anchors: Anchors) -> list[_Party]:
    return [
        *(_WitnessParty(witness) for witness in anchors.witnesses),
        *(_AuthorityParty(authority) for authority in anchors.authorities),
    ]


def _covers(anchor: Anchor | None, head: _Head) -> bool:
    return anchor is not None and anchor.size == head.stored.size


def _ask(open_session: OpenSession, party: _Party, head: _Head, last: Anchor | None) -> Outcome:
    size, note = head.stored.size, head.stored.note
    try:
        anchor = party.ask(open_session, head, last)
    except LargerElsewhereError as error:
        if _has_grown_to(open_session, head.stored.log_id, error.size):
            return Outcome(party.kind, party.name, size, None, "it has seen a newer head already")
        return Disagreement(party.kind, party.name, size, None, str(error), ROLLED_BACK, note)
    except OtherHistoryError as error:
        return Disagreement(party.kind, party.name, size, None, str(error), FORKED, note)
    except AnchorError as error:
        return Outcome(party.kind, party.name, size, None, str(error))
    with open_session() as session, write_transaction(session):
        insert_anchor(session, anchor)
    return Outcome(party.kind, party.name, size, anchor.at)


def _has_grown_to(open_session: OpenSession, log_id: str, size: int) -> bool:
    """Say whether the log has by now what a witness has seen: others publish meanwhile."""
    with open_session() as session:
        state = find_state(session, log_id)
    return state is not None and state.size >= size


def _prove_growth(open_session: OpenSession, head: _Head, old: int) -> Sequence[bytes]:
    """Return a consistency proof that we have checked ourselves: a false one would look a fork."""
    checkpoint = head.checkpoint
    with open_session() as session:
        read = tile_reader(session, head.stored.log_id)
        try:
            proof = consistency_proof(read, old, checkpoint.size)
            old_root = root_at(read, old)
            verify_consistency(old, old_root, checkpoint.size, checkpoint.root, proof)
        except ProofError as error:
            raise AnchorError(f"our own tiles do not prove the log's growth ({error})") from error
    return proof


def _anchor(head: _Head, kind: str, name: str, blob: bytes, at: int) -> Anchor:
    stored = head.stored
    return Anchor(stored.log_id, stored.size, stored.created, kind, name, blob, at)
