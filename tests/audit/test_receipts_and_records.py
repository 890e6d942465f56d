"""Receipts are deterministic promises; a record's bytes have exactly the keys of the design."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.notes import NoteSigner
from consent.audit.receipts import make_receipt, open_receipt, receipt_key_name, sign_receipt
from consent.audit.records import consent_record
from consent.errors import RecordFormatError
from tests.make_events import make_event, make_refusal

ORIGIN = "consent.example/shop/1"
RECORD_ID = "01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f"
RECEIVED = 1763812345678


def signer() -> NoteSigner:
    private = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    return NoteSigner(receipt_key_name(ORIGIN), private)


def test_a_receipt_has_the_text_of_the_format() -> None:
    receipt = make_receipt(ORIGIN, RECORD_ID, bytes(32), RECEIVED)
    assert receipt.text == (
        "consent-receipt/v1\n"
        "consent.example/shop/1\n"
        f"record {RECORD_ID}\n"
        f"entry {'A' * 43}=\n"
        "received 1763812345678\n"
        "merge-by 1763812406\n"
    )


@pytest.mark.legal("RP-13")
def test_a_receipt_is_the_same_each_time_and_opens_to_what_was_promised() -> None:
    receipt = make_receipt(ORIGIN, RECORD_ID, bytes(range(32)), RECEIVED)
    note = sign_receipt(signer(), receipt)
    assert note == sign_receipt(signer(), receipt)
    assert open_receipt(signer().verifier, note) == receipt


def test_every_changed_byte_of_a_receipt_is_refused() -> None:
    note = sign_receipt(signer(), make_receipt(ORIGIN, RECORD_ID, bytes(32), RECEIVED))
    for position in range(len(note)):
        changed = f"{note[:position]}{'#' if note[position] != '#' else '%'}{note[position + 1 :]}"
        with pytest.raises(RecordFormatError):
            open_receipt(signer().verifier, changed)


def test_a_genuine_note_that_is_no_receipt_is_refused() -> None:
    with pytest.raises(RecordFormatError, match="not a receipt"):
        open_receipt(signer().verifier, signer().sign("something else\n"))


@pytest.mark.legal("RP-01", "RP-03", "RP-11", "RP-17", "RE-11")
def test_a_full_record_has_exactly_the_keys_of_the_design() -> None:
    event = make_event(page_group="programme", prev=RECORD_ID, gpc=True)
    record = json.loads(consent_record(event))
    assert set(record) == {
        "v", "type", "id", "at", "site", "event", "choices", "control", "layer", "language",
        "notice", "scope", "build", "valid_until", "page_group", "prev", "subject", "signals",
    }  # fmt: skip
    assert record["v"] == 1
    assert record["type"] == "consent"
    assert record["choices"] == {"functional": True, "personalisation": True, "ads": True}
    assert record["signals"] == {"gpc": True}


@pytest.mark.legal("RP-06", "SG-06")
def test_a_refusal_has_no_key_for_what_it_does_not_have() -> None:
    record = json.loads(consent_record(make_refusal()))
    assert not {"subject", "prev", "signals", "page_group"} & set(record)
    assert record["choices"] == {"functional": False, "personalisation": False, "ads": False}
