"""Whose signatures count: keys from outside where the checker has them, else the log's own word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from consent.audit.action_counts import ActionCount, open_action_count
from consent.audit.checkpoints import OpenedCheckpoint, clock_key_name, open_checkpoint
from consent.audit.notes import (
    CosignatureVerifier,
    NoteVerifier,
    Verifier,
    parse_signature_line,
    parse_vkey,
    public_bytes,
    split_note,
)
from consent.audit.policies import Policy, Witness, parse_policy
from consent.audit.receipts import Receipt, open_receipt, receipt_key_name
from consent.errors import RecordFormatError


@dataclass(frozen=True, slots=True)
class Given:
    """What a checker brings along: policies and public keys got by another way than the log."""

    policies: tuple[Policy, ...] = ()
    vkeys: tuple[Verifier, ...] = ()

    @property
    def origins(self) -> set[str]:
        """The logs whose own keys were given."""
        keys = [key for policy in self.policies for key in policy.log_keys]
        keys += [key for key in self.vkeys if isinstance(key, NoteVerifier)]
        return {key.name for key in keys if not key.name.endswith(receipt_key_name(""))}


def read_given(policies: Sequence[str], vkeys: Sequence[str]) -> Given:
    """Return what was given as texts; raise RecordFormatError for what is no policy and no key."""
    return Given(tuple(map(parse_policy, policies)), tuple(map(parse_vkey, vkeys)))


@dataclass(slots=True)
class Trust:
    """The keys one log is checked by; those that were withdrawn on the way are left out."""

    origin: str
    policy: Policy
    outside_roles: tuple[str, ...]  # log, clock, receipt, witness
    withdrawn: set[str] = field(default_factory=set)
    grown: list[str] = field(default_factory=list)  # keys the log announced, trusted since
    _announced: list[Verifier] = field(default_factory=list)
    _used: set[tuple[str, bytes]] = field(default_factory=set)

    def open(self, note: str) -> OpenedCheckpoint:
        """Return the head in a note; raise RecordFormatError unless the log's keys signed it."""
        policy = self.policy
        opened = open_checkpoint(
            note,
            [key for key in policy.log_keys if key.vkey not in self.withdrawn],
            [key for key in policy.clock_keys if key.vkey not in self.withdrawn],
            [witness.verifier for witness in policy.witnesses],
        )
        if opened.checkpoint.origin != self.origin:
            raise RecordFormatError(f"it is one of {opened.checkpoint.origin}, not {self.origin}")
        lines = map(parse_signature_line, split_note(note)[1])
        self._used.update((line.name, line.key_id) for line in lines)
        return opened

    def open_count(self, note: str) -> ActionCount:
        """Return a count of acts; raise RecordFormatError unless the log's keys signed it."""
        keys = [key for key in self.policy.log_keys if key.vkey not in self.withdrawn]
        count = open_action_count(note, keys)
        if count.origin != self.origin:
            raise RecordFormatError(f"it is one of {count.origin}, not {self.origin}")
        return count

    def announce(self, vkey: str) -> None:
        """Learn of a key that the log announces; it counts when a trusted head covers that."""
        try:
            self._announced.append(parse_vkey(vkey))
        except RecordFormatError:
            return  # such a key opens nothing

    def grow(self) -> bool:
        """Trust what was announced below the head that was just seen; say if anything is new."""
        before = len(self.grown)
        for key in self._announced:
            self._grow_by(key)
        self._announced.clear()
        return len(self.grown) > before

    def _grow_by(self, key: Verifier) -> None:
        policy, origin = self.policy, self.origin
        keys: list[Verifier] = [*policy.log_keys, *policy.clock_keys, *policy.receipt_keys]
        known = {one.vkey for one in keys}
        if key.vkey in known or key.vkey in self.withdrawn:
            return
        match key:
            case NoteVerifier(name=name) if name == origin and "log" in self.outside_roles:
                self.policy = replace(policy, log_keys=(*policy.log_keys, key))
            case NoteVerifier(name=name) if (
                name == receipt_key_name(origin) and "receipt" in self.outside_roles
            ):
                self.policy = replace(policy, receipt_keys=(*policy.receipt_keys, key))
            case CosignatureVerifier(name=name) if (
                name == clock_key_name(origin) and "clock" in self.outside_roles
            ):
                self.policy = replace(policy, clock_keys=(*policy.clock_keys, key))
            case _:
                return
        self.grown.append(key.vkey)

    def has_signed(self, vkey: str) -> bool:
        """Say whether a key has signed any of the heads that were opened."""
        key = parse_vkey(vkey)
        return (key.name, key.key_id) in self._used

    def open_receipt(self, note: str) -> Receipt:
        """Return what a receipt promises; raise RecordFormatError unless this log signed it."""
        for key in self.policy.receipt_keys:
            try:
                return open_receipt(key, note)
            except RecordFormatError:
                continue
        raise RecordFormatError(f"no receipt key of {self.origin} signed it")

    def own_keys(self) -> dict[str, list[str]]:
        """Return the public keys that the log came with itself, by role: it announces them all."""
        roles: dict[str, Sequence[Verifier]] = {
            "log": self.policy.log_keys,
            "clock": self.policy.clock_keys,
            "receipt": self.policy.receipt_keys,
        }
        return {
            role: [key.vkey for key in keys]
            for role, keys in roles.items()
            if role not in self.outside_roles
        }


