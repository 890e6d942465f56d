"""Proofs fit the tree they are made from and nothing else: no other leaf, size, root or hash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.audit.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from consent.audit.tree import EMPTY_ROOT, node_hash, root_of, split_point
from consent.errors import ProofError
from tests.audit.make_tree import flip_bits, grow, make_entries, make_leaves, reader_of

SIZE = 1200
LEAVES = make_leaves(SIZE)
READ = reader_of(grow(make_entries(SIZE), [SIZE]))
ROOTS = {size: root_of(LEAVES[:size]) for size in range(301)}


def root(size: int) -> bytes:
    return ROOTS[size] if size in ROOTS else root_of(LEAVES[:size])


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """Return an inclusion proof by the recursion of RFC 6962, 2.1.1."""
    if len(leaves) <= 1:
        return []
    split = split_point(len(leaves))
    if index < split:
        return [*path_of(index, leaves[:split]), root_of(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), root_of(leaves[:split])]


def subproof(old: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """Return a consistency proof by the recursion of RFC 6962, 2.1.2."""
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = split_point(len(leaves))
    if old <= split:
        return [*subproof(old, leaves[:split], whole=whole), root_of(leaves[split:])]
    return [*subproof(old - split, leaves[split:], whole=False), root_of(leaves[:split])]


@pytest.mark.parametrize("size", [*range(1, 34), 255, 256, 257, 300])
def test_every_leaf_of_a_small_tree_is_proven(size: int) -> None:
    for index in range(size):
        path = inclusion_proof(READ, size, index)
        assert path == path_of(index, LEAVES[:size])
        verify_inclusion(LEAVES[index], index, size, path, root(size))


@pytest.mark.parametrize("new", [*range(1, 34), 255, 256, 257, 300])
def test_every_earlier_size_of_a_small_tree_is_proven(new: int) -> None:
    for old in range(1, new + 1):
        path = consistency_proof(READ, old, new)
        assert path == subproof(old, LEAVES[:new], whole=True)
        verify_consistency(old, root(old), new, root(new), path)


@settings(max_examples=60)
@given(st.data())
def test_any_leaf_of_any_tree_is_proven(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, SIZE))
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(READ, size, index)
    assert path == path_of(index, LEAVES[:size])
    verify_inclusion(LEAVES[index], index, size, path, root(size))


@settings(max_examples=60)
@given(st.data())
def test_any_two_trees_are_proven_consistent(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, SIZE))
    old = data.draw(st.integers(1, new))
    path = consistency_proof(READ, old, new)
    assert path == subproof(old, LEAVES[:new], whole=True)
    verify_consistency(old, root(old), new, root(new), path)


@pytest.mark.slow
def test_all_pairs_up_to_100_are_proven() -> None:
    for new in range(1, 101):
        for old in range(1, new + 1):
            path = consistency_proof(READ, old, new)
            verify_consistency(old, root(old), new, root(new), path)
            proof = inclusion_proof(READ, new, old - 1)
            verify_inclusion(LEAVES[old - 1], old - 1, new, proof, root(new))


@pytest.mark.parametrize(("size", "index"), [(1, 0), (7, 6), (8, 3), (300, 299), (1200, 700)])
def test_every_flipped_bit_of_an_inclusion_proof_is_refused(size: int, index: int) -> None:
    path, leaf, expected = inclusion_proof(READ, size, index), LEAVES[index], root(size)
    for place, value in enumerate(path):
        for changed in flip_bits(value):
            with pytest.raises(ProofError):
                verify_inclusion(
                    leaf, index, size, [*path[:place], changed, *path[place + 1 :]], expected
                )
    for changed in flip_bits(leaf):
        with pytest.raises(ProofError):
            verify_inclusion(changed, index, size, path, expected)
    for changed in flip_bits(expected):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index, size, path, changed)


@pytest.mark.parametrize(("size", "index"), [(1, 0), (7, 6), (8, 3), (300, 299), (1200, 700)])
def test_a_proof_is_of_one_place_only(size: int, index: int) -> None:
    path = inclusion_proof(READ, size, index)
    for bit in range(64):
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[index], index ^ 1 << bit, size, path, root(size))
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[index], -1, size, path, root(size))


@pytest.mark.parametrize(("size", "index"), [(2, 0), (7, 6), (8, 3), (300, 299), (1200, 700)])
def test_an_inclusion_proof_that_is_longer_or_shorter_is_refused(size: int, index: int) -> None:
    path, leaf = inclusion_proof(READ, size, index), LEAVES[index]
    for wrong in (path[:-1], path[1:], [*path, path[-1]], [leaf, *path], []):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index, size, wrong, root(size))


def test_a_path_that_reaches_the_root_too_early_or_too_late_is_refused() -> None:
    path, stray = inclusion_proof(READ, 8, 0), LEAVES[9]
    inner = node_hash(LEAVES[0], LEAVES[1])
    with pytest.raises(ProofError, match="too short"):
        verify_inclusion(inner, 0, 8, path[1:], root(8))
    with pytest.raises(ProofError, match="too short"):
        verify_inclusion(LEAVES[0], 0, 2, [], LEAVES[0])
    with pytest.raises(ProofError, match="too long"):
        verify_inclusion(LEAVES[0], 0, 8, [*path, stray], node_hash(stray, root(8)))
    grown = [*consistency_proof(READ, 3, 7), stray]
    old_root, new_root = node_hash(stray, root(3)), node_hash(stray, root(7))
    with pytest.raises(ProofError, match="too long"):
        verify_consistency(3, old_root, 7, new_root, grown)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (6, 8), (256, 300), (700, 1200)])
def test_every_flipped_bit_of_a_consistency_proof_is_refused(old: int, new: int) -> None:
    path = consistency_proof(READ, old, new)
    old_root, new_root = root(old), root(new)
    for place, value in enumerate(path):
        for changed in flip_bits(value):
            with pytest.raises(ProofError):
                verify_consistency(
                    old, old_root, new, new_root, [*path[:place], changed, *path[place + 1 :]]
                )
    for changed in flip_bits(old_root):
        with pytest.raises(ProofError):
            verify_consistency(old, changed, new, new_root, path)
    for changed in flip_bits(new_root):
        with pytest.raises(ProofError):
            verify_consistency(old, old_root, new, changed, path)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (4, 7), (6, 8), (256, 300), (700, 1200)])
def test_a_consistency_proof_is_of_its_sizes_only(old: int, new: int) -> None:
    path = consistency_proof(READ, old, new)
    for wrong in (path[:-1], path[1:], [*path, path[-1]], [root(old), *path], []):
        with pytest.raises(ProofError):
            verify_consistency(old, root(old), new, root(new), wrong)
    for other in {old - 1, old + 1, new + 1} - {old, new}:
        with pytest.raises(ProofError):
            verify_consistency(other, root(old), new, root(new), path)


@pytest.mark.legal("RP-07")
def test_a_rewritten_log_is_not_consistent() -> None:
    rewritten = [*LEAVES[:5], LEAVES[6], *LEAVES[6:300]]
    with pytest.raises(ProofError, match="does not lead"):
        verify_consistency(
            100, root(100), 300, root_of(rewritten), consistency_proof(READ, 100, 300)
        )


def test_between_equal_trees_and_from_nothing_the_proof_is_empty() -> None:
    assert consistency_proof(READ, 7, 7) == consistency_proof(READ, 0, 7) == []
    verify_consistency(7, root(7), 7, root(7), [])
    verify_consistency(0, EMPTY_ROOT, 7, root(7), [])
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    with pytest.raises(ProofError, match="different roots"):
        verify_consistency(7, root(7), 7, root(6), [])
    with pytest.raises(ProofError, match="empty"):
        verify_consistency(7, root(7), 7, root(7), [root(7)])
    with pytest.raises(ProofError, match="empty tree"):
        verify_consistency(0, root(7), 7, root(7), [])


@pytest.mark.parametrize(("size", "index"), [(0, 0), (7, 7), (7, -1)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(size: int, index: int) -> None:
    with pytest.raises(ProofError, match="has none"):
        inclusion_proof(READ, size, index)


@pytest.mark.parametrize(("old", "new"), [(8, 7), (-1, 7)])
def test_there_is_no_proof_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="begin"):
        consistency_proof(READ, old, new)
    with pytest.raises(ProofError, match="begin"):
        verify_consistency(old, EMPTY_ROOT, new, root(7), [])


def test_a_hash_of_another_length_is_refused() -> None:
    path = inclusion_proof(READ, 8, 3)
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(LEAVES[3], 3, 8, [*path[:-1], path[-1] + b"\x00"], root(8))
    with pytest.raises(ProofError, match="32 bytes"):
        verify_consistency(7, root(7)[:-1], 8, root(8), consistency_proof(READ, 7, 8))


def test_a_tree_of_quintillions_is_proven_in_a_path_of_its_height() -> None:
    size = 2**62 + 5

    def same(level: int, n: int) -> bytes:
        return bytes(32) * 256

    path = inclusion_proof(same, size, 2**61)
    assert len(path) == 63
    assert len(consistency_proof(same, 2**61 + 1, size)) <= 2 * 63
