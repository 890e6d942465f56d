"""Key files: several keys to a file, oldest first; nothing that is no key passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from consent.audit.notes import public_bytes
from consent.errors import ConfigurationError
from consent.services.keys import (
    add_key,
    load_keyring,
    load_keys,
    load_log_keys,
    load_receipt_keys,
    make_key_files,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_key_files(tmp_path / "keys")
    return tmp_path / "keys"


def texts(folder: Path) -> dict[str, str]:
    files = {
        "signing_keys": "signing.keys",
        "pseudonym_key": "pseudonym.key",
        "receipt_key": "receipt.pem",
        "log_key": "log.pem",
        "clock_key": "clock.pem",
    }
    return {name: (folder / file).read_text() for name, file in files.items()}


@pytest.mark.legal("RP-15")
def test_a_key_is_added_at_the_end_and_the_last_one_is_the_newest(folder: Path) -> None:
    path = folder / "receipt.pem"
    (first,) = load_receipt_keys(path.read_text())
    add_key(path)
    add_key(path)
    keys = load_keys(**texts(folder))
    assert len(keys.receipts) == 3
    assert public_bytes(keys.receipts[0].public_key()) == public_bytes(first.public_key())
    assert keys.receipt is keys.receipts[2]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.legal("RP-15")
def test_a_signing_key_is_added_as_a_line(folder: Path) -> None:
    path = folder / "signing.keys"
    path.write_text(path.read_text().rstrip("\n"))
    add_key(path)
    assert len(path.read_text().splitlines()) == 2
    assert len(load_keyring(path.read_text()).key_ids) == 2


def test_without_the_keys_of_the_log_a_process_does_not_seal(folder: Path) -> None:
    given = texts(folder)
    assert load_keys(**given).log is not None
    del given["log_key"], given["clock_key"]
    assert load_keys(**given).log is None


def test_text_around_the_keys_is_refused(folder: Path) -> None:
    pem = (folder / "log.pem").read_text()
    for text in ("", "no key", f"{pem}and more", f"before {pem}", pem[:-40], pem.replace("M", "!")):
        with pytest.raises(ConfigurationError, match=r"the log key is not a PKCS#8 PEM"):
            load_log_keys(text)


def test_a_key_of_another_kind_is_refused() -> None:
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ConfigurationError, match="the log key is not an Ed25519 key"):
        load_log_keys(pem)


@pytest.mark.parametrize("twin", ["receipt_key", "clock_key"])
def test_one_key_cannot_have_two_meanings(folder: Path, twin: str) -> None:
    given = texts(folder)
    with pytest.raises(ConfigurationError, match="a key occurs twice"):
        load_keys(**(given | {twin: given["log_key"]}))
