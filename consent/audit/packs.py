"""The signature of an evidence pack: a note over the digest of its manifest.

consent-evidence/v1
export 01928c3e-…
manifest <base64 SHA-256>
made 1763812345678

Each log the pack has a part of signs it under `<origin>/export`. The key is that of its receipts,
which the log's policy names; the name of its own keeps the one from passing for the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consent.audit.encoding import decode_base64, encode_base64
from consent.audit.notes import NoteSigner, NoteVerifier
from consent.errors import RecordFormatError

DIGEST_BYTES = 32

_TEXT = re.compile(
    r"consent-evidence/v1\n"
    r"export (?P<export>[0-9a-f-]{36})\n"
    r"manifest (?P<manifest>[A-Za-z0-9+/]{43}=)\n"
    r"made (?P<made>0|[1-9][0-9]{0,15})\n"
)


@dataclass(frozen=True, slots=True)
class PackNote:
    """What is signed of a pack: which export it is, its manifest's SHA-256, when it was made."""

    export_id: str
    manifest: bytes
    made_at: int  # milliseconds since 1970

    @property
    def text(self) -> str:
        return (
            "consent-evidence/v1\n"
            f"export {self.export_id}\n"
            f"manifest {encode_base64(self.manifest)}\n"
            f"made {self.made_at}\n"
        )


def export_key_name(origin: str) -> str:
    """Return the name under which a log's receipt key signs evidence packs."""
    return f"{origin}/export"


def sign_pack(signers: Sequence[NoteSigner], note: PackNote) -> str:
    """Return the signed note of a pack, with a line of each key; one at least is needed."""
    if not signers:
        raise RecordFormatError("a note has a key that signs it")
    return f"{note.text}\n{''.join(signer.line(note.text) for signer in signers)}"


def open_pack(verifier: NoteVerifier, signed: str) -> PackNote:
    """Return what a key has signed of a pack; raise RecordFormatError unless it is genuine."""
    match = _TEXT.fullmatch(verifier.open(signed))
    if match is None:
        raise RecordFormatError("the note is not that of an evidence pack")
    manifest = decode_base64(match["manifest"], "the digest of the manifest")
    note = PackNote(match["export"], manifest, int(match["made"]))
    if len(manifest) != DIGEST_BYTES or note.text != match[0]:
        raise RecordFormatError("the digest of the manifest has another spelling")
    return note
