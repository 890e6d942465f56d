"""Signed notes (C2SP signed-note): a text, a blank line, and one line per Ed25519 signature.

<text, each line ending in a newline>
                                         (blank line)
— <key name> base64(key id[4] || signature[64])
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consent.errors import RecordFormatError

ED25519_NOTE = b"\x01"

_DASH = "— "
_KEY_ID_BYTES = 4


def _public_bytes(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(name: str, public: Ed25519PublicKey) -> bytes:
    """Return the 4 bytes that tell apart keys of one name."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519_NOTE + _public_bytes(public)).digest()[
        :_KEY_ID_BYTES
    ]


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A public key under the name it signs with."""

    name: str
    public: Ed25519PublicKey

    @property
    def vkey(self) -> str:
        """The key as C2SP writes it: `name+key id+base64(type || key)`."""
        material = base64.b64encode(ED25519_NOTE + _public_bytes(self.public)).decode()
        return f"{self.name}+{key_id(self.name, self.public).hex()}+{material}"

    def open(self, note: str) -> str:
        """Return the signed text of a note; raise RecordFormatError unless our line verifies.

        Lines of other keys are passed over: a note may carry signatures we do not know.
        """
        text, separator, lines = note.rpartition("\n\n")
        if not separator or not lines.endswith("\n"):
            raise RecordFormatError("a note ends in a blank line and its signature lines")
        signed = f"{text}\n"
        for line in lines.splitlines():
            signature = _signature_for(self, line)
            if signature is not None:
                return self._verified(signed, signature)
        raise RecordFormatError(f"the note is not signed by {self.name}")

    def _verified(self, signed: str, signature: bytes) -> str:
        try:
            self.public.verify(signature, signed.encode())
        except InvalidSignature as error:
            raise RecordFormatError(
                f"the signature of {self.name} is not over this text"
            ) from error
        return signed


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key under the name it signs with."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> NoteVerifier:
        return NoteVerifier(self.name, self.private.public_key())

    def sign(self, text: str) -> str:
        """Return the note of a text that ends in a newline and holds no blank line."""
        if not text.endswith("\n") or "\n\n" in text:
            raise RecordFormatError("a note's text ends in a newline and holds no blank line")
        blob = key_id(self.name, self.private.public_key()) + self.private.sign(text.encode())
        return f"{text}\n{_DASH}{self.name} {base64.b64encode(blob).decode()}\n"


def _signature_for(verifier: NoteVerifier, line: str) -> bytes | None:
    if not line.startswith(_DASH):
        raise RecordFormatError("a signature line begins with an em dash and a blank")
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise RecordFormatError("a signature is base64") from error
    if base64.b64encode(blob).decode() != encoded or len(blob) <= _KEY_ID_BYTES:
        raise RecordFormatError("a signature has one spelling only")
    expected = key_id(verifier.name, verifier.public)
    if name != verifier.name or blob[:_KEY_ID_BYTES] != expected:
        return None
    return blob[_KEY_ID_BYTES:]
