"""The secrets of a service: made once, readable by their owner only, never in the database."""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from consent.audit.notes import public_bytes
from consent.audit.signed import MIN_KEY_BYTES, Keyring
from consent.audit.tokens import Pseudonyms
from consent.errors import ConfigurationError

SIGNING_KEYS_FILE = "signing.keys"
PSEUDONYM_KEY_FILE = "pseudonym.key"
RECEIPT_KEY_FILE = "receipt.pem"
LOG_KEY_FILE = "log.pem"
CLOCK_KEY_FILE = "clock.pem"

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?-----END [A-Z0-9 ]+-----\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LogKeys:
    """What signs the log and the time of its signing, each oldest first.

    Only processes that seal hold it; where keys are replaced or shown, one kind may be absent.
    """

    log: tuple[Ed25519PrivateKey, ...]
    clock: tuple[Ed25519PrivateKey, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """What the service signs and hashes with; `receipts` are oldest first."""

    keyring: Keyring
    pseudonyms: Pseudonyms
    receipts: tuple[Ed25519PrivateKey, ...]
    log: LogKeys | None = None

    @property
    def receipt(self) -> Ed25519PrivateKey:
        """The newest of the keys that sign receipts."""
        return self.receipts[-1]


def make_key_files(directory: Path, withheld: Collection[str] = ()) -> list[Path]:
    """Make the key files that are missing, mode 0600 in a directory 0700; return those made.

    `withheld` names files that are not to be made.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        SIGNING_KEYS_FILE: _random_line,
        PSEUDONYM_KEY_FILE: _random_line,
        RECEIPT_KEY_FILE: _ed25519_pem,
        LOG_KEY_FILE: _ed25519_pem,
        CLOCK_KEY_FILE: _ed25519_pem,
    }
    made = []
    for name, make in contents.items():
        path = directory / name
        if not path.exists() and name not in withheld:
            _write_secret(path, make())
            made.append(path)
    return made


def replace_lost_key(path: Path) -> None:
    """Make the file of a key that signs for a log anew, with a new key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_secret(path, _ed25519_pem())


def add_key(path: Path) -> None:
    """Add a new key at the end of a key file; the old ones stay."""
    make = _random_line if path.name == SIGNING_KEYS_FILE else _ed25519_pem
    before = path.read_text(encoding="ascii")
    separator = "" if before.endswith("\n") else "\n"
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    _write_secret(temporary, f"{before}{separator}{make()}")
    temporary.replace(path)


def load_keys(
    *,
    signing_keys: str,
    pseudonym_key: str,
    receipt_key: str,
    log_key: str | None = None,
    clock_key: str | None = None,
) -> Keys:
    """Return the keys in these texts: base64 lines (oldest first), one base64 line, and PEM.

    Without log and clock keys, they are the keys of a process that does not seal. Raises
    ConfigurationError that names the faulty key, never its content.
    """
    log = None
    if log_key is not None or clock_key is not None:
        log = LogKeys(
            () if log_key is None else load_log_keys(log_key),
            () if clock_key is None else load_clock_keys(clock_key),
        )
    keys = Keys(
        keyring=load_keyring(signing_keys),
        pseudonyms=load_pseudonyms(pseudonym_key),
        receipts=load_receipt_keys(receipt_key),
        log=log,
    )
    _require_different(keys)
    return keys


def load_keyring(text: str) -> Keyring:
    return Keyring([_decode("the signing keys", line) for line in text.split()])


def load_pseudonyms(text: str) -> Pseudonyms:
    return Pseudonyms(_decode("the pseudonym key", text.strip()))


def load_receipt_keys(pem: str) -> tuple[Ed25519PrivateKey, ...]:
    return _load_private_keys("the receipt key", pem)


def load_log_keys(pem: str) -> tuple[Ed25519PrivateKey, ...]:
    return _load_private_keys("the log key", pem)


def load_clock_keys(pem: str) -> tuple[Ed25519PrivateKey, ...]:
    return _load_private_keys("the clock key", pem)


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


def _require_different(keys: Keys) -> None:
    """A key has one meaning: one that signs receipts must not be able to sign the log."""
    every = [*keys.receipts, *(() if keys.log is None else (*keys.log.log, *keys.log.clock))]
    if len({public_bytes(key.public_key()) for key in every}) < len(every):
        raise ConfigurationError(["a key occurs twice among the keys of receipts, log and clock"])


def _load_private_keys(name: str, pem: str) -> tuple[Ed25519PrivateKey, ...]:
    """Return the keys of a PEM text, in their order; there is at least one."""
    blocks = _PEM.findall(pem)
    if not blocks or "".join(blocks).strip() != pem.strip():
        raise ConfigurationError([f"{name} is not a PKCS#8 PEM private key"])
    return tuple(_load_private_key(name, block) for block in blocks)


def _load_private_key(name: str, pem: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError([f"{name} is not a PKCS#8 PEM private key"]) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError([f"{name} is not an Ed25519 key"])
    return key
