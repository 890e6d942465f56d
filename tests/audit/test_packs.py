"""The note of an evidence pack: one spelling, and nobody else's signature passes for it."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.notes import NoteSigner
from consent.audit.packs import PackNote, export_key_name, open_pack, sign_pack
from consent.audit.receipts import make_receipt, receipt_key_name, sign_receipt
from consent.errors import RecordFormatError

ORIGIN = "programme.example/consent/log/university/1"
KEY = Ed25519PrivateKey.from_private_bytes(b"r" * 32)
SIGNER = NoteSigner(export_key_name(ORIGIN), KEY)
OTHER = NoteSigner(export_key_name("library.example/log/library/1"), KEY)
NOTE = PackNote(
    "019cf1a0-0000-7000-8000-000000000001", hashlib.sha256(b"manifest").digest(), 1_775_000_000_000
)


@pytest.mark.legal("AE-04")
def test_what_was_signed_comes_back_under_each_name() -> None:
    signed = sign_pack([SIGNER, OTHER], NOTE)
    assert signed.split("\n\n")[0] == (
        "consent-evidence/v1\n"
        "export 019cf1a0-0000-7000-8000-000000000001\n"
        "manifest BbOr8leaXrZkA814vlV/2GBjOh/iEDx2QgMN7+MsZX8=\n"
        "made 1775000000000"
    )
    for signer in (SIGNER, OTHER):
        assert open_pack(signer.verifier, signed) == NOTE


@pytest.mark.legal("AE-04")
def test_every_flipped_bit_of_the_text_is_refused() -> None:
    signed = sign_pack([SIGNER], NOTE).encode()
    text_length = len(NOTE.text.encode())
    for place in range(text_length * 8):
        flipped = bytearray(signed)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises((RecordFormatError, UnicodeDecodeError)):
            open_pack(SIGNER.verifier, flipped.decode())


def test_a_receipt_by_the_same_key_is_no_signature_of_a_pack() -> None:
    by_receipts = NoteSigner(receipt_key_name(ORIGIN), KEY)
    receipt = sign_receipt(by_receipts, make_receipt(ORIGIN, NOTE.export_id, b"e" * 32, 1))
    with pytest.raises(RecordFormatError, match="is not signed by"):
        open_pack(SIGNER.verifier, receipt)
    with pytest.raises(RecordFormatError, match="is not signed by"):
        open_pack(by_receipts.verifier, sign_pack([SIGNER], NOTE))


@pytest.mark.parametrize(
    "text",
    [
        NOTE.text.replace("v1", "v2"),
        NOTE.text.replace("made ", "made 0"),
        NOTE.text.replace("=\n", "\n"),
        NOTE.text + "more 1\n",
    ],
)
def test_another_text_is_no_pack_though_it_is_signed(text: str) -> None:
    with pytest.raises(RecordFormatError):
        open_pack(SIGNER.verifier, SIGNER.sign(text))


def test_a_note_needs_a_key() -> None:
    with pytest.raises(RecordFormatError, match="has a key that signs it"):
        sign_pack([], NOTE)
