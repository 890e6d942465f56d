"""Encrypt what the database must not tell by itself, under keys derived from the signing keys.

A value names the key it is under, so that keys can be rotated; `is_newest` says whether it is time
to write it anew.
"""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.audit.signed import Keyring
from consent.errors import TokenError

_NONCE_BYTES = 12
_SEPARATOR = "."


def encrypt(keyring: Keyring, meaning: str, text: str) -> str:
    """Return `text` so that only this service reads it, for one meaning."""
    key_id, key = list(keyring.derived(meaning).items())[-1]
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), meaning.encode())
    return key_id + _SEPARATOR + base64.urlsafe_b64encode(nonce + sealed).decode()


def decrypt(keyring: Keyring, meaning: str, value: str) -> str:
    """Return what was encrypted; raise TokenError for anything that this service did not make."""
    key_id, _, rest = value.partition(_SEPARATOR)
    key = keyring.derived(meaning).get(key_id)
    if key is None:
        raise TokenError("the value was encrypted under a key that is not there any more")
    try:
        data = base64.urlsafe_b64decode(rest.encode())
        opened = AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], meaning.encode())
    except (ValueError, InvalidTag) as error:
        raise TokenError("the value was not encrypted by this service") from error
    return opened.decode()


def is_newest(keyring: Keyring, value: str) -> bool:
    """Say whether a value is under the newest key."""
    return value.partition(_SEPARATOR)[0] == keyring.key_ids[-1]
