"""What a check can find: typed, with a sentence each, and counted even where not all are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

SHOWN_OF_EACH_KIND = 100


class Kind(StrEnum):
    ALTERED = "altered"
    MISSING = "missing"
    BACKDATED = "backdated"
    FORKED = "forked"
    ROLLED_BACK = "rolled_back"
    BAD_SIGNATURE = "bad_signature"
    UNANCHORED = "unanchored"
    DISPOSAL_TOO_EARLY = "disposal_too_early"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `leaf`, `record` and `size` say where, as far as that is known."""

    kind: Kind
    text: str
    leaf: int | None = None
    record: str | None = None
    size: int | None = None


class Findings:
    """All that was found: a number of each kind as they came, the rest as a count."""

    def __init__(self) -> None:
        self._shown: list[Finding] = []
        self.counts: Counter[Kind] = Counter()

    def add(
        self,
        kind: Kind,
        text: str,
        *,
        leaf: int | None = None,
        record: str | None = None,
        size: int | None = None,
    ) -> None:
        self.take(Finding(kind, text, leaf, record, size))

    def take(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        if self.counts[finding.kind] <= SHOWN_OF_EACH_KIND:
            self._shown.append(finding)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._shown)

    def fails(self, *, require_anchor: bool) -> bool:
        """Say whether any of this is a failure; an unanchored log is one only when asked for."""
        failing = set(self.counts)
        if not require_anchor:
            failing.discard(Kind.UNANCHORED)
        return bool(failing)
