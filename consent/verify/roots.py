"""Signed roots against the tree made anew: whether they differ, and which of the two is wrong."""

from __future__ import annotations

from consent.verify.findings import Findings, Kind
from consent.verify.heads import Head


class RootsCheck:
    """Takes each head with the root that the entries make at its size.

    If signed heads behind it fit the entries again, a head that does not is of another history.
    If none behind it does, it is the entries that were changed.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._differing: list[Head] = []
        self._last: Head | None = None

    def take(self, head: Head, root: bytes) -> None:
        last, self._last = self._last, head
        if last is not None and last.size == head.size:
            if last.checkpoint.root != head.checkpoint.root:
                self._fork(head, "two signed checkpoints of this size have different roots")
                return
            if head.checkpoint.root != root:
                return  # said of the one before already
        if head.checkpoint.root != root:
            self._differing.append(head)
            return
        for other in self._differing:
            self._fork(other, "its root is not that of this log, which later ones continue")
        self._differing.clear()

    def finish(self) -> None:
        if not self._differing:
            return
        first = self._differing[0]
        self._findings.add(
            Kind.ALTERED,
            f"the entries of the log do not make the roots that were signed, from size "
            f"{first.size} on: an entry below it was changed",
            size=first.size,
        )

    def _fork(self, head: Head, why: str) -> None:
        whose = "the checkpoint you kept" if head.is_kept else "a checkpoint"
        self._findings.add(
            Kind.FORKED,
            f"{whose} of size {head.size} is of another history: {why}. Its note: {head.note!r}",
            size=head.size,
        )
