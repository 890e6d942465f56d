"""The signed heads of a log in their order: opened, and read as the clock of the log."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from consent.audit.checkpoints import Checkpoint, OpenedCheckpoint
from consent.audit.notes import split_note
from consent.core.times import MILLIS_PER_DAY
from consent.errors import RecordFormatError
from consent.verify.findings import Finding, Findings, Kind
from consent.verify.instants import MAX_INSTANT, instant
from consent.verify.ruler import SKEW_MS
from consent.verify.sources import Note
from consent.verify.trust import Trust

FILED_WITHIN_MS = 5_000  # a head is filed under the instant it was signed at
OUTSIDE_WITHIN_MS = 2 * MILLIS_PER_DAY  # an authority or a witness can be out of reach for a while


@dataclass(frozen=True, slots=True)
class Head:
    """One head. Instants are in milliseconds.

    `at` is what the log's own clock signed, None where that says nothing; `cosigned` has the
    witnesses, by the names of their keys. `is_kept`: the checker brought it along.
    """

    checkpoint: Checkpoint
    created: int
    at: int | None
    cosigned: dict[str, int]
    note: str
    is_kept: bool = False

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def body(self) -> str:
        """The three lines that are signed."""
        return split_note(self.note)[0]


class Heads:
    """The heads whose signatures hold, by size and age; faults become findings on the way.

    `notes` are the kept ones and `shown` the one shown as the newest, which may be among them.
    """

    def __init__(
        self,
        notes: Iterable[Note | Finding],
        shown: Head | None,
        trust: Trust,
        findings: Findings,
    ) -> None:
        self._trust = trust
        self._findings = findings
        newest = [] if shown is None else [shown]
        self._stream = heapq.merge(self._opened(notes), newest, key=_order)
        self._newest_at: int | None = None
        self.count = 0
        self.longest_gap: tuple[int, int] | None = None
        self.next: Head | None = next(self._stream, None)

    def take(self) -> Head | None:
        """Go on behind the next head, and return it if it still counts.

        The log itself may have withdrawn a key since the head was looked at ahead of its turn.
        """
        head = self.next
        self.next = next(self._stream, None)
        if head is None or (self._trust.withdrawn and not self._counts(head)):
            return None
        if self.next is not None and self.next.note == head.note:
            return None  # the newest head is among the kept ones as well
        self.count += 1
        return self._dated(head)

    def _opened(self, notes: Iterable[Note | Finding]) -> Iterator[Head]:
        for note in notes:
            if isinstance(note, Finding):
                self._findings.take(note)
                continue
            head = open_head(note, self._trust, self._findings)
            if head is not None:
                yield head

    def _counts(self, head: Head) -> bool:
        note = Note(head.size, head.created, head.note)
        return open_head(note, self._trust, self._findings) is not None

    def _dated(self, head: Head) -> Head:
        """Return the head, without its time if that cannot be right."""
        if head.at is None:
            return head
        if self._newest_at is not None and head.at < self._newest_at - SKEW_MS:
            self._findings.add(
                Kind.BACKDATED,
                f"the checkpoint of size {head.size} is signed as of {instant(head.at)}, but a "
                f"smaller one as of {instant(self._newest_at)}",
                size=head.size,
            )
            return replace(head, at=None)
        for name, seen_at in head.cosigned.items():
            compare_clocks(head, name, seen_at, self._findings)
        self._measure_gap(head.at)
        self._newest_at = max(head.at, self._newest_at or 0)
        return head

    def _measure_gap(self, at: int) -> None:
        if self._newest_at is None:
            return
        if self.longest_gap is None or at - self._newest_at > _length(self.longest_gap):
            self.longest_gap = (self._newest_at, at)


def open_head(note: Note, trust: Trust, findings: Findings) -> Head | None:
    """Return the head in a note; None, with a finding, if it is not as it was signed."""
    try:
        opened = trust.open(note.text)
        _check_times(opened)
    except RecordFormatError as error:
        findings.add(
            Kind.BAD_SIGNATURE, f"the checkpoint of size {note.size}: {error}", size=note.size
        )
        return None
    checkpoint = opened.checkpoint
    at = None if opened.clock_time is None else opened.clock_time * 1000
    if at is None and trust.policy.clock_keys:
        findings.add(
            Kind.BAD_SIGNATURE,
            f"the checkpoint of size {checkpoint.size} has no time signed by the log's clock",
            size=checkpoint.size,
        )
        return None
    created = (at or 0) if note.created is None else note.created
    is_misfiled = at is not None and abs(at - created) > FILED_WITHIN_MS
    if note.size != checkpoint.size or is_misfiled:
        findings.add(
            Kind.ALTERED,
            f"the checkpoint of size {checkpoint.size} is filed under size {note.size} and "
            f"{instant(created)}, which is not what it says itself",
            size=checkpoint.size,
        )
        return None
    cosigned = {name: seconds * 1000 for name, seconds in opened.cosigned.items()}
    return Head(checkpoint, created, at, cosigned, note.text)


def _check_times(opened: OpenedCheckpoint) -> None:
    for seconds in (opened.clock_time or 0, *opened.cosigned.values()):
        if seconds * 1000 >= MAX_INSTANT:
            raise RecordFormatError(f"it is signed as of {seconds}, which is no time")


def compare_clocks(head: Head, name: str, seen_at: int, findings: Findings) -> None:
    """Hold the time that the operator's clock signed against that of somebody else."""
    if head.at is None or -SKEW_MS <= seen_at - head.at <= OUTSIDE_WITHIN_MS:
        return
    findings.add(
        Kind.BACKDATED,
        f"the checkpoint of size {head.size} is signed as of {instant(head.at)} by the log's own "
        f"clock, but {name} saw it at {instant(seen_at)}",
        size=head.size,
    )


def _order(head: Head) -> tuple[int, int]:
    return head.size, head.created


def _length(gap: tuple[int, int]) -> int:
    return gap[1] - gap[0]
