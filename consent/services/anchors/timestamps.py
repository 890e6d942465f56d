"""Ask a time-stamp authority when a text existed (RFC 3161), and believe only what verifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from cryptography.x509 import Certificate

from consent.services.anchors.errors import AnchorError
from consent.services.diagnosis.client import UnreachableError, ask

QUERY_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
LARGEST_REPLY = 64 << 10

_GRANTED = 0


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamp authority: its address, and the root certificates its replies lead to."""

    url: str
    roots: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A verified reply (DER TimeStampResp), and the instant it names, in milliseconds."""

    reply: bytes
    at: int


def request_stamp(authority: Authority, text: str) -> Stamp:
    """Return the authority's word for when a text existed; it is sent the SHA-256 only.

    Raises AnchorError when no reply comes, or one that does not verify.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415 -- an extra

    data = text.encode()
    query = TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()
    reply = _post(authority.url, query.as_bytes())
    return Stamp(reply, _verified(reply, data, authority.roots, query.nonce or 0))


def _post(url: str, query: bytes) -> bytes:
    headers = {"Content-Type": QUERY_TYPE, "Accept": REPLY_TYPE, "User-Agent": "consent"}
    try:
        answer = ask(url, method="POST", headers=headers, body=query)
    except UnreachableError as error:
        raise AnchorError(str(error)) from error
    if answer.status != HTTPStatus.OK:
        raise AnchorError(f"it answered with HTTP status {answer.status}")
    if answer.media_type != REPLY_TYPE or len(answer.body) > LARGEST_REPLY:
        raise AnchorError("its answer is not a time-stamp reply")
    return answer.body


def _verified(reply: bytes, data: bytes, roots: Sequence[Certificate], nonce: int) -> int:
    from rfc3161_client import (  # noqa: PLC0415 -- an extra
        VerificationError,
        VerifierBuilder,
        decode_timestamp_response,
    )

    try:
        response = decode_timestamp_response(reply)
    except ValueError as error:
        raise AnchorError("its reply is not in DER form") from error
    if response.status != _GRANTED:
        reasons = "; ".join(response.status_string) or f"status {response.status}"
        raise AnchorError(f"it refuses the request ({reasons})")
    try:
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(response, data)
    except (VerificationError, ValueError) as error:
        raise AnchorError(f"its reply does not verify ({error})") from error
    return int(response.tst_info.gen_time.timestamp() * 1000)
