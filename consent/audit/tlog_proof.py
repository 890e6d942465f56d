"""Proofs in one file (C2SP tlog-proof): that the entry of a record is in a signed log.

c2sp.org/tlog-proof@v1
extra <base64>                           (optional: what opens the entry to its record)
index <number of the leaf>
<base64 hash>                            (none or more: the leaf's sibling first)
                                         (blank line)
<the checkpoint, verbatim>
"""

from __future__ import annotations

from dataclasses import dataclass

from consent.audit.encoding import decode_base64, encode_base64, parse_decimal
from consent.audit.entry import SALT_BYTES
from consent.audit.notes import split_note
from consent.audit.tree import HASH_BYTES
from consent.errors import RecordFormatError

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "
_OPENING = b"\x01"  # the first byte of our extra data


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's place, its path to the root, and the checkpoint's note with that root."""

    extra: bytes | None
    index: int
    path: tuple[bytes, ...]
    checkpoint: str

    @property
    def text(self) -> str:
        extra = [] if self.extra is None else [f"{_EXTRA}{encode_base64(self.extra)}"]
        head = [_HEADER, *extra, f"{_INDEX}{self.index}", *map(encode_base64, self.path)]
        return "\n".join([*head, "", self.checkpoint])


def parse_tlog_proof(text: str) -> TlogProof:
    """Return the proof of a text; raise RecordFormatError unless it is its one spelling.

    Nothing is verified yet: neither the path nor the checkpoint's signatures.
    """
    head, _, checkpoint = text.partition("\n\n")
    split_note(checkpoint)
    header, *lines = head.split("\n")
    if header != _HEADER:
        raise RecordFormatError(f"a proof begins with {_HEADER}")
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = decode_base64(lines.pop(0).removeprefix(_EXTRA), "the extra data of a proof")
    if not lines or not lines[0].startswith(_INDEX):
        raise RecordFormatError("a proof names the index of its leaf")
    index = parse_decimal(lines.pop(0).removeprefix(_INDEX), "the index of a proof")
    path = tuple(decode_base64(line, "a hash of a proof") for line in lines)
    if any(len(value) != HASH_BYTES for value in path):
        raise RecordFormatError(f"a hash of a proof has {HASH_BYTES} bytes")
    return TlogProof(extra, index, path, checkpoint)


def opening_extra(salt: bytes, record: bytes) -> bytes:
    """Return the extra data that opens an entry: a version byte, the salt, the record."""
    if len(salt) != SALT_BYTES:
        raise RecordFormatError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return _OPENING + salt + record


def read_opening(extra: bytes) -> tuple[bytes, bytes]:
    """Return the salt and the record in a proof's extra data."""
    salt, record = extra[1 : 1 + SALT_BYTES], extra[1 + SALT_BYTES :]
    if extra[:1] != _OPENING or not record:
        raise RecordFormatError("the extra data of the proof does not hold a salt and a record")
    return salt, record
