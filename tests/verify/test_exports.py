"""Exports are read from folders, tars and zips, and what is none of them is not checked."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.verify.exports import open_exports
from consent.verify.findings import Kind
from consent.verify.sources import UnreadableError
from tests.verify.make_log import ALICE, LogFolder, check, kinds, put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = LogFolder()
    log.announce()
    for _ in range(300):
        log.consent()
    log.publish()
    return log.write(tmp_path / "log")


def as_tar(folder: Path) -> Path:
    path = folder.with_suffix(".tar")
    with tarfile.open(path, "w") as archive:
        archive.add(folder, arcname=".")
    return path


def as_zip(folder: Path, *, below: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, below + file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("pack", [lambda folder: folder, as_tar, as_zip])
def test_an_export_is_read_wherever_it_lies(folder: Path, pack: Callable[[Path], Path]) -> None:
    report = check(pack(folder))
    assert not kinds(report)
    assert (report.logs[0].size, report.logs[0].opened) == (301, 301)


@pytest.mark.parametrize("pack", [lambda folder: folder, as_tar, as_zip])
def test_tampering_is_found_wherever_it_lies(folder: Path, pack: Callable[[Path], Path]) -> None:
    path = folder / "records.jsonl"
    put(path, path.read_bytes().replace(b"refused", b"granted", 1))
    assert kinds(check(pack(folder))) == {Kind.ALTERED}


def test_every_log_below_a_path_is_found(folder: Path, tmp_path: Path) -> None:
    other = LogFolder()
    other.announce()
    other.publish()
    other.write(folder / "inside" / "other-2")
    (folder / "checkpoint").rename(folder / "elsewhere")
    reports = check(folder).logs
    assert [report.size for report in reports] == [1]
    assert "inside/other-2" in reports[0].source


def test_the_log_in_a_folder_of_an_archive_is_found(folder: Path) -> None:
    assert check(as_zip(folder, below="pack/log/shop-1/")).logs[0].size == 301


def test_what_is_kept_back_is_accounted_for_and_told(folder: Path) -> None:
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    put(folder / "records.jsonl", b"".join(lines[:10] + lines[12:]))
    assert kinds(check(folder)) == {Kind.MISSING}
    manifest = json.loads((folder / "manifest.json").read_text())
    put(folder / "manifest.json", json.dumps(manifest | {"withheld": [[10, 11]]}).encode())
    report = check(folder)
    assert not kinds(report)
    assert report.logs[0].unopened == 2
    assert any("2 records were kept back" in note for note in report.logs[0].notes)


@pytest.mark.parametrize(
    "line",
    [
        b"no json\n",
        b"[]\n",
        b'{"i":1}\n',
        b'{"i":true,"salt":"","rec":""}\n',
        b'{"i":-1,"salt":"","rec":""}\n',
        b'{"i":5,"salt":"?","rec":""}\n',
        b'{"i":5,"salt":"","rec":"","more":1}\n',
        b"[" * 200_000 + b"\n",
    ],
)
def test_a_line_that_opens_nothing_is_a_finding(folder: Path, line: bytes) -> None:
    path = folder / "records.jsonl"
    put(path, line + path.read_bytes())
    assert kinds(check(folder)) == {Kind.ALTERED}


def test_lines_out_of_order_are_a_finding(folder: Path) -> None:
    path = folder / "records.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    put(path, b"".join([*lines[:5], lines[6], lines[5], *lines[7:]]))
    assert Kind.ALTERED in kinds(check(folder))


@pytest.mark.parametrize(
    ("name", "kind"), [("checkpoints/x", Kind.ALTERED), ("anchors/x", Kind.ALTERED)]
)
def test_a_file_that_does_not_belong_there_is_a_finding(
    folder: Path, name: str, kind: Kind
) -> None:
    put(folder / name, b"x")
    assert kinds(check(folder)) == {kind}


def test_a_manifest_of_another_size_is_a_finding(folder: Path) -> None:
    put(folder / "manifest.json", b'{"size":7}')
    assert kinds(check(folder)) == {Kind.ALTERED}


def test_a_policy_that_is_none_leaves_no_key_to_check_with(folder: Path) -> None:
    put(folder / "policy", b"no policy\n")
    assert Kind.BAD_SIGNATURE in kinds(check(folder))


@pytest.mark.parametrize("name", ["policy", "checkpoint"])
def test_an_export_without_its_head_or_keys_is_not_checked(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(UnreadableError):
        check(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b"no json"),
        ("manifest.json", b'{"openings":"most"}'),
        ("manifest.json", b'{"withheld":[1]}'),
        ("checkpoint", b"\x00\xff"),
    ],
)
def test_an_export_that_cannot_be_understood_is_not_checked(
    folder: Path, name: str, content: bytes
) -> None:
    put(folder / name, content)
    with pytest.raises(UnreadableError):
        check(folder)


@pytest.mark.parametrize("name", ["nothing", "text", "empty", "tar.gz"])
def test_what_is_no_export_is_not_checked(folder: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "text":
        path.write_text("no archive")
    elif name == "empty":
        path.mkdir()
    elif name == "tar.gz":
        with tarfile.open(path, "w:gz") as archive:
            archive.add(folder, arcname=".")
    with pytest.raises(UnreadableError):
        open_exports(path)


def test_a_broken_zip_is_not_checked(folder: Path) -> None:
    path = as_zip(folder)
    content = bytearray(path.read_bytes())
    at = content.index(b"records.jsonl") + 2_000
    content[at : at + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(UnreadableError):
        check(path)


def test_what_was_kept_of_another_log_is_not_checked(folder: Path) -> None:
    other = LogFolder()
    other.consent(ALICE)
    note = other.publish().replace("consent.example", "elsewhere.example")
    with pytest.raises(UnreadableError, match=r"elsewhere\.example"):
        check(folder, kept=[note])
