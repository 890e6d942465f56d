"""Archives that are damaged, or made to harm: the check ends with a verdict, and never in order."""

from __future__ import annotations

import io
import json
import random
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from consent.verify import __main__ as program
from consent.verify.files import is_plain, open_files
from consent.verify.sources import UnreadableError
from tests.verify.make_log import LogFolder
from tests.verify.test_exports import as_tar

FLIPS = 150


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = LogFolder()
    log.announce()
    for _ in range(20):
        log.consent()
    log.publish()
    return log.write(tmp_path / "log")


def tar_of(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
    return path


def zip_of(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"abc")
    return path


@pytest.mark.parametrize("name", ["../a", "/a", "a/../b", "a\\b", "a//b", "c:a", "a\nb", "./../a"])
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, make: object) -> None:
    assert callable(make)
    with pytest.raises(UnreadableError, match="which may lead anywhere"):
        open_files(make(tmp_path / "archive", name))


def test_no_file_outside_of_a_folder_is_opened(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    files = open_files(folder)
    for path in ("../secret", str(tmp_path / "secret"), "a\0b", ""):
        assert files.open(path) is None
    assert is_plain("log/shop-1/tile/entries/x001/000.p/7")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_two_files_of_one_name_are_refused(tmp_path: Path, make: object) -> None:
    assert callable(make)
    with pytest.raises(UnreadableError, match="has two files 'a'"):
        open_files(make(tmp_path / "archive", "a", "b", "a"))


def test_an_archive_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", bytes(40_000_000))
    with pytest.raises(UnreadableError, match="far more than an export has"):
        open_files(path)


def test_an_archive_whose_files_share_their_data_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "shared.zip", *map(str, range(9)))
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<I", content, at + 20, 1000)
        at += 4
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match="more data than there is"):
        open_files(path)


def test_a_method_of_packing_that_is_never_used_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("checkpoint", b"x")
    with pytest.raises(UnreadableError, match="packed in an unknown way"):
        open_files(path)


def test_a_file_that_is_larger_than_it_says_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "larger.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", bytes(1_000_000))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, 1000)
    path.write_bytes(content)
    files = open_files(path)
    file = files.open("checkpoint")
    assert file is not None
    with file, pytest.raises(UnreadableError, match="checkpoint cannot be read"):
        file.read()
    files.close()


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.98])
def test_a_tar_that_was_cut_off_is_not_checked(folder: Path, keep: float) -> None:
    path = as_tar(folder)
    content = path.read_bytes().rstrip(b"\0")
    path.write_bytes(content[: int(len(content) * keep)])
    assert program.main([str(path)]) == 2


@pytest.mark.slow
def test_a_flipped_bit_in_a_tar_is_found_wherever_it_lies(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless every file says what it said.

    `manifest.json` and its note count only where something rests on them, and nothing does here;
    the last character of a salt in base64 has bits that stand for nothing.
    """
    path = as_tar(folder)
    original = path.read_bytes()
    before = meaning(path)
    chance = random.Random(5)  # noqa: S311 -- the same bits each time
    codes = []
    for _ in range(FLIPS):
        place = chance.randrange(len(original))
        content = bytearray(original)
        content[place] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        capsys.readouterr()
        codes.append(program.main([str(path), "--json"]))
        report = json.loads(capsys.readouterr().out)
        assert report["verdict"] == ["ok", "findings", "unchecked"][codes[-1]]
        assert codes[-1] in {1, 2} or meaning(path) == before, place
    assert {1, 2} <= set(codes)


def meaning(path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None or member.name.endswith(("manifest.json", ".note")):
                continue
            content = file.read()
            found[member.name] = content
            if member.name.endswith("records.jsonl"):
                lines = map(json.loads, content.splitlines())
                found[member.name] = [(line["i"], line["salt"][:-3], line["rec"]) for line in lines]
    return found


# Whatever goes wrong


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_what_nobody_thought_of_ends_in_a_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
) -> None:
    def fail(*_values: object, **_options: object) -> None:
        raise ZeroDivisionError("by\x1bzero")

    monkeypatch.setattr(program, "check_path", fail)
    assert program.main([str(folder), *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.err == "NOT CHECKED: the check broke off (ZeroDivisionError: by\\x1bzero)\n"
    if arguments:
        assert json.loads(shown.out)["verdict"] == "unchecked"
    else:
        assert shown.out == ""


def test_who_breaks_it_off_gets_the_code_for_that(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_values: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "check_path", interrupt)
    assert program.main([str(folder)]) == 130
    assert capsys.readouterr().err == "NOT CHECKED: it was broken off\n"
