"""The tree is that of RFC 6962: its published vectors, and its recursion as an oracle."""

from __future__ import annotations

import pytest

from consent.audit.entry import leaf_hash
from consent.audit.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from consent.audit.tiles import append_entries, root_at
from consent.audit.tree import EMPTY_ROOT, Frontier, node_hash, perfect_root, root_of
from tests.audit.make_tree import grow, make_entries, make_leaves, reader_of

# The eight leaves of the tests of Certificate Transparency, the roots of their first 0 to 8, and
# proofs published with them.
CT_LEAVES = [
    leaf_hash(bytes.fromhex(entry))
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CT_INCLUSION = {  # leaf in the tree of eight
    0: [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    5: [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CT_CONSISTENCY = {  # earlier size of the tree of eight
    2: [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    6: [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def read_ct(level: int, n: int) -> bytes:
    assert (level, n) == (0, 0)
    return b"".join(CT_LEAVES)


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    frontier = Frontier()
    frontier.extend(CT_LEAVES[:size])
    assert root_of(CT_LEAVES[:size]).hex() == CT_ROOTS[size]
    assert frontier.root().hex() == CT_ROOTS[size]
    assert root_at(read_ct, size).hex() == CT_ROOTS[size]


@pytest.mark.parametrize("index", CT_INCLUSION)
def test_the_published_inclusion_proofs(index: int) -> None:
    path = inclusion_proof(read_ct, 8, index)
    assert [value.hex() for value in path] == CT_INCLUSION[index]
    verify_inclusion(CT_LEAVES[index], index, 8, path, bytes.fromhex(CT_ROOTS[8]))


@pytest.mark.parametrize("old", CT_CONSISTENCY)
def test_the_published_consistency_proofs(old: int) -> None:
    path = consistency_proof(read_ct, old, 8)
    assert [value.hex() for value in path] == CT_CONSISTENCY[old]
    old_root, new_root = bytes.fromhex(CT_ROOTS[old]), bytes.fromhex(CT_ROOTS[8])
    verify_consistency(old, old_root, 8, new_root, path)


@pytest.mark.slow
def test_every_size_up_to_1100_has_the_root_of_the_recursion_however_it_is_computed() -> None:
    entries, leaves = make_entries(1100), make_leaves(1100)
    whole = reader_of(grow(entries, [1100]))
    frontier = Frontier()
    for size in range(1101):
        expected = root_of(leaves[:size])
        assert frontier.size == size
        assert frontier.root() == expected
        assert root_at(whole, size) == expected, "by cutting fuller tiles"
        assert append_entries(whole, size, []).root == expected
        if size < 1100:
            assert append_entries(whole, size, entries[size : size + 1]).root == root_of(
                leaves[: size + 1]
            )
            frontier.append(leaves[size])


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert root_of([]) == Frontier().root() == EMPTY_ROOT
    assert append_entries(reader_of({}), 0, []).root == EMPTY_ROOT


def test_a_frontier_holds_one_hash_for_each_bit_of_its_size() -> None:
    frontier = Frontier()
    leaves = make_leaves(300)
    for size, leaf in enumerate(leaves):
        assert len(frontier.peaks) == size.bit_count()
        frontier.append(leaf)


def test_a_power_of_two_has_one_root_by_levels_and_by_recursion() -> None:
    leaves = make_leaves(256)
    assert perfect_root(leaves) == root_of(leaves)
    assert perfect_root(leaves[:1]) == leaves[0]
    assert node_hash(leaves[0], leaves[1]) == perfect_root(leaves[:2])


def test_leaves_and_nodes_never_hash_alike() -> None:
    left, right = make_leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)
