"""Receipts: what a visitor is promised when an act is recorded, signed by the receipt key.

consent-receipt/v1
consent.example/shop/1
record 01928c3e-…
entry <base64>
received 1763812345678
merge-by 1763812406
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from consent.audit.entry import ENTRY_BYTES
from consent.audit.notes import NoteSigner, NoteVerifier
from consent.errors import RecordFormatError

MERGE_DELAY_SECONDS = 60

_TEXT = re.compile(
    r"consent-receipt/v1\n"
    r"(?P<origin>[^\s+]+)\n"
    r"record (?P<record>[0-9a-f-]{36})\n"
    r"entry (?P<entry>[A-Za-z0-9+/]{43}=)\n"
    r"received (?P<received>0|[1-9][0-9]{0,15})\n"
    r"merge-by (?P<merge_by>0|[1-9][0-9]{0,12})\n"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A promise to have the entry of a record in the log by `merge_by` (seconds since 1970)."""

    origin: str
    record_id: str
    entry: bytes
    received: int  # milliseconds since 1970
    merge_by: int

    @property
    def text(self) -> str:
        return (
            "consent-receipt/v1\n"
            f"{self.origin}\n"
            f"record {self.record_id}\n"
            f"entry {base64.b64encode(self.entry).decode()}\n"
            f"received {self.received}\n"
            f"merge-by {self.merge_by}\n"
        )


def receipt_key_name(origin: str) -> str:
    """Return the name the receipt key of a log signs with."""
    return f"{origin}/receipt"


def make_receipt(origin: str, record_id: str, entry: bytes, received: int) -> Receipt:
    """Return the receipt of a record received at an instant in milliseconds.

    The merge deadline is the next whole second a merge delay away; the same input always gives
    the same receipt, so that a repeated answer is the same bytes.
    """
    merge_by = -(-received // 1000) + MERGE_DELAY_SECONDS
    return Receipt(origin, record_id, entry, received, merge_by)


def sign_receipt(signer: NoteSigner, receipt: Receipt) -> str:
    """Return the receipt as a signed note."""
    return signer.sign(receipt.text)


def open_receipt(verifier: NoteVerifier, note: str) -> Receipt:
    """Return the receipt in a signed note; raise RecordFormatError unless it is genuine."""
    match = _TEXT.fullmatch(verifier.open(note))
    if match is None:
        raise RecordFormatError("the note is not a receipt")
    try:
        entry = base64.b64decode(match["entry"], validate=True)
    except binascii.Error as error:
        raise RecordFormatError("the receipt's entry is not base64") from error
    receipt = Receipt(
        match["origin"], match["record"], entry, int(match["received"]), int(match["merge_by"])
    )
    if len(entry) != ENTRY_BYTES or receipt.text != match[0]:
        raise RecordFormatError("the receipt's entry has another spelling")
    return receipt
