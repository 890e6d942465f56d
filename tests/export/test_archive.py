"""An archive is an ordinary ZIP, made as it is read and in no more memory than a chunk needs."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest

from consent.core.times import parse_rfc3339
from consent.export.archive import CHUNK_BYTES, Archive

MADE = parse_rfc3339("2026-04-01T08:30:00Z")
MEGABYTE = 1024 * 1024


def small_archive() -> bytes:
    archive = Archive(MADE)
    parts = [
        *archive.add("records/a.csv", [b"id\r\n", b"1\r\n"]),
        *archive.add("pictures/b.png", [b"\x89PNG"], compress=False),
        *archive.add("empty.txt", []),
        *archive.end(),
    ]
    return b"".join(parts)


def test_any_reader_of_zip_finds_the_files_and_their_dates() -> None:
    with zipfile.ZipFile(io.BytesIO(small_archive())) as archive:
        assert archive.testzip() is None
        assert archive.read("records/a.csv") == b"id\r\n1\r\n"
        assert archive.read("pictures/b.png") == b"\x89PNG"
        assert archive.read("empty.txt") == b""
        kinds = {info.filename: info.compress_type for info in archive.infolist()}
        assert kinds["records/a.csv"] == zipfile.ZIP_DEFLATED
        assert kinds["pictures/b.png"] == zipfile.ZIP_STORED
        assert {info.date_time for info in archive.infolist()} == {(2026, 4, 1, 8, 30, 0)}


def test_a_clock_that_is_not_set_makes_an_archive_all_the_same() -> None:
    archive = Archive(0)
    content = b"".join([*archive.add("a", [b"1"]), *archive.end()])
    (info,) = zipfile.ZipFile(io.BytesIO(content)).infolist()
    assert info.date_time == (1980, 1, 1, 0, 0, 0)


def test_size_and_digest_of_each_file_are_known_once_it_is_written() -> None:
    archive = Archive(MADE)
    assert not archive.files
    assert [*archive.add("a", [b"one", b"two"])] == []
    written = archive.files["a"]
    assert (written.size, written.sha256) == (6, hashlib.sha256(b"onetwo").hexdigest())


@pytest.mark.legal("AE-12")
def test_the_same_files_at_the_same_instant_give_the_same_bytes() -> None:
    assert small_archive() == small_archive()


def test_a_name_is_added_once() -> None:
    archive = Archive(MADE)
    list(archive.add("a", [b"1"]))
    with pytest.raises(ValueError, match="a is in the archive already"):
        list(archive.add("a", [b"2"]))


def random_chunks(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield hashlib.shake_256(bytes([number % 256])).digest(CHUNK_BYTES)


@pytest.mark.legal("AE-13")
def test_a_large_file_passes_without_being_held() -> None:
    archive = Archive(MADE)
    tracemalloc.start()
    size = sum(map(len, archive.add("large", random_chunks(640))))
    size += sum(map(len, archive.end()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert archive.files["large"].size == 40 * MEGABYTE
    assert size > 40 * MEGABYTE
    assert peak < 2 * MEGABYTE
