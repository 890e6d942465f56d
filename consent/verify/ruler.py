"""When leaves were sealed, as far as signed heads tell: bounds that only ever err to be wide.

Breakpoints closer than an hour are left out, so that memory grows with the age of a log and not
with its length.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

MERGE_DELAY_MS = 60_000
SKEW_MS = 300_000
SLACK_MS = MERGE_DELAY_MS + SKEW_MS

_GRAIN_MS = 3_600_000


class Ruler:
    """Bounds of the instants at which records of leaves were made, in milliseconds."""

    def __init__(self) -> None:
        self._floor_leaves = array("q")
        self._floor_times = array("q")
        self._sealed_sizes = array("q")
        self._sealed_times = array("q")
        self.floor: int | None = None  # of the next leaf

    def sealed(self, size: int, at: int) -> None:
        """Learn that at this instant exactly the leaves below `size` were sealed."""
        if not self._sealed_times or at >= self._sealed_times[-1] + _GRAIN_MS:
            self._sealed_sizes.append(size)
            self._sealed_times.append(at)
        self.raise_floor(size, at)

    def raise_floor(self, leaf: int, at: int) -> None:
        """Learn that no record from this leaf on was made before `at`, but for the slack."""
        if self.floor is not None and at <= self.floor:
            return
        self.floor = at
        if not self._floor_times or at >= self._floor_times[-1] + _GRAIN_MS:
            self._floor_leaves.append(leaf)
            self._floor_times.append(at)

    def earliest(self, leaf: int) -> int | None:
        """Return the earliest instant the record of a leaf can be of; None if nothing says so."""
        place = bisect_right(self._floor_leaves, leaf)
        return self._floor_times[place - 1] - SLACK_MS if place else None

    def sealed_by(self, leaf: int) -> int | None:
        """Return an instant by which a leaf was sealed; None if no head says so."""
        place = bisect_right(self._sealed_sizes, leaf)
        return self._sealed_times[place] if place < len(self._sealed_times) else None

    def size_before(self, at: int) -> int:
        """Return a size that the log had before an instant."""
        place = bisect_left(self._sealed_times, at)
        return self._sealed_sizes[place - 1] if place else 0

    def leaves_of(self, at: int, size: int) -> range:
        """Return the leaves, of those below `size`, that a record of an instant can be."""
        after = bisect_right(self._floor_times, at + SLACK_MS)
        first = self.size_before(at - SKEW_MS)
        last = self._floor_leaves[after] if after < len(self._floor_leaves) else size
        return range(first, max(first, min(last, size)))
