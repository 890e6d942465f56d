"""`consent export`: a whole file or none, and what it holds is printed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import pwd
import stat
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consent.cli import main
from consent.services.clock import now_ms
from consent.services.exporting import ExportState, find_export
from consent.services.keys import make_key_files
from consent.services.officers import operator
from consent.store.tables import OfficerActionRow
from tests.make_events import ALICE, insert_event, make_event, make_refusal

Environment = dict[str, str]


@pytest.fixture
def environment(session: Session, database_url: str, tmp_path: Path) -> Environment:
    for event in (
        make_event(at="2026-03-10T12:00:00Z"),
        make_refusal(at="2026-03-31T23:59:59.999Z", language="nl"),
        make_refusal(at="2026-04-01T00:00:00Z"),
    ):
        insert_event(session, event)
    make_key_files(tmp_path / "home" / "keys")
    return {"CONSENT_HOME": str(tmp_path / "home"), "CONSENT_DATABASE_URL": database_url}


def export(environment: Environment, *options: str | Path) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, options)], env=environment)


def printed(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    return dict(line.split() for line in result.stderr.splitlines())


@pytest.mark.legal("AE-06")
def test_a_file_is_written_whole_and_described(
    environment: Environment, session: Session, tmp_path: Path
) -> None:
    target = tmp_path / "march.csv"
    result = export(
        environment, "--site", "programme", "--from", "2026-03-01", "--to", "2026-04-01",
        "--output", target,
    )  # fmt: skip
    told = printed(result)
    assert result.stdout == ""
    assert told["rows"] == "2"
    assert told["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    session.rollback()
    account = pwd.getpwuid(os.getuid()).pw_name
    report = find_export(session, told["export"], officer=operator(account), now=now_ms())
    assert (report.state, report.rows) == (ExportState.FINISHED, 2)
    assert report.officer == f"cli:{account}"


def test_a_pipe_gets_the_bytes_and_nothing_else(environment: Environment) -> None:
    result = export(environment, "--output", "-", "--language", "nl")
    assert printed(result)["sha256"] == hashlib.sha256(result.stdout_bytes).hexdigest()
    rows = list(csv.DictReader(io.StringIO(result.stdout_bytes.decode(), newline="")))
    assert [row["event"] for row in rows] == ["refused"]


@pytest.mark.legal("AE-05")
def test_pseudonyms_are_the_stored_ones_only_for_a_named_reason(environment: Environment) -> None:
    assert ALICE not in export(environment).stdout
    assert ALICE in export(environment, "--reason", "case 12").stdout


def test_the_other_options_reach_the_filter(environment: Environment) -> None:
    assert printed(export(environment, "--category", "ads"))["rows"] == "1"
    assert printed(export(environment, "--event", "refused"))["rows"] == "2"
    assert printed(export(environment, "--notice", "0b" * 32))["rows"] == "0"
    assert export(environment, "--format", "jsonl").stdout.count("\n") == 3


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--from", "March"], 2, "'March' is not a day (2026-03-01)"),
        (["--to", "2026-03-01T10:00:00"], 2, "is not a day (2026-03-01) or an instant"),
        (["--event", "clicked"], 2, "'clicked' is not one of"),
        (["--format", "xlsx"], 2, "'xlsx' is not one of"),
        (["--from", "2026-04-01", "--to", "2026-04-01"], 1, "the period is empty"),
        (["--site", "programe"], 1, "there is no site 'programe'"),
        (["--category", "ADS"], 1, "category 'ADS' is not written as"),
        (["--inspection", "absent"], 2, "Directory 'absent' does not exist"),
        (["--inspection", "/"], 2, "--inspection goes into an archive: give --evidence too"),
        (["--provider", "nobody"], 1, "no notice of these sites names a provider 'nobody'"),
        (["--reason", ""], 1, "a reason has to be named"),
    ],
)
def test_a_faulty_filter_is_explained_and_leaves_no_file(
    environment: Environment, tmp_path: Path, options: list[str], code: int, message: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    result = export(environment, *options, "--output", folder / "export.csv")
    assert result.exit_code == code
    assert message in result.stderr
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_explained(environment: Environment, tmp_path: Path) -> None:
    result = export(environment, "--output", tmp_path / "absent" / "export.csv")
    assert result.exit_code == 1
    assert f"cannot write in {tmp_path / 'absent'} (No such file or directory)" in result.stderr


def test_an_earlier_file_stays_when_the_new_one_cannot_take_its_place(
    environment: Environment, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    (folder / "export.csv").mkdir(parents=True)
    result = export(environment, "--output", folder / "export.csv")
    assert result.exit_code == 1
    assert f"cannot write {folder / 'export.csv'} (Is a directory)" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["export.csv"]


@pytest.mark.legal("AE-06")
def test_an_archive_of_evidence_is_written_whole_and_described(
    environment: Environment, session: Session, tmp_path: Path
) -> None:
    target = tmp_path / "march.zip"
    result = export(
        environment, "--evidence", "--from", "2026-03-01", "--to", "2026-04-01",
        "--output", target,
    )  # fmt: skip
    told = printed(result)
    assert told["rows"] == "2"
    assert told["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert ALICE not in archive.read("records/records.csv").decode()
    assert (manifest["export"], manifest["rows"], manifest["reason"]) == (told["export"], 2, None)
    session.rollback()
    account = pwd.getpwuid(os.getuid()).pw_name
    assert manifest["made_by"] == f"cli:{account}"
    report = find_export(session, told["export"], officer=operator(account), now=now_ms())
    assert (report.format_name, report.size) == ("evidence", target.stat().st_size)


@pytest.mark.legal("AE-05")
def test_an_archive_has_stored_pseudonyms_only_for_a_named_reason(
    environment: Environment, tmp_path: Path
) -> None:
    target = tmp_path / "march.zip"
    printed(export(environment, "--evidence", "--output", target, "--reason", "case 12"))
    with zipfile.ZipFile(target) as archive:
        assert ALICE in archive.read("records/records.csv").decode()
        assert json.loads(archive.read("manifest.json"))["reason"] == "case 12"


def test_an_archive_has_every_form_so_none_is_chosen(environment: Environment) -> None:
    result = export(environment, "--evidence", "--format", "csv")
    assert result.exit_code == 2
    assert "--evidence has the rows in every form; leave out --format" in result.stderr


@pytest.mark.legal("AE-10")
def test_an_inspection_that_is_none_leaves_no_file_and_no_record(
    environment: Environment, session: Session, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    seen = tmp_path / "seen"
    seen.mkdir()
    (seen / "refused.har").write_text("<html>")
    target = folder / "pack.zip"
    result = export(environment, "--evidence", "--inspection", seen, "--output", target)
    assert result.exit_code == 1
    assert "refused.har is not JSON" in result.stderr
    assert list(folder.iterdir()) == []
    session.rollback()
    assert session.scalar(select(func.count()).select_from(OfficerActionRow)) == 0
