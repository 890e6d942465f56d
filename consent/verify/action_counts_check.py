"""The signed counts of officers' acts: each leaf that was sealed as an act is one, or was.

A disposal names leaves and says of what class they were; nothing else is left of them. Which of
them were acts, the log had signed before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from consent.audit.action_counts import ActionCount, spelled
from consent.core.ranges import Range, count_in, ranges_of
from consent.errors import RecordFormatError
from consent.verify.findings import Finding, Findings, Kind
from consent.verify.sources import Note
from consent.verify.trust import Trust

_RANGES_TOLD = 12


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
        self._notes = self._noted(counts)
        self._trust = trust
        self._findings = findings
        self._kept = self._opened(kept)  # by the keys of then: one may be withdrawn on the way
        self._counts: dict[int, ActionCount] = {}  # by size
        self._unopened: list[Note] = []
        self.notes: list[str] = []
        self.due: int | None = None  # the size of the next count
        self._advance()

    def reach(self, size: int) -> None:
        """Take the counts of this size."""
        while self._next is not None and self._next.size <= size:
            if self._next.size < size:
                self._find_misplaced(self._next)
            elif not self._take(self._next):
                # A key may be announced only a little later; it is tried again at the end.
                self._unopened.append(self._next)
            self._advance()

    def finish(self, size: int, opened: Sequence[int], gone: Gone) -> None:
        """Hold what was signed against what is there, of a log of which every leaf is opened.

        `opened` are the leaves that are acts, in their order.
        """
        self._end_counts(size)
        there = ranges_of(opened)
        accounted = _Leaves([*there, *gone.as_actions, *gone.unclear])
        self._check_kept(accounted, gone)
        if not self._counts:
            if opened:
                self.notes.append(
                    f"{len(opened)} acts of officers are in no signed count: whether others were "
                    "taken away as something else cannot be told."
                )
            return
        ordered = [count for _, count in sorted(self._counts.items())]
        as_acts = _Leaves([*there, *gone.as_actions])
        # What was disposed of as an act before the first count is in none.
        self._compare(None, ordered[0], _Leaves(there), accounted)
        for before, count in pairwise(ordered):
            self._compare(before, count, as_acts, accounted)
        last = ordered[-1]
        self._find_uncounted(last, size, as_acts, gone)

    def skip(self) -> None:
        """Say that kept counts could not be used: not every leaf is opened here."""
        if self._kept:
            self.notes.append(
                "The counts of acts that you kept were not used: not every leaf is opened here."
            )

    def _advance(self) -> None:
        self._next = next(self._notes, None)
        self.due = None if self._next is None else self._next.size

    def _take(self, note: Note) -> bool:
        try:
            count = self._trust.open_count(note.text)
        except RecordFormatError:
            return False
        if count.size != note.size:
            return False
        if self._counts.setdefault(count.size, count) != count:
            self._findings.add(
                Kind.ALTERED,
                f"officers' acts were counted twice at size {count.size}, and differently",
                size=count.size,
            )
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
        for note in self._unopened:
            if not self._take(note):
                self._findings.add(
                    Kind.BAD_SIGNATURE,
                    f"the count of officers' acts at size {note.size} is not one that the log has "
                    "signed",
                    size=note.size,
                )

    def _check_kept(self, accounted: _Leaves, gone: Gone) -> None:
        for count in self._kept:
            if self._counts.get(count.size) != count:
                self._find_forgotten(count, accounted, gone)

    def _find_forgotten(self, count: ActionCount, accounted: _Leaves, gone: Gone) -> None:
        """A restore loses counts with all else, and says in the log which leaves, in a recovery."""
        what = (
            f"{count.actions} acts of officers were signed at size {count.size}, and the log does "
            "not have that count any more"
        )
        later = [one for one, leaf in gone.recoveries if leaf >= count.size]
        is_accounted = (
            accounted.within(0, count.size) >= count.actions
            and accounted.among(count.leaves) == count.added
        )
        if not later or not is_accounted:
            text = f"{what}: acts may have been taken away"
            self._findings.add(Kind.MISSING, text, size=count.size)
        elif gone.accepted.isdisjoint(later):
            text = f"{what}, as after the restore that recovery {later[0]} declares"
            self._findings.add(Kind.LOST, text, record=later[0], size=count.size)
        else:
            self.notes.append(f"WARNING: {what}, as after the restore that you accepted.")

    def _compare(
        self, before: ActionCount | None, count: ActionCount, as_acts: _Leaves, accounted: _Leaves
    ) -> None:
        """Hold what was signed since the count before against the leaves."""
        since, counted = (0, 0) if before is None else (before.size, before.actions)
        self._find_taken(count, accounted)
        if count.actions - count.added > counted:
            self._findings.add(
                Kind.MISSING,
                f"between the counts of officers' acts at sizes {since} and {count.size}, counts "
                f"of {count.actions - count.added - counted} acts were taken away",
                size=count.size,
            )
        elif count.actions - count.added < counted or count.leaves[0][0] < since:
            self._findings.add(
                Kind.ALTERED,
                f"the count of officers' acts at size {count.size} does not follow from the one "
                f"at size {since}",
                size=count.size,
            )
        else:
            self._find_added(since, count, as_acts)

    def _find_taken(self, count: ActionCount, accounted: _Leaves) -> None:
        if accounted.among(count.leaves) == count.added:
            return
        taken = ranges_of(
            leaf
            for first, last in count.leaves
            for leaf in range(first, last + 1)
            if not accounted.within(leaf, leaf + 1)
        )
        self._findings.add(
            Kind.MISSING,
            f"of the leaves that were signed as acts of officers at size {count.size}, "
            f"{count_in(taken)} are not there and were not disposed of as such: they were taken "
            f"away as something else ({_told(taken)})",
            leaf=taken[0][0],
        )

    def _find_added(self, since: int, count: ActionCount, as_acts: _Leaves) -> None:
        added = as_acts.within(since, count.size) - as_acts.among(count.leaves)
        if added:
            self._findings.add(
                Kind.ALTERED,
                f"of the leaves {since} to {count.size - 1}, {added} are said to be or to have "
                "been acts of officers, and were not sealed as such",
                leaf=since,
            )

    def _find_uncounted(self, last: ActionCount, size: int, as_acts: _Leaves, gone: Gone) -> None:
        """What a copy without counts gave back is counted with the next act after the restore."""
        restored = max([last.size, *(leaf for _, leaf in gone.recoveries)])
        if count := as_acts.within(last.size, restored):
            self.notes.append(
                f"{count} acts of officers from leaf {last.size} on are in no signed count, as "
                "after a restore from a copy that has none."
            )
        if count := as_acts.within(restored, size):
            self._findings.add(
                Kind.MISSING,
                f"{count} acts of officers from leaf {restored} on are in no signed count: counts "
                "were taken away",
                leaf=restored,
                size=last.size,
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
    """Leaves in ranges, which may overlap, to be counted between two sizes."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(ranges):
            if first > last:
                continue
            if self._lasts and first <= self._lasts[-1] + 1:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)
        both = zip(self._firsts, self._lasts, strict=True)
        self._before = [0, *accumulate(last - first + 1 for first, last in both)]

    def within(self, first: int, end: int) -> int:
        """Return how many lie from `first` to before `end`."""
        return self._below(end) - self._below(first)

    def among(self, ranges: Iterable[Range]) -> int:
        """Return how many lie in ranges that are apart from each other."""
        return sum(self.within(first, last + 1) for first, last in ranges)

    def _below(self, leaf: int) -> int:
        place = bisect_left(self._firsts, leaf)
        if not place:
            return 0
        return self._before[place] - max(0, self._lasts[place - 1] - leaf + 1)


def _told(ranges: Sequence[Range]) -> str:
    more = len(ranges) - _RANGES_TOLD
    return f"leaves {spelled(ranges[:_RANGES_TOLD])}{' and more' if more > 0 else ''}"
