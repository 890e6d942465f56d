"""The tree made anew from its entries, bundle by bundle, beside the stored tiles of every level."""

from __future__ import annotations

from collections.abc import Iterator

from consent.audit.entry import leaf_hash
from consent.audit.tiles import ENTRIES, TILE_WIDTH, Tile, cut, decode_entries
from consent.audit.tree import HASH_BYTES, Frontier, perfect_root
from consent.errors import ProofError, RecordFormatError
from consent.verify.findings import Findings, Kind
from consent.verify.sources import Source


class BrokenTreeError(Exception):
    """From here on the entries of the log are not known, so nothing behind can be checked."""


class TreeCheck:
    """Reads the entries of a log up to a size and grows the tree that they make."""

    def __init__(self, source: Source, size: int, findings: Findings) -> None:
        self._source = source
        self._size = size
        self._findings = findings
        self._levels: list[bytearray] = []  # the hashes of the open tile of each level
        self._full: list[int] = []  # how many tiles of each level are full
        self.frontier = Frontier()

    def entries(self) -> Iterator[list[tuple[bytes, bytes]]]:
        """Give each bundle's entries with their leaf hashes; who takes them extends the frontier.

        Raises BrokenTreeError, after a finding, where a bundle is missing or is none.
        """
        for n in range(-(-self._size // TILE_WIDTH)):
            width = min(TILE_WIDTH, self._size - n * TILE_WIDTH)
            entries = self._bundle(Tile(ENTRIES, n, width))
            hashes = [leaf_hash(entry) for entry in entries]
            yield list(zip(entries, hashes, strict=True))
            self._add(0, b"".join(hashes))
        for level, data in enumerate(self._levels):
            if data:
                self._compare(Tile(level, self._full[level], len(data) // HASH_BYTES), bytes(data))

    def _bundle(self, tile: Tile) -> list[bytes]:
        data = self._source.tile(tile)
        first = tile.n * TILE_WIDTH
        if data is None:
            self._findings.add(
                Kind.MISSING,
                f"{tile.path} is missing: the log cannot be read from leaf {first} on",
                leaf=first,
            )
            raise BrokenTreeError
        try:
            return decode_entries(cut(tile, data))
        except (RecordFormatError, ProofError) as error:
            self._findings.add(Kind.ALTERED, f"{tile.path}: {error}", leaf=first)
            raise BrokenTreeError from error

    def _add(self, level: int, hashes: bytes) -> None:
        if level == len(self._levels):
            self._levels.append(bytearray())
            self._full.append(0)
        data = self._levels[level]
        data += hashes
        if len(data) < TILE_WIDTH * HASH_BYTES:
            return
        self._compare(Tile(level, self._full[level], TILE_WIDTH), bytes(data))
        parts = [bytes(data[at : at + HASH_BYTES]) for at in range(0, len(data), HASH_BYTES)]
        data.clear()
        self._full[level] += 1
        self._add(level + 1, perfect_root(parts))

    def _compare(self, tile: Tile, computed: bytes) -> None:
        stored = self._source.tile(tile)
        if stored is None:
            self._findings.add(Kind.MISSING, f"{tile.path} is missing")
            return
        try:
            is_same = cut(tile, stored) == computed
        except ProofError:
            is_same = False
        if not is_same:
            self._findings.add(Kind.ALTERED, f"{tile.path} is not what the entries below it make")
