"""The published vector of the log's design: record, entry, leaf, keys and signed note."""

from __future__ import annotations

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from consent.audit.entry import commitment, leaf_hash
from consent.audit.notes import (
    ClockSigner,
    CosignatureVerifier,
    NoteSigner,
    NoteVerifier,
    parse_vkey,
)
from consent.audit.tiles import append_entries
from consent.errors import RecordFormatError

ORIGIN = "consent.example/shop/1"
RECORD = (
    b'{"action":"update","at":1763812345678,"choices":{"analytics":false,"necessary":true},'
    b'"id":"01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f","type":"consent","v":1}'
)
SALT = bytes(range(64))
ENTRY = "a581e482379d8c94d75ee501173c3669bb981dff3b99a68b1367018cb26071e4"
LEAF = "962fd0687d357ec707128ab1031bcf3ba5363f81951c604aade42f28969b52a5"
VKEY = "consent.example/shop/1+91e8ebb2+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
CLOCK_VKEY = "consent.example/shop/1/clock+d34570bb+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK"
TIME = 1763812346
BODY = f"{ORIGIN}\n1\nli/QaH01fscHEoqxAxvPO6U2P4GVHGBKreQvKJabUqU=\n"
SIGNATURE = (
    "— consent.example/shop/1 kejrssttlZwCw1BaqU3t6k0hETFXcjNMfAaHA6Abn6BQOg1UyRZLebOV9k1ZAMM"
    "WC2I9rgWQ9LLV4qs0On/jxsb5xAo=\n"
)
CLOCK_SIGNATURE = (
    "— consent.example/shop/1/clock 00VwuwAAAABpIaP6AsPZKjh8IqycwiPN2BVnWWaEoCfY5+Mb55D2+M0Had"
    "VHuYnwz3zsVVxKPcWemoKmXpGi5/Xt8+pzO10SxQZPBQ==\n"
)


def signer() -> NoteSigner:
    return NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))


def clock() -> ClockSigner:
    return ClockSigner(f"{ORIGIN}/clock", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))


def test_entry_and_leaf() -> None:
    entry = commitment(RECORD, SALT)
    assert entry.hex() == ENTRY
    assert leaf_hash(entry).hex() == LEAF


def test_openssl_computes_the_same_entry() -> None:
    output = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{SALT.hex()}"],
        input=RECORD,
        capture_output=True,
        check=True,
    )
    assert output.stdout.decode().split()[-1] == ENTRY


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(RecordFormatError, match="64"):
        commitment(RECORD, bytes(length))


def test_public_key_and_signed_note() -> None:
    assert signer().verifier.vkey == VKEY
    assert signer().sign(BODY) == f"{BODY}\n{SIGNATURE}"


def test_the_checkpoint_of_a_log_with_this_one_record_is_the_note_of_the_design() -> None:
    appended = append_entries(_no_tiles, 0, [bytes.fromhex(ENTRY)])
    checkpoint = Checkpoint(ORIGIN, appended.size, appended.root)
    note = sign_checkpoint(checkpoint, [signer()], [clock()], TIME)
    assert clock().verifier.vkey == CLOCK_VKEY
    assert appended.root.hex() == LEAF
    assert note == f"{BODY}\n{SIGNATURE}{CLOCK_SIGNATURE}"


def test_the_keys_of_the_design_open_its_note() -> None:
    log_key, clock_key = parse_vkey(VKEY), parse_vkey(CLOCK_VKEY)
    assert isinstance(log_key, NoteVerifier)
    assert isinstance(clock_key, CosignatureVerifier)
    opened = open_checkpoint(f"{BODY}\n{SIGNATURE}{CLOCK_SIGNATURE}", [log_key], [clock_key])
    assert opened.checkpoint == Checkpoint(ORIGIN, 1, bytes.fromhex(LEAF))
    assert opened.clock_time == TIME


def _no_tiles(level: int, n: int) -> bytes:
    raise AssertionError((level, n))


def test_a_note_opens_to_its_text() -> None:
    assert signer().verifier.open(f"{BODY}\n{SIGNATURE}") == BODY


def test_lines_of_unknown_keys_are_passed_over() -> None:
    grease = "— somebody.example AAAAAAAAAAAA\n— consent.example/shop/1 AAAAAEdyZWFzZQ==\n"
    assert signer().verifier.open(f"{BODY}\n{grease}{SIGNATURE}") == BODY
    with pytest.raises(RecordFormatError, match="not signed"):
        signer().verifier.open(f"{BODY}\n{grease}")


def test_every_changed_byte_of_a_note_is_refused() -> None:
    note = f"{BODY}\n{SIGNATURE}".encode()
    for position in range(len(note)):
        changed = bytearray(note)
        changed[position] ^= 1
        try:
            text = bytes(changed).decode()
        except UnicodeDecodeError:
            continue
        with pytest.raises(RecordFormatError):
            signer().verifier.open(text)


@pytest.mark.parametrize("text", ["no newline", "a\n\nb\n", ""])
def test_what_is_no_text_of_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(RecordFormatError):
        signer().sign(text)


@pytest.mark.parametrize(
    "note", ["", "text\n", f"{BODY}\nno dash\n", f"{BODY}\n— {ORIGIN} !!\n", f"{BODY}\n— x AAA=\n"]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(RecordFormatError):
        signer().verifier.open(note)
