"""An evidence pack that was altered, damaged or made to harm is never found in order."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.verify.__main__ import main as verify
from tests.packs import LOG, Pack, make_pack, make_world

FLIPS = 150
TELLING = (
    "statement.html", "statement.txt", "statement.nl.html", "statement.nl.txt",
    "records/records.csv", "records/records.jsonl",
)  # fmt: skip

Manifest = dict[str, Any]


@pytest.fixture
def pack(session: Session, engine: Engine, tmp_path: Path) -> Pack:
    return make_pack(make_world(session, tmp_path / "state"), engine, reason="case 12")


@pytest.fixture
def folder(pack: Pack, tmp_path: Path) -> Path:
    return pack.unpack(tmp_path / "pack")


def change_manifest(folder: Path, change: Callable[[Manifest], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def change_records(folder: Path) -> None:
    """Change the records, and have the manifest name the changed ones."""
    path = folder / "records" / "records.csv"
    content = path.read_bytes().replace(b"refused", b"granted")
    path.write_bytes(content)
    named = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change_manifest(folder, lambda one: one["files"].update({"records/records.csv": named}))


def checked(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    """Check as JSON; what is printed is JSON whatever comes of it."""
    capsys.readouterr()
    code = verify([str(path), "--json"])
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert "Traceback" not in shown.err
    assert report["verdict"] == ["ok", "findings", "unchecked"][code]
    return code, report


def texts(report: Any) -> list[tuple[str, str]]:
    return [(one["type"], one["text"]) for one in report["pack"]["findings"]]


def test_a_pack_without_its_signature_is_not_in_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_records(folder)
    (folder / "manifest.note").unlink()
    code, report = checked(folder, capsys)
    assert code == 1
    assert ("bad_signature", "the manifest is not signed.") in [
        (kind, text[:27]) for kind, text in texts(report)
    ]


def test_a_pack_that_denies_its_logs_is_not_in_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_records(folder)
    change_manifest(folder, lambda one: one.update(logs=[]))
    code, report = checked(folder, capsys)
    assert code == 1
    assert [log["size"] for log in report["logs"]] == [8]
    assert {kind for kind, _ in texts(report)} == {"altered", "bad_signature"}


def test_a_pack_of_no_log_at_all_says_that_nobody_signed_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted((folder / "log").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / "manifest.note").unlink()

    def change(manifest: Manifest) -> None:
        manifest["logs"] = []
        manifest["files"] = {
            name: file for name, file in manifest["files"].items() if not name.startswith("log/")
        }

    change_manifest(folder, change)
    code, report = checked(folder, capsys)
    assert (code, report["logs"]) == (1, [])
    ((kind, text),) = texts(report)
    assert kind == "bad_signature"
    assert "not signed: no log is concerned" in text


@pytest.mark.parametrize("name", ["checkpoint", "policy"])
def test_a_log_that_was_taken_out_is_missed(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder / LOG / name).unlink()
    code, report = checked(folder, capsys)
    assert code == 1
    assert any(kind == "missing" and "the log " in text for kind, text in texts(report))


def test_a_log_is_the_one_that_the_manifest_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_manifest(folder, lambda one: one["logs"][0].update(size=7))
    _, report = checked(folder, capsys)
    assert any(kind == "altered" and f"in {LOG} is not" in text for kind, text in texts(report))


@pytest.mark.parametrize("below", ["", "unpacked/"])
def test_a_pack_cannot_pass_for_a_log_alone(
    pack: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str], below: str
) -> None:
    for left in (pack.names, *([name] for name in TELLING)):
        path = tmp_path / "other.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in left:
                if name != "manifest.json" or below:
                    archive.writestr(below + name, pack.read(name))
        code, report = checked(path, capsys)
        assert code == 2
        assert "as an evidence pack does" in report["error"]


@pytest.mark.parametrize(
    "name",
    ["a\0b", "../state", "/etc/hostname", "records/../../state", "a\\b", "", "a/", "x" * 2000],
)
def test_a_manifest_cannot_name_what_lies_elsewhere(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = {"size": 1, "sha256": ""}
    change_manifest(folder, lambda one: one["files"].update({name: file}))
    code, report = checked(folder, capsys)
    assert code == 1
    assert ("altered", f"the manifest names {name!r}, which is no name of a file") in texts(report)


@pytest.mark.parametrize("place", ["../..", "/", "a\0b", LOG + "/../leiden-university-1"])
def test_a_manifest_cannot_have_its_logs_elsewhere(
    folder: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    change_manifest(folder, lambda one: one["logs"][0].update(folder=place))
    code, report = checked(folder, capsys)
    assert code == 1
    assert "missing" in {kind for kind, _ in texts(report)}


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"records/records.csv": {"size": "1", "sha256": ""}}},
        {"files": {"records/records.csv": None}},
        {"files": []},
        {"logs": [{"origin": "x"}]},
        {"logs": [{"origin": "x", "folder": "y", "size": [1]}]},
        {"logs": [None]},
        {"export": 1},
    ],
)
def test_a_manifest_of_another_form_is_not_checked(
    folder: Path, capsys: pytest.CaptureFixture[str], change: Manifest
) -> None:
    change_manifest(folder, lambda one: one.update(change))
    code, report = checked(folder, capsys)
    assert code == 2
    assert "manifest.json is not that of an evidence pack" in report["error"]


def test_what_a_pack_says_of_itself_does_not_pass_for_the_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_manifest(folder, lambda one: one.update(export="1\nOK: all is well.\x1b[2J\ud800"))
    assert checked(folder, capsys)[0] == 1
    assert verify([str(folder)]) == 1
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\nOK" not in shown


def test_a_damaged_file_is_named(
    pack: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(pack.content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.getinfo("records/kantara.jsonl").header_offset
    content[at + 200 : at + 220] = bytes(20)
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    code, report = checked(path, capsys)
    assert code == 1
    ((kind, text),) = texts(report)
    assert (kind, text[:32]) == ("altered", "records/kantara.jsonl is damaged")


@pytest.mark.slow
def test_a_flipped_bit_is_found_wherever_it_lies(
    pack: Pack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless every file is what it was: a ZIP says dates, versions and sizes more than once.

    Of those only what leads to the files is read, so the others say nothing that is believed.
    """
    path = tmp_path / "pack.zip"
    before = contents(pack.content)
    chance = random.Random(7)  # noqa: S311 -- the same bits each time
    end = len(pack.content)
    places = [chance.randrange(end) for _ in range(FLIPS)]
    places += [chance.randrange(end - 5000, end) for _ in range(FLIPS)]  # the table of contents
    codes = []
    for place in places:
        content = bytearray(pack.content)
        content[place] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        code, _ = checked(path, capsys)
        codes.append(code)
        assert code in {1, 2} or contents(bytes(content)) == before, place
    assert codes.count(1) > FLIPS / 2
    assert codes.count(2) > 0


def contents(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}
