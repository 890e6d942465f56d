"""Signed notes (C2SP signed-note): a text, a blank line, and one line per signature.

<text, each line ending in a newline>
                                         (blank line)
— <key name> base64(key id[4] || signature)

A plain Ed25519 signature (type 0x01) has 64 bytes and is over the text. A cosignature (type 0x04,
C2SP tlog-cosignature) has eight more before them, a time in seconds, which it signs as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consent.audit.encoding import MAX_SIZE, decode_base64, encode_base64
from consent.errors import RecordFormatError

ED25519_NOTE = b"\x01"
COSIGNATURE = b"\x04"
MAX_SIGNATURES = 100

_DASH = "— "
_KEY_ID_BYTES = 4
_KEY_BYTES = 32
_TIME_BYTES = 8


def public_bytes(public: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of a public key."""
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(name: str, public: Ed25519PublicKey, kind: bytes = ED25519_NOTE) -> bytes:
    """Return the 4 bytes that tell apart keys of one name."""
    material = name.encode() + b"\n" + kind + public_bytes(public)
    return hashlib.sha256(material).digest()[:_KEY_ID_BYTES]


def is_key_name(name: str) -> bool:
    """Tell whether a key can have this name: it has no spaces, no plus and is not empty."""
    return bool(name) and "+" not in name and not any(map(str.isspace, name)) and _is_plain(name)


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature of a note as it stands there, not verified."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}"


def parse_signature_line(line: str) -> SignatureLine:
    """Return the parts of a signature line without its newline."""
    if not line.startswith(_DASH):
        raise RecordFormatError("a signature line begins with an em dash and a blank")
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not is_key_name(name):
        raise RecordFormatError("a signature line names no key")
    blob = decode_base64(encoded, "a signature")
    if len(blob) <= _KEY_ID_BYTES:
        raise RecordFormatError("a signature is longer than the id of its key")
    return SignatureLine(name, blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])


def split_note(note: str) -> tuple[str, tuple[str, ...]]:
    """Return the signed text of a note and its signature lines; nothing is verified yet."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise RecordFormatError("a note ends in a blank line and its signature lines")
    if not all(map(_is_plain, note.split("\n"))):
        raise RecordFormatError("a note is UTF-8 text without control characters")
    signatures = tuple(lines.removesuffix("\n").split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise RecordFormatError(f"a note has at most {MAX_SIGNATURES} signatures")
    return f"{text}\n", signatures


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A public key for plain signatures (type 0x01), under the name it signs with."""

    name: str
    public: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.public, ED25519_NOTE)

    @property
    def vkey(self) -> str:
        """The key as C2SP writes it: `name+key id+base64(type || key)`."""
        return _vkey(self.name, self.public, ED25519_NOTE)

    def verify(self, text: str, signature: bytes) -> None:
        """Raise RecordFormatError unless the signature is ours over this text."""
        _verify(self.name, self.public, signature, text)

    def open(self, note: str) -> str:
        """Return the signed text of a note; raise RecordFormatError unless our line verifies.

        Lines of other keys are passed over: a note may carry signatures we do not know.
        """
        text, signatures = _our_signatures(self, note)
        for signature in signatures:
            self.verify(text, signature)
        return text


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """A public key for timed signatures (type 0x04): that of a witness or of a log's own clock."""

    name: str
    public: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.public, COSIGNATURE)

    @property
    def vkey(self) -> str:
        """The key as C2SP writes it: `name+key id+base64(type || key)`."""
        return _vkey(self.name, self.public, COSIGNATURE)

    def verify(self, text: str, signature: bytes) -> int:
        """Return the time (s) of a cosignature; raise RecordFormatError unless it is ours."""
        time_s = int.from_bytes(signature[:_TIME_BYTES])
        if time_s > MAX_SIZE:
            raise RecordFormatError(f"the time {self.name} signed is out of range")
        message = _cosigned(text, time_s)
        _verify(self.name, self.public, signature[_TIME_BYTES:], message)
        return time_s

    def open(self, note: str) -> int:
        """Return the latest time (s) we signed a note at; raise RecordFormatError for none."""
        text, signatures = _our_signatures(self, note)
        return max(self.verify(text, signature) for signature in signatures)


