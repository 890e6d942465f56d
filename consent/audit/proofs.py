"""Proofs about the tree: that it holds an entry, and that it only grew (RFC 9162, 2.1.3, 2.1.4)."""

from __future__ import annotations

from collections.abc import Sequence

from consent.audit.tiles import ReadTile, read_hashes
from consent.audit.tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    join_peaks,
    node_hash,
    perfect_root,
    split_point,
)
from consent.errors import ProofError

_HEIGHT = 8  # of a tile


def inclusion_proof(read: ReadTile, size: int, index: int) -> list[bytes]:
    """Return the hashes that lead from the leaf at `index` to the root, its sibling first."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has none at {index}")
    start, end = 0, size
    path = []
    while end - start > 1:
        split = start + split_point(end - start)
        if index < split:
            path.append(_range_root(read, split, end))
            end = split
        else:
            path.append(_range_root(read, start, split))
            start = split
    return path[::-1]


def consistency_proof(read: ReadTile, old: int, new: int) -> list[bytes]:
    """Return the hashes that show the tree of `old` leaves to be the beginning of that of `new`."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} leaves does not begin with one of {old}")
    if old in (0, new):
        return []
    start, end = 0, new
    path = []
    while end != old:
        split = start + split_point(end - start)
        if old <= split:
            path.append(_range_root(read, split, end))
            end = split
        else:
            path.append(_range_root(read, start, split))
            start = split
    if start:  # otherwise what is left is the old tree itself, whose root the verifier has
        path.append(_range_root(read, start, end))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Raise ProofError unless the path leads from a leaf hash at `index` to this root."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has none at {index}")
    _check_lengths((leaf, root, *path))
    node, last, computed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofError("the inclusion proof is too long for its tree")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short for its tree")
    if computed != root:
        raise ProofError("the inclusion proof does not lead from this leaf to this root")


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Raise ProofError unless the path shows that the old tree is the beginning of the new one."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of {new} leaves does not begin with one of {old}")
    _check_lengths((old_root, new_root, *path))
    if old in (0, new):
        _verify_trivial(old, old_root, new, new_root, path)
        return
    _verify_grown(old, old_root, new, new_root, path)


def _verify_trivial(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    if path:
        raise ProofError("between these sizes the consistency proof is empty")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofError("the root of an empty tree is another one")
    if old == new and old_root != new_root:
        raise ProofError("two trees of one size have different roots")


def _verify_grown(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    whole = old & (old - 1) == 0  # the old tree is itself a node of the new one
    hashes = [old_root, *path] if whole else list(path)
    if not hashes:
        raise ProofError("the consistency proof is too short for its trees")
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    computed_old = computed_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long for its trees")
        if node & 1 or node == last:
            computed_old = node_hash(sibling, computed_old)
            computed_new = node_hash(sibling, computed_new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed_new = node_hash(computed_new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short for its trees")
    if computed_old != old_root or computed_new != new_root:
        raise ProofError("the consistency proof does not lead from the old root to the new one")


def _check_lengths(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError(f"a hash has {HASH_BYTES} bytes")


def _range_root(read: ReadTile, start: int, end: int) -> bytes:
    """Return the root over leaves from `start` to `end`, a range that occurs in the recursion."""
    peaks = []
    while start < end:
        height = (end - start).bit_length() - 1
        peaks.append(_perfect_root(read, height, start >> height))
        start += 1 << height
    return join_peaks(peaks)


def _perfect_root(read: ReadTile, height: int, index: int) -> bytes:
    """Return the root of the perfect subtree that is the `index`th of its height."""
    level, rest = divmod(height, _HEIGHT)
    return perfect_root(read_hashes(read, level, index << rest, 1 << rest))
