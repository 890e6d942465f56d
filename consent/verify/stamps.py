"""Time-stamp replies (RFC 3161) over heads, checked as far as that can be done here.

Full checks need the optional library and the authority's root certificates. Without them
`openssl ts -verify` does it; what is looked at here then is only whether a reply is about the head.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent.errors import RecordFormatError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_GRANTED = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a reply says: the instant in milliseconds, None if nobody vouches for it here."""

    at: int | None


def stamps_can_be_checked() -> bool:
    """Say whether the optional library is installed."""
    return importlib.util.find_spec("rfc3161_client") is not None


def read_roots(pems: Sequence[bytes]) -> list[Certificate]:
    """Return the certificates of PEM files; raise RecordFormatError for what is none."""
    from cryptography.x509 import load_pem_x509_certificates  # noqa: PLC0415 -- only if asked for

    try:
        return [one for pem in pems for one in load_pem_x509_certificates(pem)]
    except ValueError as error:
        raise RecordFormatError("a root certificate is not in PEM form") from error


def read_stamp(reply: bytes, body: str, roots: Sequence[Certificate]) -> Stamp:
    """Return what a reply says of a head's three lines; raise RecordFormatError if it does not."""
    if hashlib.sha256(body.encode()).digest() not in reply:
        raise RecordFormatError("the time-stamp is not about this checkpoint")
    if not roots or not stamps_can_be_checked():
        return Stamp(None)
    return Stamp(_verified(reply, body.encode(), roots))


def _verified(reply: bytes, body: bytes, roots: Sequence[Certificate]) -> int:
    from rfc3161_client import (  # noqa: PLC0415 -- an extra
        VerificationError,
        VerifierBuilder,
        decode_timestamp_response,
    )

    try:
        response = decode_timestamp_response(reply)
        if response.status != _GRANTED:
            raise RecordFormatError("the time-stamp was refused by its authority")
        VerifierBuilder(roots=list(roots)).build().verify_message(response, body)
    except (VerificationError, ValueError) as error:
        raise RecordFormatError(f"the time-stamp does not verify ({error})") from error
    return int(response.tst_info.gen_time.timestamp() * 1000)
