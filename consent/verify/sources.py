"""What can be checked: anything that gives a log's parts in the order in which they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from consent.audit.notes import NoteVerifier
from consent.audit.tiles import Tile
from consent.errors import ConsentError
from consent.verify.findings import Finding


class UnreadableError(ConsentError):
    """What was given cannot be checked: it is no log, or it cannot be read."""


class Scope(StrEnum):
    """Which leaves a source opens: each that is not disposed of, or the log's own and some."""

    ALL = "all"
    SOME = "some"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed head as it was kept; `size` and `created` (ms) are what it was kept under.

    `created` is None for a note that was kept under no time.
    """

    size: int
    created: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """What somebody else says of a head. A witness's line stands in the note itself."""

    size: int
    created: int
    kind: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """A record and its salt, said to be what a leaf commits to. `leaf` is None while unsealed."""

    leaf: int | None
    salt: bytes
    record: bytes


class Source(Protocol):
    """One log. Iterators give what they have in ascending order, once, in constant memory.

    Where a part is there but cannot be what it should be, they give a finding in its place.
    Methods raise UnreadableError when nothing can be said.
    """

    @property
    def name(self) -> str:
        """Where the log lies, for the reader of the report."""

    @property
    def scope(self) -> Scope: ...

    def policy(self) -> str:
        """Return whose signatures count; RecordFormatError if what there is makes no policy."""

    def head(self) -> str:
        """Return the newest signed note."""

    def notes(self) -> Iterator[Note | Finding]:
        """Give all signed notes that were kept, by size and age."""

    def anchors(self) -> Iterator[Anchor | Finding]:
        """Give all anchors beside the lines in notes, by size and age of their heads."""

    def counts(self) -> Iterator[Note | Finding]:
        """Give the signed counts of officers' acts by size; none unless every leaf is opened."""

    @property
    def acts_since(self) -> int | None:
        """Since when (ms) acts are sealed into any log of this service; None if not known."""

    def tile(self, tile: Tile) -> bytes | None:
        """Return the data of a tile, at least as wide as it is asked for if it is whole."""

    def openings(self) -> Iterator[Opening | Finding]:
        """Give the opened leaves in their order."""

    def require_vouched(self, receipt_keys: Sequence[NoteVerifier]) -> None:
        """Raise RecordFormatError unless the log's operator vouches for what the log does not sign.

        That is what is announced, and what is withheld.
        """

    def announced(self) -> Iterator[Opening | Finding]:
        """Give the disposals that the newest head does not cover yet."""

    @property
    def read_at(self) -> int | None:
        """The instant (ms) after which nothing in the source can be of; None if not known."""

    def withheld(self) -> Sequence[tuple[int, int]]:
        """Return ranges (first, last) of leaves that are there and are not opened here."""

    def notice(self, digest: str) -> bytes | None:
        """Return the document of a notice that the log names, if it is there."""

    @property
    def has_notices(self) -> bool:
        """Whether the documents of notices are in this source at all."""

    def own_findings(self, size: int) -> Iterator[Finding]:
        """Give what is wrong beside the log of this size, by checks only this source can make."""
