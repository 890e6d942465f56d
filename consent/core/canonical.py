"""The one canonical JSON encoding: what is hashed, signed and stored as a record's bytes.

RFC 8785 (JCS) under a restricted profile, in which the standard encoder gives the same bytes:
keys are ASCII, there are no floats, and strings have no lone surrogates.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from consent.errors import RecordFormatError

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DEPTH = 6
MAX_RECORD_BYTES = 16 * 1024

_KEY = re.compile(r"[a-z0-9_.-]+")


def canonical_bytes(value: Any, *, max_depth: int = 12) -> bytes:
    """Return the canonical encoding of `value`; raise RecordFormatError outside the profile."""
    _check(value, max_depth)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def record_bytes(record: Mapping[str, Any]) -> bytes:
    """Return the bytes of one record: at most 6 levels deep and 16 KiB long."""
    encoded = canonical_bytes(record, max_depth=MAX_DEPTH)
    if len(encoded) > MAX_RECORD_BYTES:
        raise RecordFormatError(
            f"a record has {len(encoded)} bytes; {MAX_RECORD_BYTES} are allowed"
        )
    return encoded


def digest_hex(value: Any) -> str:
    """Return the SHA-256 of the canonical encoding, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _check(value: Any, levels_left: int) -> None:
    if levels_left < 0:
        raise RecordFormatError("a record is nested too deeply")
    match value:
        case None | bool():
            pass
        case str():
            _check_string(value)
        case int():
            _check_integer(value)
        case Mapping():
            for key, inner in value.items():
                _check_key(key)
                _check(inner, levels_left - 1)
        case list() | tuple():
            for inner in value:
                _check(inner, levels_left - 1)
        case _:
            raise RecordFormatError(f"a record cannot hold {type(value).__name__} values")


def _check_key(key: Any) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise RecordFormatError(f"key {key!r} has characters outside a-z 0-9 _ . -")


def _check_integer(value: int) -> None:
    if abs(value) > MAX_SAFE_INTEGER:
        raise RecordFormatError(f"{value} is outside the integers every JSON reader keeps")


def _check_string(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RecordFormatError("a string holds a lone surrogate") from error
