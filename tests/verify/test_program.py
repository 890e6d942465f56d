"""`consent-verify` as it is run: by its name, and as one file that needs `cryptography` only."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from consent.audit.notes import NoteSigner
from consent.export.verifier import verifier_archive
from consent.verify.__main__ import main
from tests.audit.make_keys import log_signer, private_key
from tests.verify.make_log import LogFolder, put

_LOOKS_FOR = "flask", "sqlalchemy", "click", "marshmallow", "rich", "consent.store", "itsdangerous"


@pytest.fixture
def log() -> LogFolder:
    log = LogFolder()
    log.announce()
    for _ in range(20):
        log.consent()
    log.publish()
    return log


@pytest.fixture
def folder(log: LogFolder, tmp_path: Path) -> Path:
    return log.write(tmp_path / "log")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file, with a folder beside it in which there is nothing but what it needs."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "consent-verify.pyz").write_bytes(verifier_archive())
    site = folder / "site"
    site.mkdir()
    for name in ("cryptography", "cffi", "_cffi_backend"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (site / origin.name).symlink_to(origin)
    return folder / "consent-verify.pyz"


def run(program: Path, *arguments: str | Path, code: Sequence[str] = ()) -> str:
    """Run the file as a stranger would: without this project and its libraries."""
    start = code or [str(program)]
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", *start, *map(str, arguments)],
        env={"PYTHONPATH": str(program.parent / "site"), "PATH": os.defpath},
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return f"{done.stdout}{done.stderr}exit code {done.returncode}"


@pytest.mark.slow
def test_one_file_checks_an_export(program: Path, folder: Path) -> None:
    shown = run(program, folder)
    assert "OK: nothing was found" in shown
    assert shown.endswith("exit code 0")


@pytest.mark.slow
def test_one_file_finds_what_was_tampered_with(program: Path, folder: Path) -> None:
    path = folder / "records.jsonl"
    put(path, path.read_bytes().replace(b"refused", b"granted", 1))
    shown = run(program, folder)
    assert "FINDING      altered: leaf 1 " in shown
    assert shown.endswith("exit code 1")


@pytest.mark.slow
def test_one_file_says_what_it_cannot_check(program: Path, tmp_path: Path) -> None:
    shown = run(program, tmp_path / "nothing")
    assert "NOT CHECKED: there is no file or folder" in shown
    assert "Traceback" not in shown
    assert shown.endswith("exit code 2")


@pytest.mark.slow
def test_one_file_brings_no_framework(program: Path, folder: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "from consent.verify.__main__ import main; code = main(sys.argv[1:]);"
        f"loaded = [name for name in {_LOOKS_FOR} if name in sys.modules];"
        "print('loaded', loaded); sys.exit(code)"
    )
    shown = run(program, program, folder, code=["-c", code])
    assert "loaded []" in shown
    assert shown.endswith("exit code 0")


def test_the_file_is_the_same_each_time() -> None:
    before = verifier_archive()
    verifier_archive.cache_clear()
    assert verifier_archive() == before


# The arguments; in this process, where it is quicker.


def test_a_report_is_json_if_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "ok"
    assert report["logs"][0]["size"] == 21
    assert [one["type"] for one in report["logs"][0]["findings"]] == ["unanchored"]


def test_a_finding_in_json_says_where(
    folder: Path, log: LogFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    log.records[3] = None
    log.write(folder)
    assert main([str(folder), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    finding = next(one for one in report["logs"][0]["findings"] if one["type"] == "missing")
    assert finding["leaf"] == 3
    assert report["verdict"] == "findings"
    assert report["logs"][0]["counts"]["missing"] == 1


def test_files_that_were_kept_are_read(
    folder: Path, log: LogFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = log.notes[0][2]
    put(tmp_path / "kept", kept.encode())
    put(tmp_path / "receipt", log.receipt(4).encode())
    put(tmp_path / "policy", log.policy.encode())
    arguments = ["--checkpoint", "kept", "--receipt", "receipt", "--policy", "policy"]
    named = [one if one.startswith("--") else str(tmp_path / one) for one in arguments]
    assert main([str(folder), *named]) == 0
    shown = capsys.readouterr().out
    assert "leaf 4" in shown
    assert "given from outside for: clock, log, receipt" in shown


def test_a_key_of_somebody_else_is_no_good(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder), "--vkey", log_signer(99).verifier.vkey]) == 1
    assert "bad_signature" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--policy", b"no policy\n"),
        ("--tsa-root", b"no certificate"),
        ("--receipt", b"\xff"),
        ("--checkpoint", None),
    ],
)
def test_a_file_that_is_not_of_its_kind_is_said_so(
    folder: Path,
    tmp_path: Path,
    option: str,
    content: bytes | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        put(tmp_path / "file", content)
    assert main([str(folder), option, str(tmp_path / "file")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("NOT CHECKED: ")


def test_a_key_that_is_none_is_said_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--vkey", "nonsense"]) == 2
    assert capsys.readouterr().err.startswith("NOT CHECKED: ")


def test_wrong_arguments_end_with_the_code_for_not_checked() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--nonsense"])
    assert ended.value.code == 2


@pytest.mark.slow
def test_a_person_sees_how_far_it_is(program: Path, folder: Path) -> None:
    """On a terminal; the one file draws a plain bar, since it has nothing to draw with."""
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-S", str(program), str(folder)],
        env={"PYTHONPATH": str(program.parent / "site")},
        stdout=subprocess.DEVNULL,
        stderr=follower,
        check=True,
        timeout=60,
    )
    os.close(follower)
    shown = os.read(leader, 10_000).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "verifying [##############################] 21/21" in shown


def test_keys_of_another_log_are_no_word_for_this_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = NoteSigner("elsewhere.example/1", private_key(3))
    assert main([str(folder), "--vkey", other.verifier.vkey]) == 1
    assert "none of the keys you gave" in capsys.readouterr().out
