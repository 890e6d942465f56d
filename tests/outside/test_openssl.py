"""The command openssl, which every regulator has, checks a commitment and a signature alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consent.audit.entry import commitment
from consent.audit.notes import parse_signature_line, split_note
from tests.audit.make_keys import clock_signer, log_signer
from tests.outside.make_log import MadeLog, make_log, salt_of

pytestmark = pytest.mark.legal("RP-07")


@pytest.fixture
def log() -> MadeLog:
    return make_log((3, 7))


def hmac_of(record: bytes, salt: bytes) -> str:
    output = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{salt.hex()}"],
        input=record,
        capture_output=True,
        check=True,
    )
    return output.stdout.decode().split()[-1]


def is_signed(folder: Path, public: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    key, text, signed = folder / "key.pem", folder / "message", folder / "signature"
    key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    text.write_bytes(message)
    signed.write_bytes(signature)
    files = ["-inkey", str(key), "-in", str(text), "-sigfile", str(signed)]
    result = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", *files],
        capture_output=True,
        check=False,
    )
    return result.returncode == 0 and b"Verified Successfully" in result.stdout


def test_each_record_opens_its_entry(log: MadeLog) -> None:
    for leaf, record in enumerate(log.records):
        assert hmac_of(record, salt_of(leaf)) == commitment(record, salt_of(leaf)).hex()
    assert hmac_of(log.records[1] + b" ", salt_of(1)) != hmac_of(log.records[1], salt_of(1))


def test_the_signature_of_a_checkpoint_is_over_its_three_lines(
    log: MadeLog, tmp_path: Path
) -> None:
    text, lines = split_note(log.heads[-1][2])
    signature = parse_signature_line(lines[0]).signature
    public = log_signer().verifier.public
    assert is_signed(tmp_path, public, text.encode(), signature)
    assert not is_signed(tmp_path, public, text.replace("\n7\n", "\n8\n").encode(), signature)
    assert not is_signed(tmp_path, log_signer(77).verifier.public, text.encode(), signature)


def test_the_cosignature_of_the_clock_is_over_its_time_and_the_three_lines(
    log: MadeLog, tmp_path: Path
) -> None:
    text, lines = split_note(log.heads[-1][2])
    timed = parse_signature_line(lines[1]).signature
    time_s, signature = int.from_bytes(timed[:8]), timed[8:]
    public = clock_signer().verifier.public
    message = f"cosignature/v1\ntime {time_s}\n{text}"
    assert is_signed(tmp_path, public, message.encode(), signature)
    later = message.replace(str(time_s), str(time_s + 1))
    assert not is_signed(tmp_path, public, later.encode(), signature)
