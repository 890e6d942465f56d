"""Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log at one moment.

<origin>
<size>
<base64 root>

— <origin> …                 signatures of the log's keys
— <origin>/clock …           cosignatures of the log's own clock: the time, in the operator's word
— <witness> …                cosignatures of others
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.audit.encoding import MAX_SIZE, decode_base64, encode_base64, parse_decimal
from consent.audit.notes import (
    ClockSigner,
    CosignatureVerifier,
    NoteSigner,
    NoteVerifier,
    is_key_name,
    known_signatures,
    public_bytes,
    split_note,
)
from consent.audit.tree import HASH_BYTES
from consent.errors import RecordFormatError

_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: whose it is, how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint signed by its log, and who else has signed it when (seconds since 1970)."""

    checkpoint: Checkpoint
    clock_time: int | None
    cosigned: Mapping[str, int]  # the key name of each witness and its latest time


def clock_key_name(origin: str) -> str:
    """Return the name the clock key of a log signs with."""
    return f"{origin}/clock"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint of a text; raise RecordFormatError unless it is its one spelling.

    Extension lines are refused: nobody could say what they promise.
    """
    lines = text.split("\n")
    if len(lines) != _LINES + 1 or lines[-1]:
        raise RecordFormatError("a checkpoint has three lines: origin, size and root")
    origin, size, root = lines[:_LINES]
    if not is_key_name(origin):
        raise RecordFormatError("the origin of a checkpoint has no spaces and no plus")
    checkpoint = Checkpoint(
        origin,
        parse_decimal(size, "the size of a checkpoint"),
        decode_base64(root, "the root of a checkpoint"),
    )
    if len(checkpoint.root) != HASH_BYTES:
        raise RecordFormatError(f"the root of a checkpoint has {HASH_BYTES} bytes")
    return checkpoint


def sign_checkpoint(
    checkpoint: Checkpoint,
    log: Sequence[NoteSigner],
    clock: Sequence[ClockSigner],
    now_s: int,
) -> str:
    """Return the note of a checkpoint with a line of each key; `now_s` is in seconds."""
    if not log or not 0 <= checkpoint.size <= MAX_SIZE:
        raise RecordFormatError("a checkpoint has a key that signs it and a size below 2^63")
    lines = [signer.line(checkpoint.text) for signer in log]
    lines += [signer.line(checkpoint.text, now_s) for signer in clock]
    return f"{checkpoint.text}\n{''.join(lines)}"


def open_checkpoint(
    note: str,
    log_keys: Sequence[NoteVerifier],
    clock_keys: Sequence[CosignatureVerifier] = (),
    witnesses: Sequence[CosignatureVerifier] = (),
) -> OpenedCheckpoint:
    """Return the checkpoint of a note that at least one of the log's own keys has signed.

    Raise RecordFormatError if none has, or if a line of any known key is bad. Lines of unknown keys
    are passed over. A key of the log or its clock is no witness, whatever it is listed as.
    """
    text, lines = split_note(note)
    checkpoint = parse_checkpoint(text)
    signed = [
        _verified(key, text, signature)
        for key in log_keys
        for signature in known_signatures(key, lines)
    ]
    if checkpoint.origin not in signed:
        raise RecordFormatError(f"the checkpoint is not signed by a key of {checkpoint.origin}")
    own = {public_bytes(key.public) for key in log_keys}
    own |= {public_bytes(key.public) for key in clock_keys}
    others = [key for key in witnesses if public_bytes(key.public) not in own]
    clock = _times(clock_keys, text, lines)
    return OpenedCheckpoint(
        checkpoint, max(clock.values(), default=None), _times(others, text, lines)
    )


def _verified(key: NoteVerifier, text: str, signature: bytes) -> str:
    key.verify(text, signature)
    return key.name


def _times(
    keys: Sequence[CosignatureVerifier], text: str, lines: tuple[str, ...]
) -> dict[str, int]:
    times: dict[str, int] = {}
    for key in keys:
        for signature in known_signatures(key, lines):
            times[key.name] = max(key.verify(text, signature), times.get(key.name, 0))
    return times
