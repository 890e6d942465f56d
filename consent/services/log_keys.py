"""The keys of a log: which are known to everyone, which sign now, when an old one stops.

A new key of the log or its clock signs at once, and the old one beside it for 30 days, so that
whoever knows only the old one can still check. A new key of receipts waits a day before it signs:
by then every process has it, and a repeated answer is the same bytes whichever process gives it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.action_counts import ActionCount, open_action_count
from consent.audit.checkpoints import OpenedCheckpoint, clock_key_name, open_checkpoint
from consent.audit.notes import (
    ClockSigner,
    CosignatureVerifier,
    NoteSigner,
    NoteVerifier,
    Verifier,
    parse_vkey,
)
from consent.audit.policies import Policy, Witness, format_policy
from consent.audit.receipts import receipt_key_name
from consent.audit.records import KeyAction, key_record
from consent.core.ids import uuid7
from consent.core.times import MILLIS_PER_DAY
from consent.errors import LogRefusedError, NotFoundError, RecordFormatError
from consent.services.keys import Keys, LogKeys
from consent.services.staging import stage_record
from consent.store import log_keys as store
from consent.store.database import AnySession
from consent.store.log import Log, find_log
from consent.store.log_keys import CLOCK, LOG, RECEIPT, LogKey, list_ended, list_keys

ROLES = (LOG, CLOCK, RECEIPT)

OVERLAP_MS: Mapping[str, int] = {
    LOG: 30 * MILLIS_PER_DAY,
    CLOCK: 30 * MILLIS_PER_DAY,
    RECEIPT: MILLIS_PER_DAY,
}

FIRST_USE = "first use"
ROTATION = "replaced by a newer key"


@dataclass(frozen=True, slots=True)
class Signers:
    """What signs the head of a log now."""

    log: tuple[NoteSigner, ...]
    clock: tuple[ClockSigner, ...]


def held_vkeys(origin: str, keys: Keys) -> dict[str, list[str]]:
    """Return the public keys of what a process holds for a log, by role, oldest first."""
    held = {RECEIPT: [_receipt_signer(origin, key).verifier.vkey for key in keys.receipts]}
    return held if keys.log is None else held | sealing_vkeys(origin, keys.log)


def sealing_vkeys(origin: str, keys: LogKeys) -> dict[str, list[str]]:
    """Return the public keys of what seals a log, by role, oldest first."""
    return {
        LOG: [NoteSigner(origin, key).verifier.vkey for key in keys.log],
        CLOCK: [_clock_signer(origin, key).verifier.vkey for key in keys.clock],
    }


def unregistered(session: AnySession, log: Log, keys: Keys) -> list[tuple[str, str]]:
    """Return role and public key of what a process holds and the log is to get to know.

    A key that has ended in another log, such as an earlier epoch, does not begin anew in this one.
    """
    known = {key.vkey for key in list_keys(session, log.log_id)}
    held = held_vkeys(log.origin, keys)
    new = [(role, vkey) for role in ROLES for vkey in held.get(role, ()) if vkey not in known]
    ended = {_material(vkey) for vkey in list_ended(session)} if new else set()
    return [(role, vkey) for role, vkey in new if _material(vkey) not in ended]


def register_keys(
    session: AnySession, log: Log, keys: Keys, *, now: int, reason: str = FIRST_USE
) -> int:
    """Make a process's keys known in its log, each with a record; return how many were new.

    A part of the caller's writing transaction.
    """
    new = unregistered(session, log, keys)
    count = 0
    for role, vkey in new:
        # Another process may be at the same: the one that adds the key also adds the record.
        if store.insert_key(session, LogKey(log.log_id, vkey, role, now, None)):
            _stage(session, log, role, vkey, "add", reason, now)
            count += 1
    return count


def retire_replaced(session: AnySession, log: Log, keys: Keys, *, now: int) -> int:
    """Retire the keys whose successor has been known long enough; return how many.

    A part of the caller's writing transaction.
    """
    due = replaced_keys(session, log, keys, now=now)
    for key in due:
        end_key(session, log, key, action="retire", reason=ROTATION, now=now)
    return len(due)


def replaced_keys(session: AnySession, log: Log, keys: Keys, *, now: int) -> list[LogKey]:
    """Return the keys that are to stop signing."""
    known = list_keys(session, log.log_id)
    return [
        key
        for role, held in held_vkeys(log.origin, keys).items()
        for key in _replaced([one for one in known if one.role == role], held, now)
    ]


def end_key(
    session: AnySession, log: Log, key: LogKey, *, action: KeyAction, reason: str, now: int
) -> None:
    """Let a key sign no more, with a record that says so; in the caller's transaction."""
    if store.retire_key(session, key, now):  # or another process has just done so
        _stage(session, log, key.role, key.vkey, action, reason, now)


def signers_of(session: AnySession, log: Log, keys: Keys) -> Signers:
    """Return what signs the head of a log; raise LogRefusedError when that is nothing."""
    if keys.log is None:
        raise LogRefusedError(f"this process does not hold the key of log {log.log_id}")
    active = {key.vkey for key in list_keys(session, log.log_id) if key.retired_at is None}
    by_log = [NoteSigner(log.origin, key) for key in keys.log.log]
    by_clock = [_clock_signer(log.origin, key) for key in keys.log.clock]
    signers = Signers(
        tuple(one for one in by_log if one.verifier.vkey in active),
        tuple(one for one in by_clock if one.verifier.vkey in active),
    )
    if not signers.log or not signers.clock:
        raise LogRefusedError(
            f"every key that this process holds for log {log.log_id} is retired; "
            "restart it with the newest keys"
        )
    return signers


