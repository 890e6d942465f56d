"""Keys to sign with in tests, the same each time, one for each letter."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.checkpoints import clock_key_name
from consent.audit.notes import ClockSigner, NoteSigner
from consent.audit.receipts import receipt_key_name

ORIGIN = "consent.example/shop/1"


def private_key(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def log_signer(seed: int = 7) -> NoteSigner:
    return NoteSigner(ORIGIN, private_key(seed))


def clock_signer(seed: int = 8) -> ClockSigner:
    return ClockSigner(clock_key_name(ORIGIN), private_key(seed))


def receipt_signer(seed: int = 9) -> NoteSigner:
    return NoteSigner(receipt_key_name(ORIGIN), private_key(seed))


def witness_signer(name: str, seed: int) -> ClockSigner:
    return ClockSigner(name, private_key(seed))
