"""Exports are read from folders, tars and zips, and what is none of them is not checked."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.verify.exports import open_exports
from consent.verify.findings import Kind
from consent.verify.sources import UnreadableError
from tests.verify.make_log import ALICE, LogFolder, check, kinds, line_of, put


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


def test_what_is_kept_back_is_accounted_for_and_told(log: LogFolder, tmp_path: Path) -> None:
    log.records[20] = log.records[21] = None
    assert kinds(log.check(tmp_path)) == {Kind.MISSING}
    log.withheld = [[20, 21]]
    report = log.check(tmp_path)
    assert not kinds(report)
    assert report.logs[0].unopened == 2
    assert any("2 records were kept back" in note for note in report.logs[0].notes)


def test_many_ranges_can_be_kept_back(log: LogFolder, tmp_path: Path) -> None:
    log.records[20] = None
    log.withheld = [[20, 20], *([1_000_000 + 2 * leaf] * 2 for leaf in range(40_000))]
    assert not kinds(log.check(tmp_path))


def test_who_removes_a_record_cannot_say_it_was_kept_back(folder: Path) -> None:
    lines = (folder / "records.jsonl").read_bytes().splitlines(keepends=True)
    put(folder / "records.jsonl", b"".join(lines[:10] + lines[12:]))
    manifest = json.loads((folder / "manifest.json").read_text())
    put(folder / "manifest.json", json.dumps(manifest | {"withheld": [[10, 11]]}).encode())
    assert kinds(check(folder)) == {Kind.MISSING}
    (folder / "export.note").unlink()
    report = check(folder)
    assert kinds(report) == {Kind.MISSING}
    assert any("export.note" in note for note in report.logs[0].notes)


def test_who_removes_a_record_cannot_say_it_was_disposed_of(log: LogFolder, tmp_path: Path) -> None:
    log.write(tmp_path)
    lines = (tmp_path / "records.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["i"] != 20]
    put(tmp_path / "records.jsonl", "".join(kept).encode())
    lines = (tmp_path / "disposals.jsonl").read_text().splitlines(keepends=True)
    forged = line_of(None, log.salt(), log.disposal("erasure", 20))
    put(tmp_path / "disposals.jsonl", "".join([*lines, forged]).encode())
    assert kinds(check(tmp_path)) == {Kind.MISSING}


@pytest.mark.parametrize("text", ["[nojson", "[" * 5000])
def test_a_notice_that_is_no_document_is_found(tmp_path: Path, text: str) -> None:
    log = LogFolder()
    digest = hashlib.sha256(text.encode()).hexdigest()
    log.announce()
    log.announce(notice=digest)
    log.publish()
    log.write(tmp_path)
    put(tmp_path / f"notices/{digest}.json", text.encode())
    assert kinds(check(tmp_path)) == {Kind.ALTERED}


def test_a_notice_that_the_log_names_is_there(log: LogFolder, tmp_path: Path) -> None:
    log.announce(notice="ab" * 32)
    log.publish()
    assert kinds(log.check(tmp_path)) == {Kind.MISSING}


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
