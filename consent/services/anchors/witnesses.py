"""Ask a witness to cosign a head (C2SP tlog-witness): it does so only if the log merely grew.

A witness remembers the last head of a log that it signed. So its refusals tell as much as its
signatures: that it knows more of the log than we do, or another log of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from consent.audit.checkpoints import Checkpoint
from consent.audit.encoding import encode_base64, parse_decimal
from consent.audit.notes import parse_signature_line
from consent.audit.policies import Witness
from consent.errors import RecordFormatError
from consent.services.anchors.errors import AnchorError, LargerElsewhereError, OtherHistoryError
from consent.services.diagnosis.client import Answer, UnreachableError, ask

SIZE_TYPE = "text/x.tlog.size"
LARGEST_ANSWER = 16 << 10
ATTEMPTS = 4

ProveGrowth = Callable[[int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified line of a witness, without its newline, and its time in seconds."""

    line: str
    time_s: int


def request_cosignature(
    witness: Witness, head: Checkpoint, note: str, *, known: int, prove: ProveGrowth
) -> Cosignature:
    """Return a witness's signature over a head.

    The witness has an address. `known` is the size that it has last signed, as far as we know.
    `prove` gives the consistency proof from an older size to the head's.
    Raises LargerElsewhereError or OtherHistoryError when the witness has seen what this log
    cannot have become, and AnchorError when it does not answer as it should.
    """
    old, is_same_size_refused = known, False
    for _ in range(ATTEMPTS):
        answer = _post(witness, _request(old, prove(old), note))
        if answer.status == HTTPStatus.OK:
            return _cosignature(witness, head, answer.body)
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise OtherHistoryError(old)
        if answer.status != HTTPStatus.CONFLICT:
            raise AnchorError(f"it answered with HTTP status {answer.status}")
        theirs = _size(answer)
        if theirs is not None and theirs > head.size:
            raise LargerElsewhereError(theirs)
        is_same_size_refused |= old == head.size
        if theirs == head.size and is_same_size_refused:
            raise OtherHistoryError(head.size)
        # Without a size nothing is known; asking from the beginning makes the witness say it.
        old = 0 if theirs is None else theirs
    raise AnchorError("it does not say which head it has signed last")


def _request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    lines = [f"old {old}", *(encode_base64(value) for value in proof), "", note]
    return "\n".join(lines).encode()


def _post(witness: Witness, body: bytes) -> Answer:
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "consent"}
    address = f"{(witness.url or '').rstrip('/')}/add-checkpoint"
    try:
        return ask(address, method="POST", headers=headers, body=body)
    except UnreachableError as error:
        raise AnchorError(str(error)) from error


def _size(answer: Answer) -> int | None:
    if answer.media_type != SIZE_TYPE:
        return None
    try:
        text = answer.body.decode("ascii").removesuffix("\n")
        return parse_decimal(text, "the size a witness has signed")
    except (UnicodeDecodeError, RecordFormatError) as error:
        raise AnchorError("the size in its answer cannot be read") from error


def _cosignature(witness: Witness, head: Checkpoint, body: bytes) -> Cosignature:
    """Return the newest line of the witness's known key; lines of other keys are passed over."""
    if len(body) > LARGEST_ANSWER:
        raise AnchorError("its answer is too long")
    verifier = witness.verifier
    found = []
    try:
        for text in body.decode().splitlines():
            line = parse_signature_line(text)
            if (line.name, line.key_id) == (verifier.name, verifier.key_id):
                found.append(Cosignature(line.text, verifier.verify(head.text, line.signature)))
    except (UnicodeDecodeError, RecordFormatError) as error:
        raise AnchorError(f"its signature does not verify ({error})") from error
    if not found:
        raise AnchorError(f"its answer has no signature of {verifier.name}")
    return max(found, key=lambda each: each.time_s)