def trust_for(origin: str, own: Policy | None, given: Given) -> Trust:
    """Return the keys for the log of an origin: the given ones, role by role, before its own."""
    chosen = next(
        (one for one in given.policies if any(key.name == origin for key in one.log_keys)), None
    )
    base = chosen or own or Policy(())
    outside = {role for role in ("log", "clock", "receipt", "witness") if _has(chosen, role)}
    log = [key for key in given.vkeys if isinstance(key, NoteVerifier) and key.name == origin]
    receipt = [key for key in given.vkeys if key.name == receipt_key_name(origin)]
    clock = [key for key in given.vkeys if key.name == clock_key_name(origin)]
    if chosen is not None and own is not None:
        base = _completed(base, own)
    if log:
        base = replace(base, log_keys=tuple(log))
        outside.add("log")
    if receipt:
        keys = tuple(key for key in receipt if isinstance(key, NoteVerifier))
        base, outside = replace(base, receipt_keys=keys), outside | {"receipt"}
    if clock:
        cosigners = tuple(key for key in clock if not isinstance(key, NoteVerifier))
        base, outside = replace(base, clock_keys=cosigners), outside | {"clock"}
    base = _with_witnesses(base, given, origin)
    return Trust(origin, base, tuple(sorted(outside)))


def _has(policy: Policy | None, role: str) -> bool:
    if policy is None:
        return False
    keys = {
        "log": policy.log_keys,
        "clock": policy.clock_keys,
        "receipt": policy.receipt_keys,
        "witness": policy.witnesses,
    }
    return bool(keys[role])


def _completed(base: Policy, own: Policy) -> Policy:
    """Take the log's word for clock and receipts where a given policy says nothing of them."""
    return replace(
        base,
        clock_keys=base.clock_keys or own.clock_keys,
        receipt_keys=base.receipt_keys or own.receipt_keys,
    )


def _with_witnesses(base: Policy, given: Given, origin: str) -> Policy:
    """Add the given keys of witnesses; a key of the log's own is none."""
    own = {public_bytes(key.public) for key in base.log_keys}
    own |= {public_bytes(key.public) for key in base.clock_keys}
    known = {witness.verifier.vkey for witness in base.witnesses}
    added = tuple(
        Witness(key.name, key)
        for key in given.vkeys
        if not isinstance(key, NoteVerifier)
        and key.name != clock_key_name(origin)
        and key.vkey not in known
        and public_bytes(key.public) not in own
    )
    return replace(base, witnesses=(*base.witnesses, *added))
