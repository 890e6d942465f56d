"""A copy of a log that was kept elsewhere, read for a recovery: nothing in it is believed.

What it says of the tree is held against a head that our own keys have signed, what it opens against
the tree. What it lists as hidden can only hide more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.audit.checkpoints import Checkpoint, OpenedCheckpoint, parse_checkpoint
from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.notes import split_note
from consent.audit.tiles import ENTRIES, TILE_WIDTH, ReadTile, Tile, cut, decode_entries
from consent.core.ranges import Range
from consent.core.retention import DisposalClass
from consent.errors import LogRefusedError, NotFoundError, ProofError, RecordFormatError
from consent.verify.exports import ExportSource, open_exports
from consent.verify.findings import Finding
from consent.verify.record import Record, read_record
from consent.verify.sources import Anchor, Note, Opening, UnreadableError

OF_PERSONS, DISPOSAL = frozenset({"consent", "action"}), "disposal"

OpenNote = Callable[[str], OpenedCheckpoint]


@dataclass(frozen=True, slots=True)
class Opened:
    """A record of the log's own with its salt. `leaf` is None for one that was not sealed yet."""

    leaf: int | None
    salt: bytes
    record: Record
    payload: bytes

    @property
    def entry(self) -> bytes:
        """What is committed to of it."""
        return commitment(self.payload, self.salt)


class Mirror:
    """A copy of one log."""

    def __init__(self, source: ExportSource) -> None:
        self._source = source
        self.note = source.head()
        try:
            self.claimed = parse_checkpoint(split_note(self.note)[0])
        except RecordFormatError as error:
            raise UnreadableError(f"{source.name}: its head cannot be read ({error})") from error

    @property
    def name(self) -> str:
        return self._source.name

    @property
    def size(self) -> int:
        return self.claimed.size

    def open_head(self, open_note: OpenNote) -> Checkpoint:
        """Return the newest head, which one of our own keys must have signed."""
        try:
            return open_note(self.note).checkpoint
        except RecordFormatError as error:
            raise LogRefusedError(f"the head in {self.name} proves nothing: {error}") from error

    def tiles(self) -> ReadTile:
        """Return what reads the tiles of the copy; they are as the copy has them."""

        def read(level: int, n: int) -> bytes:
            size = self.size if level == ENTRIES else self.size >> 8 * level
            return self._read(Tile(level, n, min(TILE_WIDTH, size - n * TILE_WIDTH)))

        return read

    def entries(self, first: int) -> Iterator[bytes]:
        """Give the entries from one leaf to the end."""
        for n in range(first // TILE_WIDTH, -(-self.size // TILE_WIDTH)):
            tile = Tile(ENTRIES, n, min(TILE_WIDTH, self.size - n * TILE_WIDTH))
            bundle = decode_entries(cut(tile, self._read(tile)))
            yield from bundle[max(0, first - n * TILE_WIDTH) :]

    def own_records(self, first: int, entries: list[bytes]) -> Iterator[Opened]:
        """Give the log's own records from leaf `first` on that open the entries found there."""
        for opening in self._source.openings():
            if not isinstance(opening, Opening) or opening.leaf is None or opening.leaf < first:
                continue
            opened = _opened(opening)
            if opened is None or opened.record.type in OF_PERSONS or opening.leaf >= self.size:
                continue
            if opened.entry != entries[opening.leaf - first]:
                raise LogRefusedError(
                    f"the record that {self.name} has for leaf {opening.leaf} is not the one that "
                    "was sealed"
                )
            yield opened

    def unsealed_erasures(self) -> Iterator[Range]:
        """Give the leaves that were disposed of on request, which no head told of yet."""
        for opening in self._source.announced():
            opened = _opened(opening) if isinstance(opening, Opening) else None
            if opened is None or opened.record.type != DISPOSAL or "log" in opened.record.values:
                continue
            if opened.record.values.get("reason") == DisposalClass.ERASURE:
                yield from opened.record.ranges("leaves")

    def hidden(self) -> dict[str, list[Range]]:
        """Return the leaves of records that were erased and still existed: restricted, queued."""
        data = self._source.hidden()
        try:
            values: Any = {} if data is None else json.loads(data)
            return {
                name: [(int(first), int(last)) for first, last in values.get(name, [])]
                for name in ("restricted", "queued")
            }
        except (ValueError, TypeError, AttributeError) as error:
            raise UnreadableError(f"{self.name}: its list of what is hidden is broken") from error

    def has_records(self) -> bool:
        """Say whether the copy has any openings at all, without which erasures stay unknown."""
        return next(iter(self._source.openings()), None) is not None

    def notes(self) -> Iterator[Note]:
        return (note for note in self._source.notes() if isinstance(note, Note))

    def counts(self) -> Iterator[Note | Finding]:
        return self._source.counts()

    def anchors(self) -> Iterator[Anchor]:
        return (anchor for anchor in self._source.anchors() if isinstance(anchor, Anchor))

    def _read(self, tile: Tile) -> bytes:
        data = self._source.tile(tile)
        if data is None:
            raise ProofError(f"{self.name} has no {tile.path}")
        return data


def find_mirror(path: Path, origins: Collection[str]) -> Mirror:
    """Return the copy of one of our logs that lies under a path; raise NotFoundError for none.

    Raises UnreadableError for a path that has no log in it, and LogRefusedError for several of
    ours: they are put right one by one.
    """
    mirrors = map(Mirror, open_exports(path))
    found = [mirror for mirror in mirrors if mirror.claimed.origin in origins]
    if not found:
        raise NotFoundError(f"{path} is not a copy of a log of this installation")
    if len(found) > 1:
        names = ", ".join(sorted(mirror.claimed.origin for mirror in found))
        raise LogRefusedError(f"{path} has copies of several logs ({names}); give the one meant")
    return found[0]


def _opened(opening: Opening) -> Opened | None:
    if len(opening.salt) != SALT_BYTES:
        return None
    try:
        record = read_record(opening.record)
    except RecordFormatError:
        return None
    return Opened(opening.leaf, opening.salt, record, opening.record)
