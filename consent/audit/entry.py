"""What the log commits to: for each record, 32 bytes that open to it only with its salt."""

from __future__ import annotations

import hashlib
import hmac

from consent.errors import RecordFormatError

SALT_BYTES = 64
ENTRY_BYTES = 32


def commitment(record: bytes, salt: bytes) -> bytes:
    """Return the log entry of a record: HMAC-SHA-256 keyed by its salt (32 bytes).

    The salt is exactly one block of the hash, so no shorter key pads to the same one. Check with
    `openssl dgst -sha256 -mac HMAC -macopt hexkey:…`.
    """
    if len(salt) != SALT_BYTES:
        raise RecordFormatError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hmac.digest(salt, record, hashlib.sha256)


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, 2.1): SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + entry).digest()
