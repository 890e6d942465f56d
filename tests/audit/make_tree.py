"""Trees to test with: entries that are the same each time, and tiles kept in a dictionary."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

from consent.audit.entry import leaf_hash
from consent.audit.tiles import ReadTile, append_entries

Tiles = dict[tuple[int, int], bytes]


def make_entries(count: int) -> list[bytes]:
    return [hashlib.sha256(b"entry %d" % number).digest() for number in range(count)]


def make_leaves(count: int) -> list[bytes]:
    return [leaf_hash(entry) for entry in make_entries(count)]


def reader_of(tiles: Tiles) -> ReadTile:
    return lambda level, n: tiles[level, n]


def grow(entries: Sequence[bytes], batches: Iterable[int]) -> Tiles:
    """Return the tiles of entries that were appended in batches of these sizes."""
    tiles: Tiles = {}
    waiting, size = iter(entries), 0
    for batch in batches:
        appended = append_entries(reader_of(tiles), size, list(islice(waiting, batch)))
        tiles |= appended.tiles
        size = appended.size
    return tiles


def flip_bits(value: bytes) -> Iterable[bytes]:
    """Yield the bytes with each of their bits changed once."""
    for position in range(len(value) * 8):
        changed = bytearray(value)
        changed[position // 8] ^= 1 << position % 8
        yield bytes(changed)


def flip_text(text: str) -> Iterable[str]:
    """Yield a text with each bit of its bytes changed once, where that is text still."""
    for changed in flip_bits(text.encode()):
        try:
            yield changed.decode()
        except UnicodeDecodeError:
            continue
