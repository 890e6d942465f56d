"""The Merkle tree of the log (RFC 6962, 2.1): hashes of nodes, of lists, and of a growing list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

_NODE = b"\x01"


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 of 0x01 and its two children."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, by the recursion that the RFC defines it with."""
    size = len(leaf_hashes)
    if size == 0:
        return EMPTY_ROOT
    if size == 1:
        return leaf_hashes[0]
    split = split_point(size)
    return node_hash(root_of(leaf_hashes[:split]), root_of(leaf_hashes[split:]))


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over as many hashes as some power of two, level by level."""
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def split_point(size: int) -> int:
    """Return the largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


class Frontier:
    """The right edge of a tree that grows: a root at any time, in memory of log n hashes."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # roots of the perfect subtrees, from the left

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carry, remaining = leaf, self.size
        while remaining & 1:
            carry = node_hash(self._peaks.pop(), carry)
            remaining >>= 1
        self._peaks.append(carry)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of the next leaves in their order."""
        for leaf in leaves:
            self.append(leaf)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees the tree consists of, the largest first."""
        return tuple(self._peaks)

    def root(self) -> bytes:
        """Return the root of all that was appended."""
        return join_peaks(self._peaks)


def join_peaks(peaks: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees that shrink from left to right."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
