"""Identifiers: UUIDv7 for events, canonical UUIDs from visitors, codes people read out."""

from __future__ import annotations

import re
import uuid

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_BITS = 60
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def uuid7(millis: int, randomness: bytes) -> str:
    """Return a UUIDv7 (RFC 9562, 5.7) of an instant and 10 random bytes."""
    value = (millis & (2**48 - 1)) << 80 | int.from_bytes(randomness[:10], "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


def is_uuid(text: str) -> bool:
    """Say whether `text` is a UUID (RFC 9562) in its canonical, lower-case spelling."""
    return _UUID.fullmatch(text) is not None


def reference_code(subject: str) -> str:
    """Return the code of a subject that people read out: 60 bits as XXXX-XXXX-XXXX.

    Crockford's base 32 has no I, L, O or U, so that a code survives a telephone.
    """
    bits = int(subject[: _CODE_BITS // 4], 16)
    letters = "".join(_CROCKFORD[bits >> shift & 31] for shift in range(_CODE_BITS - 5, -1, -5))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def parse_reference_code(code: str) -> str:
    """Return the hexadecimal digits a subject with this code begins with.

    Reads what people write: small letters, O for 0, I and L for 1, any dashes and blanks.
    Raises ValueError on anything else.
    """
    letters = re.sub(r"[-\s]", "", code.upper()).translate(str.maketrans("OIL", "011"))
    if len(letters) != _CODE_BITS // 5 or any(letter not in _CROCKFORD for letter in letters):
        raise ValueError(f"{code!r} is not a reference code of the form XXXX-XXXX-XXXX")
    bits = 0
    for letter in letters:
        bits = bits << 5 | _CROCKFORD.index(letter)
    return f"{bits:0{_CODE_BITS // 4}x}"
