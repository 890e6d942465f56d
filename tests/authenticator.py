"""A device that keeps passkeys, in software: it answers a browser's questions with real signatures.

What a browser adds is under the test's hand: the origin, and what the device says of its owner.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url, encode_cbor

_PRESENT, _RECOGNISED, _WITH_KEY = 0x01, 0x04, 0x40
_COORDINATE_BYTES = 32


@dataclass
class Device:
    """One passkey. `knows_owner` says whether the device asked for PIN, fingerprint or face."""

    origin: str
    knows_owner: bool = True
    id: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: str) -> str:
        """Answer `navigator.credentials.create`, as JSON."""
        asked = json.loads(options)
        key = bytes([0] * 16) + len(self.id).to_bytes(2, "big") + self.id + self._public_key()
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(asked["rp"]["id"], _WITH_KEY) + key,
        }
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=encode_cbor(attestation))

    def get(self, options: str) -> str:
        """Answer `navigator.credentials.get`, as JSON."""
        asked = json.loads(options)
        data = self._data(asked["rpId"])
        client = self._client("webauthn.get", asked["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signed)

    def _answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.id)
        encoded = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": encoded})

    def _client(self, kind: str, challenge: str) -> bytes:
        said: dict[str, Any] = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(said | {"crossOrigin": False}).encode()

    def _data(self, party: str, more: int = 0) -> bytes:
        flags = _PRESENT | more | (_RECOGNISED if self.knows_owner else 0)
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + bytes(4)

    def _public_key(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = (one.to_bytes(_COORDINATE_BYTES, "big") for one in (point.x, point.y))
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
