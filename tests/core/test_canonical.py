"""The canonical encoding equals RFC 8785 under the profile, and refuses what lies outside it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consent.core.canonical import MAX_SAFE_INTEGER, canonical_bytes, digest_hex, record_bytes
from consent.errors import RecordFormatError

_KEYS = st.from_regex(r"[a-z0-9_.-]{1,12}", fullmatch=True)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_SCALARS = st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | _TEXTS
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4)
)


@given(_VALUES)
def test_equals_the_reference_implementation(value: Any) -> None:
    assert canonical_bytes(value, max_depth=100) == rfc8785.dumps(value)


@given(st.dictionaries(_KEYS, _SCALARS))
def test_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert canonical_bytes(dict(reversed(value.items()))) == canonical_bytes(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "float"),
        (MAX_SAFE_INTEGER + 1, "integers"),
        ({"Key": 1}, "Key"),
        ({1: 2}, "key 1"),
        ("\ud800", "surrogate"),
        (b"x", "bytes"),
        ([[[[[[[1]]]]]]], "deeply"),
    ],
)
def test_refuses_what_readers_could_take_differently(value: Any, reason: str) -> None:
    with pytest.raises(RecordFormatError, match=reason):
        canonical_bytes(value, max_depth=6)


def test_a_record_of_more_than_16_kib_is_refused() -> None:
    with pytest.raises(RecordFormatError, match="16384"):
        record_bytes({"v": "x" * 16 * 1024})


def test_digest_is_the_sha256_of_the_encoding() -> None:
    assert digest_hex({"b": 1, "a": "é"}) == hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest()