Verifier = NoteVerifier | CosignatureVerifier


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key under the name it signs with."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> NoteVerifier:
        return NoteVerifier(self.name, self.private.public_key())

    def line(self, text: str) -> str:
        """Return the signature line over a text, with its newline."""
        signature = self.private.sign(text.encode())
        return f"{SignatureLine(self.name, self.verifier.key_id, signature).text}\n"

    def sign(self, text: str) -> str:
        """Return the note of a text that ends in a newline and holds no blank line."""
        if not text.endswith("\n") or "\n\n" in text or text == "\n":
            raise RecordFormatError("a note's text ends in a newline and holds no blank line")
        return f"{text}\n{self.line(text)}"


@dataclass(frozen=True, slots=True)
class ClockSigner:
    """A private key that signs a text together with a time: a log's own clock, or a witness."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> CosignatureVerifier:
        return CosignatureVerifier(self.name, self.private.public_key())

    def line(self, text: str, now_s: int) -> str:
        """Return the cosignature line over a text at a time in seconds, with its newline."""
        signature = self.private.sign(_cosigned(text, now_s).encode())
        timed = now_s.to_bytes(_TIME_BYTES) + signature
        return f"{SignatureLine(self.name, self.verifier.key_id, timed).text}\n"


def parse_vkey(text: str) -> Verifier:
    """Return the public key of a C2SP vkey, by its type; its key id is checked."""
    name, _, rest = text.partition("+")
    material = decode_base64(rest.partition("+")[2], "a public key")
    kind, key = material[:1], material[1:]
    if not is_key_name(name) or len(key) != _KEY_BYTES:
        raise RecordFormatError("a public key is written name+key id+base64(type and 32 bytes)")
    public = Ed25519PublicKey.from_public_bytes(key)
    verifiers: dict[bytes, Verifier] = {
        ED25519_NOTE: NoteVerifier(name, public),
        COSIGNATURE: CosignatureVerifier(name, public),
    }
    if kind not in verifiers:
        raise RecordFormatError(f"a public key of type {kind.hex()} is unknown")
    if verifiers[kind].vkey != text:
        raise RecordFormatError(f"the key id of {name} does not fit its public key")
    return verifiers[kind]


def known_signatures(verifier: Verifier, lines: tuple[str, ...]) -> Iterator[bytes]:
    """Yield what the lines of one key hold, unverified; a malformed line of any key is refused."""
    for line in map(parse_signature_line, lines):
        if line.name == verifier.name and line.key_id == verifier.key_id:
            yield line.signature


def _our_signatures(verifier: Verifier, note: str) -> tuple[str, list[bytes]]:
    text, lines = split_note(note)
    signatures = list(known_signatures(verifier, lines))
    if not signatures:
        raise RecordFormatError(f"the note is not signed by {verifier.name}")
    return text, signatures


def _vkey(name: str, public: Ed25519PublicKey, kind: bytes) -> str:
    material = encode_base64(kind + public_bytes(public))
    return f"{name}+{key_id(name, public, kind).hex()}+{material}"


def _cosigned(text: str, time_s: int) -> str:
    return f"cosignature/v1\ntime {time_s}\n{text}"


def _verify(name: str, public: Ed25519PublicKey, signature: bytes, message: str) -> None:
    try:
        public.verify(signature, message.encode())
    except InvalidSignature as error:
        raise RecordFormatError(f"the signature of {name} is not over this text") from error


def _is_plain(line: str) -> bool:
    try:
        encoded = line.encode()
    except UnicodeEncodeError:
        return False
    return min(encoded, default=ord(" ")) >= ord(" ")
