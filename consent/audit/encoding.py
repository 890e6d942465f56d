"""The one spelling of bytes and numbers in the log's texts: what has two is refused."""

from __future__ import annotations

import base64
import re

from consent.errors import RecordFormatError

MAX_SIZE = 2**63 - 1  # what a reader with signed 64-bit integers can hold

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def encode_base64(content: bytes) -> str:
    """Return the base64 text (RFC 4648, section 4) of some bytes."""
    return base64.b64encode(content).decode()


def decode_base64(text: str, what: str) -> bytes:
    """Return the bytes of a base64 text; raise RecordFormatError unless it is their spelling."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise RecordFormatError(f"{what} is not base64") from error
    if encode_base64(content) != text:
        raise RecordFormatError(f"{what} has another spelling")
    return content


def parse_decimal(text: str, what: str) -> int:
    """Return a number from 0 to 2^63 - 1 that is written in ASCII without leading zeros."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise RecordFormatError(f"{what} is not a decimal number below 2^63 in its one spelling")
    return int(text)
