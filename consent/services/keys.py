"""The secrets of a service: made once, readable by their owner only, never in the database."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from consent.audit.signed import MIN_KEY_BYTES, Keyring
from consent.audit.tokens import Pseudonyms
from consent.errors import ConfigurationError

SIGNING_KEYS_FILE = "signing.keys"
PSEUDONYM_KEY_FILE = "pseudonym.key"
RECEIPT_KEY_FILE = "receipt.pem"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the service signs and hashes with."""

    keyring: Keyring
    pseudonyms: Pseudonyms
    receipt: Ed25519PrivateKey


def make_key_files(directory: Path) -> list[Path]:
    """Make the key files that are missing, mode 0600 in a directory 0700; return those made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        SIGNING_KEYS_FILE: _random_line,
        PSEUDONYM_KEY_FILE: _random_line,
        RECEIPT_KEY_FILE: _ed25519_pem,
    }
    made = []
    for name, make in contents.items():
        path = directory / name
        if not path.exists():
            _write_secret(path, make())
            made.append(path)
    return made


def load_keys(*, signing_keys: str, pseudonym_key: str, receipt_key: str) -> Keys:
    """Return the keys in three texts: base64 lines (oldest first), one base64 line, and PEM.

    Raises ConfigurationError that names the faulty key, never its content.
    """
    return Keys(
        keyring=load_keyring(signing_keys),
        pseudonyms=load_pseudonyms(pseudonym_key),
        receipt=load_receipt_key(receipt_key),
    )


def load_keyring(text: str) -> Keyring:
    return Keyring([_decode("the signing keys", line) for line in text.split()])


def load_pseudonyms(text: str) -> Pseudonyms:
    return Pseudonyms(_decode("the pseudonym key", text.strip()))


def load_receipt_key(pem: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(["the receipt key is not a PKCS#8 PEM private key"]) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(["the receipt key is not an Ed25519 key"])
    return key


def loose_permissions(path: Path) -> bool:
    """Say whether others than the owner may read or write a file."""
    return bool(path.stat().st_mode & 0o077)


def _write_secret(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _random_line() -> str:
    return base64.b64encode(secrets.token_bytes(MIN_KEY_BYTES)).decode() + "\n"


def _ed25519_pem() -> str:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _decode(name: str, line: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except ValueError as error:
        raise ConfigurationError([f"{name}: a line is not base64"]) from error
    if len(key) < MIN_KEY_BYTES:
        raise ConfigurationError([f"{name}: a key has fewer than {MIN_KEY_BYTES} bytes"])
    return key
