"""The signed counts of officers' acts: as many leaves are acts, or were, as was signed.

A disposal names leaves and says of what class they were; nothing else is left of them. How many of
them were acts, the log had signed before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from consent.audit.action_counts import ActionCount
from consent.core.ranges import Range
from consent.errors import RecordFormatError
from consent.verify.findings import Finding, Findings, Kind
from consent.verify.sources import Note
from consent.verify.trust import Trust


@dataclass(frozen=True, slots=True)
class Mark:
    """A signed count, and how many acts were opened below its size."""

    size: int
    actions: int
    opened: int


@dataclass(frozen=True, slots=True)
class Gone:
    """What became of leaves that no record is left of, in ranges (first, last).

    `as_actions` were disposed of as officers' acts. Of the `unclear` ones nobody can say what they
    were: lost in a restore, altered, or missing, each of which is told elsewhere. The checker knows
    of the `accepted` recoveries.
    """

    as_actions: Sequence[Range]
    unclear: Sequence[Range]
    recoveries: Sequence[tuple[str, int]]  # id and leaf of each
    accepted: frozenset[str]


class ActionCountsCheck:
    """Takes the counts of a log in their order while its leaves pass."""

    def __init__(
        self,
        counts: Iterator[Note | Finding],
        kept: Sequence[str],
        trust: Trust,
        findings: Findings,
    ) -> None:
        self._counts = self._noted(counts)
        self._trust = trust
        self._findings = findings
        self._kept = self._opened(kept)  # by the keys of then: one may be withdrawn on the way
        self._marks: list[Mark] = []
        self._unopened: list[tuple[Note, int]] = []
        self.notes: list[str] = []
        self.due: int | None = None  # the size of the next count
        self._advance()

    def reach(self, size: int, opened: int) -> None:
        """Take the counts of this size, below which so many acts were opened."""
        while self._next is not None and self._next.size <= size:
            if self._next.size < size:
                self._find_misplaced(self._next)
            elif not self._take(self._next, opened):
                # A key may be announced only a little later; it is tried again at the end.
                self._unopened.append((self._next, opened))
            self._advance()

    def finish(self, size: int, opened: int, gone: Gone) -> None:
        """Hold what was signed against what is there, of a log of which every leaf is opened."""
        self._end_counts(size)
        self._check_kept(gone)
        self._marks.sort(key=lambda mark: mark.size)
        if not self._marks:
            if opened:
                self.notes.append(
                    f"{opened} acts of officers are in no signed count: whether others were taken "
                    "away as something else cannot be told."
                )
            return
        as_actions, unclear = _Leaves(gone.as_actions), _Leaves(gone.unclear)
        for before, mark in pairwise([Mark(0, 0, 0), *self._marks]):
            self._compare(before, mark, as_actions, unclear)
        last = self._marks[-1]
        beyond = opened - last.opened + as_actions.within(last.size, size)
        if beyond:
            self._tell_uncounted(beyond, last, has_recovery=bool(gone.recoveries))

    def skip(self) -> None:
        """Say that kept counts could not be used: not every leaf is opened here."""
        if self._kept:
            self.notes.append(
                "The counts of acts that you kept were not used: not every leaf is opened here."
            )

    def _advance(self) -> None:
        self._next = next(self._counts, None)
        self.due = None if self._next is None else self._next.size

    def _take(self, note: Note, opened: int) -> bool:
        try:
            count = self._trust.open_count(note.text)
        except RecordFormatError:
            return False
        if count.size != note.size:
            return False
        self._marks.append(Mark(count.size, count.actions, opened))
        return True

    def _end_counts(self, size: int) -> None:
        while self._next is not None:
            self._findings.add(
                Kind.ROLLED_BACK,
                f"officers' acts were counted at size {self._next.size}, but the log has {size} "
                "leaves",
                size=self._next.size,
            )
            self._advance()
        for note, opened in self._unopened:
            if not self._take(note, opened):
                self._findings.add(
                    Kind.BAD_SIGNATURE,
                    f"the count of officers' acts at size {note.size} is not one that the log has "
                    "signed",
                    size=note.size,
                )

    def _check_kept(self, gone: Gone) -> None:
        known = {mark.size: mark.actions for mark in self._marks}
        for count in self._kept:
            if known.get(count.size) != count.actions:
                self._find_forgotten(count, gone)

    def _find_forgotten(self, count: ActionCount, gone: Gone) -> None:
        """A restore loses counts with all else, and says so in the log, in a recovery."""
        what = (
            f"{count.actions} acts of officers were signed at size {count.size}, and the log does "
            "not have that count any more"
        )
        later = [one for one, leaf in gone.recoveries if leaf >= count.size]
        if not later:
            text = f"{what}: acts may have been taken away"
            self._findings.add(Kind.MISSING, text, size=count.size)
        elif gone.accepted.isdisjoint(later):
            text = f"{what}, as after the restore that recovery {later[0]} declares"
            self._findings.add(Kind.LOST, text, record=later[0], size=count.size)
        else:
            self.notes.append(f"WARNING: {what}, as after the restore that you accepted.")

    def _compare(self, before: Mark, mark: Mark, as_actions: _Leaves, unclear: _Leaves) -> None:
        signed = mark.actions - before.actions
        there = mark.opened - before.opened + as_actions.within(before.size, mark.size)
        spare = unclear.within(before.size, mark.size)
        which = f"of the leaves {before.size} to {mark.size - 1}, {signed} were signed as acts of "
        if there + spare < signed:
            self._findings.add(
                Kind.MISSING,
                f"{which}officers, and only {there} are there or were disposed of as such: "
                f"{signed - there - spare} were taken away as something else",
                leaf=before.size,
            )
        elif there > signed and before.size:
            # Acts that were disposed of before the first count are not in it.
            self._findings.add(
                Kind.ALTERED, f"{which}officers, but {there} are said to be", leaf=before.size
            )

    def _tell_uncounted(self, beyond: int, last: Mark, *, has_recovery: bool) -> None:
        what = f"{beyond} acts of officers from leaf {last.size} on are in no signed count"
        if has_recovery:
            self.notes.append(f"{what}, as after a restore from a copy that has none.")
        else:
            self._findings.add(
                Kind.MISSING, f"{what}: counts were taken away", leaf=last.size, size=last.size
            )

    def _find_misplaced(self, note: Note) -> None:
        self._findings.add(
            Kind.ALTERED,
            f"the count of officers' acts at size {note.size} is out of order",
            size=note.size,
        )

    def _opened(self, kept: Sequence[str]) -> list[ActionCount]:
        opened = []
        for note in kept:
            try:
                opened.append(self._trust.open_count(note))
            except RecordFormatError as error:
                self._findings.add(Kind.BAD_SIGNATURE, f"the count of acts you kept: {error}")
        return opened

    def _noted(self, counts: Iterator[Note | Finding]) -> Iterator[Note]:
        for count in counts:
            if isinstance(count, Finding):
                self._findings.take(count)
            else:
                yield count


class _Leaves:
    """Leaves in ranges, to be counted between two sizes."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        ordered = sorted((first, last) for first, last in ranges if first <= last)
        self._firsts = [first for first, _ in ordered]
        self._lasts = [last for _, last in ordered]
        self._before = [0, *accumulate(last - first + 1 for first, last in ordered)]

    def within(self, first: int, end: int) -> int:
        """Return how many lie from `first` to before `end`."""
        return self._below(end) - self._below(first)

    def _below(self, leaf: int) -> int:
        place = bisect_right(self._firsts, leaf - 1)
        if not place:
            return 0
        beyond = max(0, self._lasts[place - 1] - leaf + 1)
        return self._before[place] - beyond
