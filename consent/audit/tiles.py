"""The tree cut into tiles (C2SP tlog-tiles), and how a batch of entries extends them.

Level 0 holds the hashes of leaves, 256 a tile; each hash of a higher level stands for one full tile
of the level below. Entries lie beside them in bundles of 256. Only the tiles at the right edge
ever change, and they only grow; so who holds a fuller tile can serve every narrower one from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from consent.audit.encoding import parse_decimal
from consent.audit.entry import ENTRY_BYTES, leaf_hash
from consent.audit.tree import HASH_BYTES, Frontier, join_peaks, perfect_root
from consent.errors import ProofError, RecordFormatError

TILE_WIDTH = 256
ENTRIES = -1  # the level of entry bundles

_HEIGHT = 8
_MAX_LEVEL = 63
_PREFIX = ENTRY_BYTES.to_bytes(2)
_BUNDLED_BYTES = len(_PREFIX) + ENTRY_BYTES
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<n>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?"
)

ReadTile = Callable[[int, int], bytes]
"""Takes a level and a number, returns the tile as it is stored: at least as wide as is needed.

It raises KeyError or ProofError where there is no such tile.
"""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a tree of some size: its place, and how many hashes or entries it has then."""

    level: int
    n: int
    width: int

    @property
    def path(self) -> str:
        """Where the tile is served, below the log: `tile/0/x001/067.p/5`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_number_path(self.n)}{partial}"


def parse_tile_path(path: str) -> Tile:
    """Return the tile of a path; raise RecordFormatError unless it is the one spelling of one."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise RecordFormatError("the path is not one of a tile")
    level = ENTRIES if match["level"] == "entries" else int(match["level"])
    digits = match["n"].replace("x", "").replace("/", "").lstrip("0") or "0"
    width = TILE_WIDTH if match["width"] is None else int(match["width"])
    tile = Tile(level, parse_decimal(digits, "the number of the tile"), width)
    if not 0 < width <= TILE_WIDTH or level > _MAX_LEVEL or tile.path != path:
        raise RecordFormatError("the path has another spelling or names no possible tile")
    return tile


def tile_widths(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree of this size, entry bundles first, each level from the left."""
    yield from _level_tiles(ENTRIES, size)
    level = 0
    while size:
        yield from _level_tiles(level, size)
        size >>= _HEIGHT
        level += 1


def cut(tile: Tile, data: bytes) -> bytes:
    """Return a tile's content from the data stored for it, which may be fuller by now."""
    needed = tile.width * _item_bytes(tile.level)
    if len(data) < needed:
        raise ProofError(f"{tile.path} is stored with fewer than {tile.width} places")
    return data[:needed]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of some entries: each after its length in two bytes."""
    if any(len(entry) != ENTRY_BYTES for entry in entries):
        raise RecordFormatError(f"an entry has {ENTRY_BYTES} bytes")
    return b"".join(_PREFIX + entry for entry in entries)


def decode_entries(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; raise RecordFormatError unless it is made of whole ones."""
    items = [data[at : at + _BUNDLED_BYTES] for at in range(0, len(data), _BUNDLED_BYTES)]
    if any(len(item) != _BUNDLED_BYTES or not item.startswith(_PREFIX) for item in items):
        raise RecordFormatError("the bundle does not consist of whole entries")
    return [item[len(_PREFIX) :] for item in items]


@dataclass(frozen=True, slots=True)
class Appended:
    """A tree after a batch: its size and root, and each changed tile with its whole content."""

    size: int
    root: bytes
    tiles: dict[tuple[int, int], bytes]


def append_entries(read: ReadTile, size: int, entries: Sequence[bytes]) -> Appended:
    """Return the tree of `size` leaves extended by entries; reads tiles of its right edge only.

    What is read is taken as it is: `root_at` tells beforehand whether it is still the signed tree.
    """
    tiles = _extend(read, ENTRIES, size, encode_entries(entries))
    hashes = [leaf_hash(entry) for entry in entries]
    level, level_size = 0, size
    while hashes:
        changed = _extend(read, level, level_size, b"".join(hashes))
        tiles |= changed
        hashes = [perfect_root(_hashes(data)) for data in changed.values() if _is_full(data)]
        level_size >>= _HEIGHT
        level += 1

    def read_new(level: int, n: int) -> bytes:
        return tiles[level, n] if (level, n) in tiles else read(level, n)

    new_size = size + len(entries)
    return Appended(new_size, root_at(read_new, new_size), tiles)


def root_at(read: ReadTile, size: int) -> bytes:
    """Return the root of the tree of this size, computed from the tiles at its right edge."""
    peaks: list[bytes] = []
    level = 0
    while size:
        edge = Frontier()
        edge.extend(_hashes(_edge(read, level, size)))
        peaks = [*edge.peaks, *peaks]
        size >>= _HEIGHT
        level += 1
    return join_peaks(peaks)


def read_hashes(read: ReadTile, level: int, first: int, count: int) -> list[bytes]:
    """Return hashes of a level that lie in one tile; raise ProofError where they are missing."""
    n, offset = divmod(first, TILE_WIDTH)
    return _hashes(_stored(read, Tile(level, n, offset + count)))[offset:]


def _number_path(n: int) -> str:
    n, last = divmod(n, 1000)
    groups = [f"{last:03}"]
    while n:
        n, group = divmod(n, 1000)
        groups.append(f"x{group:03}")
    return "/".join(reversed(groups))


def _level_tiles(level: int, size: int) -> Iterator[Tile]:
    full, width = divmod(size, TILE_WIDTH)
    for n in range(full):
        yield Tile(level, n, TILE_WIDTH)
    if width:
        yield Tile(level, full, width)


def _item_bytes(level: int) -> int:
    return _BUNDLED_BYTES if level == ENTRIES else HASH_BYTES


def _is_full(data: bytes) -> bool:
    return len(data) == TILE_WIDTH * HASH_BYTES


def _stored(read: ReadTile, tile: Tile) -> bytes:
    try:
        data = read(tile.level, tile.n)
    except KeyError as error:
        raise ProofError(f"{tile.path} is missing") from error
    return cut(tile, data)


def _edge(read: ReadTile, level: int, size: int) -> bytes:
    """Return the partial tile at the right edge of a level with `size` items, empty for none."""
    n, width = divmod(size, TILE_WIDTH)
    return _stored(read, Tile(level, n, width)) if width else b""


def _extend(read: ReadTile, level: int, size: int, added: bytes) -> dict[tuple[int, int], bytes]:
    """Return the tiles of one level that change when items are added to the `size` it has."""
    data = _edge(read, level, size) + added if added else b""
    full = TILE_WIDTH * _item_bytes(level)
    first = size // TILE_WIDTH
    return {(level, first + i): chunk for i, chunk in enumerate(_chunks(data, full))}


def _hashes(data: bytes) -> list[bytes]:
    return list(_chunks(data, HASH_BYTES))


def _chunks(data: bytes, length: int) -> Iterable[bytes]:
    return (data[at : at + length] for at in range(0, len(data), length))