def open_own(session: AnySession, log: Log, note: str, keys: Keys) -> OpenedCheckpoint:
    """Return the checkpoint of a note that this log has signed, with a key of then or now.

    Raises RecordFormatError when it has not.
    """
    verifiers = _own_verifiers(session, log, keys)
    return open_checkpoint(
        note,
        [one for one in verifiers if isinstance(one, NoteVerifier)],
        [one for one in verifiers if isinstance(one, CosignatureVerifier)],
    )


def open_own_count(session: AnySession, log: Log, note: str, keys: Keys) -> ActionCount:
    """Return the count of acts in a note that this log has signed, with a key of then or now.

    Raises RecordFormatError when it has not.
    """
    verifiers = _own_verifiers(session, log, keys)
    count = open_action_count(note, [one for one in verifiers if isinstance(one, NoteVerifier)])
    if count.origin != log.origin:
        raise RecordFormatError(f"the count is one of {count.origin}")
    return count


def policy_of(session: AnySession, log_id: str, witnesses: Sequence[Witness] = ()) -> Policy:
    """Return the keys that sign, or have signed, for a log; raise NotFoundError for no log."""
    if find_log(session, log_id) is None:
        raise NotFoundError(f"there is no log {log_id}")
    known = list_keys(session, log_id)
    by_role = {role: [parse_vkey(key.vkey) for key in known if key.role == role] for role in ROLES}
    return Policy(
        log_keys=tuple(one for one in by_role[LOG] if isinstance(one, NoteVerifier)),
        clock_keys=tuple(one for one in by_role[CLOCK] if isinstance(one, CosignatureVerifier)),
        receipt_keys=tuple(one for one in by_role[RECEIPT] if isinstance(one, NoteVerifier)),
        witnesses=tuple(witnesses),
    )


def policy_text(session: AnySession, log_id: str) -> str:
    """Return the policy file of a log (C2SP tlog-policy), for whoever checks it."""
    return format_policy(policy_of(session, log_id))


def receipt_signer(origin: str, known: Sequence[LogKey], keys: Keys, received: int) -> NoteSigner:
    """Return what signs the receipt of a record received at an instant: always the same key.

    `known` has the receipt keys of the log. A newer key signs what was received from a day after
    it became known, or from when every older one was withdrawn.
    """
    rows = {key.vkey: key for key in known}
    held = [_receipt_signer(origin, private) for private in keys.receipts]
    signers = [one for one in held if one.verifier.vkey in rows] or held[:1]
    chosen = signers[0]
    for number, signer in enumerate(signers[1:], start=1):
        row = rows.get(signer.verifier.vkey)
        older = [rows.get(one.verifier.vkey) for one in signers[:number]]
        if (
            row is not None
            and row.added_at <= received
            and (row.added_at + OVERLAP_MS[RECEIPT] <= received or _all_ended(older, received))
        ):
            chosen = signer
    return chosen


def receipt_verifiers(origin: str, known: Sequence[LogKey], keys: Keys) -> Iterator[NoteVerifier]:
    """Yield every key that may have signed a receipt of a log, the newest first."""
    vkeys = dict.fromkeys(held_vkeys(origin, keys)[RECEIPT][::-1])
    vkeys |= dict.fromkeys(key.vkey for key in reversed(known) if key.role == RECEIPT)
    for verifier in map(parse_vkey, vkeys):
        if isinstance(verifier, NoteVerifier):
            yield verifier


def _own_verifiers(session: AnySession, log: Log, keys: Keys) -> list[Verifier]:
    vkeys = {key.vkey for key in list_keys(session, log.log_id)}
    vkeys.update(vkey for held in held_vkeys(log.origin, keys).values() for vkey in held)
    return [parse_vkey(vkey) for vkey in sorted(vkeys)]


def _replaced(known: Sequence[LogKey], held: Sequence[str], now: int) -> list[LogKey]:
    """Return the keys of one role that the newest held one has replaced for long enough."""
    rows = {key.vkey: key for key in known}
    newest = rows.get(held[-1])
    if newest is None or newest.retired_at is not None:
        return []
    if newest.added_at + OVERLAP_MS[newest.role] > now:
        return []
    return [
        key
        for key in known
        if key.retired_at is None
        and key.vkey != newest.vkey
        and (key.vkey in held or key.added_at < newest.added_at)
    ]


def _all_ended(keys: Sequence[LogKey | None], at: int) -> bool:
    return all(key is None or (key.retired_at or at + 1) <= at for key in keys)


def _receipt_signer(origin: str, private: Ed25519PrivateKey) -> NoteSigner:
    return NoteSigner(receipt_key_name(origin), private)


def _clock_signer(origin: str, private: Ed25519PrivateKey) -> ClockSigner:
    return ClockSigner(clock_key_name(origin), private)


def _material(vkey: str) -> str:
    """Return what is the same in each log that a key signs for."""
    return vkey.split("+", 2)[2]


def _stage(
    session: AnySession, log: Log, role: str, vkey: str, action: KeyAction, reason: str, now: int
) -> None:
    record = key_record(
        id=uuid7(now, os.urandom(10)), at=now, vkey=vkey, role=role, action=action, reason=reason
    )
    stage_record(session, log.log_id, record)
