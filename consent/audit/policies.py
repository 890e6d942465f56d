"""Trust policies (C2SP tlog-policy): which keys sign a log, and which witnesses it must have.

log <vkey> [<url>]
witness <name> <vkey> [<url>]
group <name> <number, any or all> <name>…
quorum <name or none>

Comments begin with `#`. Two of ours carry the keys the format has no line for: `# clock <vkey>` and
`# receipt <vkey>`. The clock is the operator's word and can be no witness.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from consent.audit.checkpoints import OpenedCheckpoint, open_checkpoint
from consent.audit.notes import (
    CosignatureVerifier,
    NoteVerifier,
    parse_vkey,
    public_bytes,
)
from consent.errors import RecordFormatError

NO_QUORUM = "none"

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_WHITESPACE = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody else's key; `name` is the policy's word for it, the key has its own name."""

    name: str
    verifier: CosignatureVerifier
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups of which at least `threshold` must have signed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose signatures make a checkpoint of a log valid."""

    log_keys: tuple[NoteVerifier, ...]
    clock_keys: tuple[CosignatureVerifier, ...] = ()
    receipt_keys: tuple[NoteVerifier, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NO_QUORUM
    log_url: str | None = None

    def open(self, note: str) -> OpenedCheckpoint:
        """Return the checkpoint of a note by the keys of this policy; the quorum is not asked."""
        witnesses = [witness.verifier for witness in self.witnesses]
        return open_checkpoint(note, self.log_keys, self.clock_keys, witnesses)

    def is_satisfied(self, cosigned: Collection[str]) -> bool:
        """Tell whether the witnesses with these key names make up the quorum."""
        signed = {w.name for w in self.witnesses if w.verifier.name in cosigned}
        for group in self.groups:  # each names only what stands before it
            if len(signed.intersection(group.members)) >= group.threshold:
                signed.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in signed


def format_policy(policy: Policy) -> str:
    """Return the file of a policy; raise RecordFormatError if no reader would accept it."""
    text = "".join(f"{line}\n" for line in _lines(policy))
    if parse_policy(text) != policy:
        raise RecordFormatError("the policy holds names or addresses that its file cannot")
    return text


def parse_policy(text: str) -> Policy:
    """Return the policy of a file; raise RecordFormatError at the first line that breaks a rule."""
    if _FORBIDDEN.search(text):
        raise RecordFormatError("a policy has no control characters but tab and newline")
    reader = _Reader()
    for line in text.split("\n"):
        reader.read([word for word in _WHITESPACE.split(line) if word])
    return reader.finish()


def _lines(policy: Policy) -> Iterator[str]:
    url = [] if policy.log_url is None else [policy.log_url]
    for log in policy.log_keys:
        yield " ".join(["log", log.vkey, *url])
    for clock in policy.clock_keys:
        yield f"# clock {clock.vkey}"
    for receipt in policy.receipt_keys:
        yield f"# receipt {receipt.vkey}"
    for witness in policy.witnesses:
        address = [] if witness.url is None else [witness.url]
        yield " ".join(["witness", witness.name, witness.verifier.vkey, *address])
    for group in policy.groups:
        yield " ".join(["group", group.name, str(group.threshold), *group.members])
    yield f"quorum {policy.quorum}"


@dataclass(slots=True)
class _Reader:
    log_keys: list[NoteVerifier] = field(default_factory=list)
    clock_keys: list[CosignatureVerifier] = field(default_factory=list)
    receipt_keys: list[NoteVerifier] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    log_url: str | None = None
    grouped: set[str] = field(default_factory=set)

    def read(self, words: list[str]) -> None:
        match words:
            case []:
                pass
            case [word, *_] if word.startswith("#"):
                self._read_comment(words)
            case ["log", vkey, *url] if len(url) <= 1:
                self._read_log(vkey, *url)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(name)
                self.witnesses.append(Witness(name, _cosigner(vkey), *url))
            case ["group", name, threshold, *members] if members:
                self._read_group(name, threshold, tuple(members))
            case ["quorum", name] if self.quorum is None:
                self._read_quorum(name)
            case [word, *_]:
                raise RecordFormatError(f"a line of the policy that begins with {word} is wrong")

    def finish(self) -> Policy:
        if self.quorum is None:
            raise RecordFormatError("a policy has a line that says its quorum")
        own = [public_bytes(key.public) for key in self.log_keys]
        own += [public_bytes(key.public) for key in self.clock_keys]
        others = [public_bytes(witness.verifier.public) for witness in self.witnesses]
        if len(set(own + others)) != len(own + others):
            raise RecordFormatError("a public key stands in two lines of the policy")
        key_names = {witness.verifier.name for witness in self.witnesses}
        if len(key_names) != len(self.witnesses):
            raise RecordFormatError("two witnesses of the policy have keys of one name")
        return Policy(
            tuple(self.log_keys),
            tuple(self.clock_keys),
            tuple(self.receipt_keys),
            tuple(self.witnesses),
            tuple(self.groups),
            self.quorum,
            self.log_url,
        )

    def _read_comment(self, words: list[str]) -> None:
        match words:
            case ["#", "clock", vkey]:
                self.clock_keys.append(_cosigner(vkey))
            case ["#", "receipt", vkey]:
                self.receipt_keys.append(_signer(vkey))

    def _read_log(self, vkey: str, url: str | None = None) -> None:
        if self.log_keys and url != self.log_url:
            raise RecordFormatError("the keys of a log have one address")
        self.log_keys.append(_signer(vkey))
        self.log_url = url

    def _read_quorum(self, name: str) -> None:
        if name != NO_QUORUM and name not in self._names():
            raise RecordFormatError(f"the quorum {name} is not defined before its line")
        self.quorum = name

    def _read_group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member not in self._names() or member in self.grouped:
                raise RecordFormatError(f"{member} is not free to be a member of {name}")
            self.grouped.add(member)
        number = {"all": str(len(members)), "any": "1"}.get(threshold, threshold)
        if number not in map(str, range(1, len(members) + 1)):
            raise RecordFormatError(f"{name} cannot ask for {threshold} of {len(members)}")
        self._define(name)
        self.groups.append(Group(name, int(number), members))

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self._names():
            raise RecordFormatError(f"the name {name} is taken")

    def _names(self) -> set[str]:
        return {witness.name for witness in self.witnesses} | {group.name for group in self.groups}


def _signer(vkey: str) -> NoteVerifier:
    verifier = parse_vkey(vkey)
    if not isinstance(verifier, NoteVerifier):
        raise RecordFormatError(f"the key of {verifier.name} is not one for plain signatures")
    return verifier


def _cosigner(vkey: str) -> CosignatureVerifier:
    verifier = parse_vkey(vkey)
    if not isinstance(verifier, CosignatureVerifier):
        raise RecordFormatError(f"the key of {verifier.name} is not one for cosignatures")
    return verifier
