"""What others say of the heads: held against them, and how long ago the newest of it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from consent.audit.policies import Policy
from consent.core.times import MILLIS_PER_DAY
from consent.errors import RecordFormatError
from consent.verify.findings import Finding, Findings, Kind
from consent.verify.heads import Head, compare_clocks
from consent.verify.instants import instant
from consent.verify.sources import Anchor
from consent.verify.stamps import read_stamp

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FRESH_MS = 2 * MILLIS_PER_DAY  # time-stamps come daily


class AnchorsCheck:
    """Takes the heads in their order, each with the anchors that belong to it."""

    def __init__(
        self,
        anchors: Iterable[Anchor | Finding],
        policy: Policy,
        roots: Sequence[Certificate],
        findings: Findings,
    ) -> None:
        self._policy = policy
        self._roots = roots
        self._findings = findings
        self._stream = self._readable(anchors)
        self._next = next(self._stream, None)
        self.witnessed = 0
        self.stamps_checked = 0
        self.stamps_unchecked = 0
        self.newest: Head | None = None  # the newest head that somebody outside vouches for

    def take(self, head: Head) -> None:
        """Check what is said of a head."""
        self._pass_lost(before=(head.size, head.created))
        while self._next is not None and _key(self._next) == (head.size, head.created):
            self._check(self._next, head)
            self._next = next(self._stream, None)
        if head.cosigned and self._policy.is_satisfied(head.cosigned):
            self.witnessed += 1
            self.newest = head

    def finish(self, size: int, newest: Head | None) -> None:
        """Look at the anchors of no head, and say if the newest head has waited long for one."""
        self._pass_lost(before=None, size=size)
        if newest is None:
            return
        since = "at all" if self.newest is None else f"since {_time(self.newest)}"
        is_fresh = (
            self.newest is not None
            and self.newest.at is not None
            and newest.at is not None
            and newest.at - self.newest.at <= FRESH_MS
        )
        if is_fresh:
            return
        hint = ""
        if self.stamps_unchecked:
            hint = (
                f" {self.stamps_unchecked} time-stamps are there but were not checked: that needs "
                "--tsa-root and the library rfc3161-client, or openssl ts -verify."
            )
        self._findings.add(
            Kind.UNANCHORED,
            f"nobody outside the operator's hands vouches for the log {since}: who holds its keys "
            f"could have rewritten what nobody else has seen.{hint}",
            size=newest.size,
        )

    def _check(self, anchor: Anchor, head: Head) -> None:
        if anchor.kind != "rfc3161":
            return
        try:
            stamp = read_stamp(anchor.blob, head.body, self._roots)
        except RecordFormatError as error:
            self._findings.add(
                Kind.BAD_SIGNATURE, f"the checkpoint of size {head.size}: {error}", size=head.size
            )
            return
        if stamp.at is None:
            self.stamps_unchecked += 1
            return
        self.stamps_checked += 1
        compare_clocks(head, "a time-stamp authority", stamp.at, self._findings)
        self.newest = head

    def _pass_lost(self, before: tuple[int, int] | None, size: int | None = None) -> None:
        while self._next is not None and (before is None or _key(self._next) < before):
            lost = self._next
            self._next = next(self._stream, None)
            is_ahead = size is not None and lost.size > size
            self._findings.add(
                Kind.ROLLED_BACK if is_ahead else Kind.MISSING,
                f"an anchor ({lost.kind}) speaks of a checkpoint of size {lost.size} made at "
                f"{instant(lost.created)}, which is not there",
                size=lost.size,
            )

    def _readable(self, anchors: Iterable[Anchor | Finding]) -> Iterator[Anchor]:
        for anchor in anchors:
            if isinstance(anchor, Finding):
                self._findings.take(anchor)
            else:
                yield anchor


def _key(anchor: Anchor) -> tuple[int, int]:
    return anchor.size, anchor.created


def _time(head: Head) -> str:
    return f"size {head.size}" if head.at is None else instant(head.at)
