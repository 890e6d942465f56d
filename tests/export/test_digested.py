"""The row count, size and digest of an export are those of its bytes."""

from __future__ import annotations

import hashlib

import pytest

from consent.export import FORMATS
from consent.export.columns import OriginalLinks, row_of
from consent.export.digested import Digested
from tests.make_events import make_event


@pytest.mark.parametrize("format_name", FORMATS)
def test_rows_size_and_digest_speak_of_the_bytes_given(format_name: str) -> None:
    rows = [row_of(make_event(), OriginalLinks())] * 500
    digested = Digested(FORMATS[format_name].write, rows)
    assert (digested.rows, digested.size) == (0, 0)
    assert digested.sha256 == hashlib.sha256().hexdigest()
    first = next(digested)
    assert digested.sha256 == hashlib.sha256(first).hexdigest()
    everything = first + b"".join(digested)
    assert (digested.rows, digested.size) == (500, len(everything))
    assert digested.sha256 == hashlib.sha256(everything).hexdigest()
