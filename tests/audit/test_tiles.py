"""Tiles: paths with one spelling; one content, in whatever batches the entries came in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.audit.tiles import (
    ENTRIES,
    TILE_WIDTH,
    ReadTile,
    Tile,
    append_entries,
    cut,
    decode_entries,
    encode_entries,
    parse_tile_path,
    root_at,
    tile_widths,
)
from consent.audit.tree import perfect_root, root_of
from consent.errors import ProofError, RecordFormatError
from tests.audit.make_tree import flip_text, grow, make_entries, make_leaves, reader_of

ENTRIES_1500 = make_entries(1500)
LEAVES_1500 = make_leaves(1500)
TILES_1500 = grow(ENTRIES_1500, [1500])
BIG = 2**63 - 1

TILES = st.builds(
    Tile,
    st.integers(ENTRIES, 63),
    st.integers(0, BIG) | st.integers(0, 2000),
    st.integers(1, TILE_WIDTH),
)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (Tile(0, 1_067, 5), "tile/0/x001/067.p/5"),
        (Tile(ENTRIES, 0, 256), "tile/entries/000"),
        (Tile(ENTRIES, 999, 255), "tile/entries/999.p/255"),
        (Tile(63, 1000, 1), "tile/63/x001/000.p/1"),
        (Tile(0, BIG, 256), "tile/0/x009/x223/x372/x036/x854/x775/807"),
    ],
)
def test_paths_are_those_of_the_format(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_tile_path(path) == tile


@given(TILES)
def test_a_path_and_a_tile_stand_for_each_other(tile: Tile) -> None:
    assert parse_tile_path(tile.path) == tile


@pytest.mark.parametrize("path", ["tile/0/x001/x234/067", "tile/12/067.p/5", "tile/entries/000"])
def test_another_path_is_another_tile_or_none(path: str) -> None:
    tile = parse_tile_path(path)
    for changed in flip_text(path):
        try:
            assert parse_tile_path(changed) != tile
        except RecordFormatError:
            continue


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x001/x002",
        "tile/0/001/002",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/007",
        "tile/0/000.p/",
        "tile/0/000/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/entries/x000/000",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/" + "x001/" * 400 + "000",
        "tile/٠/000",
    ],
)
def test_what_is_no_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(RecordFormatError):
        parse_tile_path(path)


def test_a_tree_of_70000_leaves_has_the_tiles_of_the_standards_example() -> None:
    tiles = list(tile_widths(70_000))
    by_level = {
        level: [t.width for t in tiles if t.level == level] for level in (ENTRIES, 0, 1, 2, 3)
    }
    assert by_level == {
        ENTRIES: [256] * 273 + [112],
        0: [256] * 273 + [112],
        1: [256, 17],
        2: [1],
        3: [],
    }


def test_the_first_full_tile_brings_the_first_hash_of_the_next_level() -> None:
    assert [tile.path for tile in tile_widths(256)] == [
        "tile/entries/000",
        "tile/0/000",
        "tile/1/000.p/1",
    ]
    assert list(tile_widths(0)) == []


@settings(max_examples=60)
@given(batches=st.lists(st.integers(0, 20) | st.integers(0, 600), max_size=30))
def test_batches_of_any_size_leave_the_same_tiles_as_one(batches: list[int]) -> None:
    total = min(sum(batches), 1500)
    grown = grow(ENTRIES_1500[:total], batches)
    assert grown == grow(ENTRIES_1500[:total], [total])
    assert root_at(reader_of(grown), total) == root_of(LEAVES_1500[:total])
    widths = {(tile.level, tile.n): tile.width for tile in tile_widths(total)}
    assert {place: len(data) // _item(place[0]) for place, data in grown.items()} == widths


def _item(level: int) -> int:
    return 34 if level == ENTRIES else 32


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 1499])
def test_a_tile_is_cut_from_a_fuller_one(size: int) -> None:
    then = grow(ENTRIES_1500[:size], [size])
    for tile in tile_widths(size):
        stored = TILES_1500[tile.level, tile.n]
        assert cut(tile, stored) == then[tile.level, tile.n]
        with pytest.raises(ProofError, match="fewer"):
            cut(tile, then[tile.level, tile.n][:-1])


@pytest.mark.parametrize("size", [0, 1, 255, 256, 1000, 1280])
def test_a_batch_reads_the_right_edge_only(size: int) -> None:
    places: list[tuple[int, int]] = []
    appended = append_entries(_noting(places), size, ENTRIES_1500[size : size + 90])
    assert appended.size == size + 90
    assert appended.root == root_of(LEAVES_1500[: size + 90])
    edges = {
        (tile.level, tile.n)
        for grown in (size, size + 90)
        for tile in tile_widths(grown)
        if tile.width < TILE_WIDTH
    }
    assert set(places) <= edges


def _noting(places: list[tuple[int, int]]) -> ReadTile:
    def read(level: int, n: int) -> bytes:
        places.append((level, n))
        return TILES_1500[level, n]

    return read


def test_a_batch_returns_only_what_changes() -> None:
    appended = append_entries(reader_of(TILES_1500), 1100, ENTRIES_1500[1100:1101])
    assert set(appended.tiles) == {(ENTRIES, 4), (0, 4)}
    assert append_entries(reader_of(TILES_1500), 1100, []).tiles == {}


def test_a_hash_of_a_higher_level_is_the_root_of_its_tile() -> None:
    first = TILES_1500[1, 0][:32]
    assert first == perfect_root(LEAVES_1500[:256])


def test_a_missing_or_short_tile_is_a_fault_of_the_tree() -> None:
    with pytest.raises(ProofError, match=r"tile/0/005.p/220 is missing"):
        root_at(reader_of({}), 1500)
    short = TILES_1500 | {(0, 5): TILES_1500[0, 5][:-32]}
    with pytest.raises(ProofError, match="fewer than 220"):
        root_at(reader_of(short), 1500)


def test_a_changed_edge_gives_another_root() -> None:
    data = TILES_1500[0, 5]
    changed = TILES_1500 | {(0, 5): bytes([data[0] ^ 1]) + data[1:]}
    assert root_at(reader_of(changed), 1500) != root_of(LEAVES_1500)


def test_a_bundle_holds_each_entry_after_its_length() -> None:
    bundle = encode_entries(ENTRIES_1500[:2])
    assert bundle == b"\x00\x20" + ENTRIES_1500[0] + b"\x00\x20" + ENTRIES_1500[1]
    assert decode_entries(bundle) == ENTRIES_1500[:2]
    assert decode_entries(b"") == []


@pytest.mark.parametrize("length", [0, 31, 33])
def test_an_entry_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(RecordFormatError, match="32"):
        encode_entries([bytes(length)])


@pytest.mark.parametrize(
    "bundle", [b"\x00", b"\x00\x20" + bytes(31), b"\x00\x1f" + bytes(32), bytes(34) + b"\x00\x20"]
)
def test_what_is_no_bundle_is_refused(bundle: bytes) -> None:
    with pytest.raises(RecordFormatError, match="whole entries"):
        decode_entries(bundle)


def test_a_tree_of_quintillions_grows_by_its_edges_alone() -> None:
    size = 2**62 + 3 * 256**4 + 77

    def read(level: int, n: int) -> bytes:
        return b"".join([b"\x00\x20" + bytes(32)] * 256 if level == ENTRIES else [bytes(32)] * 256)

    appended = append_entries(read, size, ENTRIES_1500[:1])
    assert appended.size == size + 1
    assert set(appended.tiles) == {(ENTRIES, size // 256), (0, size // 256)}
