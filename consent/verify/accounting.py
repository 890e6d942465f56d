"""What became of each leaf, in two bits: not known, a live record, or disposed of."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

_LEAVES_A_BYTE = 4


class Fate(IntEnum):
    UNKNOWN = 0
    LIVE = 1
    GONE = 2  # disposed of, or declared as lost
    GONE_UNNAMED = 3  # disposed of as what no other record names: a refusal, an act of an officer


class Accounts:
    """The fate of every leaf of a log; it grows as leaves are met."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def fate(self, leaf: int) -> Fate:
        place, shift = leaf // _LEAVES_A_BYTE, leaf % _LEAVES_A_BYTE * 2
        if place >= len(self._bits):
            return Fate.UNKNOWN
        return Fate(self._bits[place] >> shift & 3)

    def settle(self, leaf: int, fate: Fate) -> None:
        """Say what became of a leaf that nothing was known of."""
        place, shift = leaf // _LEAVES_A_BYTE, leaf % _LEAVES_A_BYTE * 2
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits), 64)))
        self._bits[place] |= fate << shift

    def unknown(self, size: int) -> Iterator[tuple[int, int]]:
        """Give the ranges (first, last) of leaves below `size` of which nothing is known."""
        first = None
        for leaf in self._candidates(size):
            if self.fate(leaf) is not Fate.UNKNOWN:
                if first is not None:
                    yield first, leaf - 1
                first = None
            elif first is None:
                first = leaf
        if first is not None:
            yield first, size - 1

    def has_gone(self, leaves: range) -> bool:
        """Say whether one of these leaves is gone that another record may have named."""
        return any(self.fate(leaf) is Fate.GONE for leaf in leaves)

    def _candidates(self, size: int) -> Iterator[int]:
        """Give leaves, without those of whole bytes whose leaves are all known of."""
        was_full = False
        for place in range(-(-size // _LEAVES_A_BYTE)):
            byte = self._bits[place] if place < len(self._bits) else 0
            is_full = all(byte >> shift & 3 for shift in (0, 2, 4, 6))
            start = place * _LEAVES_A_BYTE
            if not is_full:
                yield from range(start, min(start + _LEAVES_A_BYTE, size))
            elif not was_full:
                yield start  # ends a range
            was_full = is_full
