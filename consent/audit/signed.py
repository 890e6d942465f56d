"""Signed text values: `1.<key id>.<body>.<signature>`, one salt per meaning, a list of keys.

itsdangerous does the signing (HMAC-SHA-256 under a key derived per salt). The newest key signs;
every key of the list verifies. A value has one spelling only, so any changed byte is refused.
A brief value has 132 bits of its signature, which also covers what the value does not spell out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from itsdangerous import Signer

from consent.errors import ConfigurationError, TokenError

VERSION = "1"
MIN_KEY_BYTES = 32

_SEPARATOR = "."
_BRIEF = 22  # letters of a signature: 132 bits, more than half of it as RFC 2104 asks


def signing_key_id(key: bytes) -> str:
    """Return the public name of a key: 8 hexadecimal digits that say nothing else about it."""
    return hmac.digest(key, b"consent key id v1", hashlib.sha256).hex()[:8]


class Keyring:
    """The keys of signed values, oldest first; the last one signs."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ConfigurationError(["the list of signing keys is empty"])
        if any(len(key) < MIN_KEY_BYTES for key in keys):
            raise ConfigurationError([f"a signing key has at least {MIN_KEY_BYTES} bytes"])
        self._keys = {signing_key_id(key): key for key in keys}
        self._newest = signing_key_id(keys[-1])
        self._signer = lru_cache(maxsize=256)(self._make_signer)

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def _make_signer(self, key_id: str, salt: str) -> Signer:
        return Signer(
            self._keys[key_id],
            salt=salt.encode(),
            sep=_SEPARATOR,
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )

    def derived(self, meaning: str) -> dict[str, bytes]:
        """Return a key of 256 bits for another purpose from each key, by its id, oldest first."""
        return {
            key_id: hmac.digest(key, f"consent {meaning} v1".encode(), hashlib.sha256)
            for key_id, key in self._keys.items()
        }

    def sign(self, salt: str, body: str) -> str:
        """Return `body` signed by the newest key for one meaning."""
        value = _SEPARATOR.join((VERSION, self._newest, body))
        return self._signer(self._newest, salt).sign(value).decode()

    def sign_briefly(self, salt: str, body: str, unsaid: str, *, key_id: str | None = None) -> str:
        """Return `body` with a short signature over it and over what only we spell out.

        To verify a value, sign what it should stand for by the key it names, and compare. Raises
        TokenError for a key we do not have.
        """
        by = key_id or self._newest
        if by not in self._keys:
            raise TokenError("the value was not signed by this service")
        value = _SEPARATOR.join((VERSION, by, body))
        signature = self._signer(by, salt).get_signature(value + _SEPARATOR + unsaid).decode()
        return value + _SEPARATOR + signature[:_BRIEF]

    def unsign(self, salt: str, value: str) -> str:
        """Return the body of a signed value; raise TokenError unless it is genuine."""
        version, _, rest = value.partition(_SEPARATOR)
        key_id, _, _ = rest.partition(_SEPARATOR)
        signed, _, signature = value.rpartition(_SEPARATOR)
        if version != VERSION or key_id not in self._keys or not value.isascii():
            raise TokenError("the value was not signed by this service")
        expected = self._signer(key_id, salt).get_signature(signed)
        if not hmac.compare_digest(expected, signature.encode()):
            raise TokenError("the signature does not fit the value")
        _, _, body = signed.partition(_SEPARATOR)[2].partition(_SEPARATOR)
        return body
