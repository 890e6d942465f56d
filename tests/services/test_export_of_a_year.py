"""A year of consents leaves through the command line in constant memory, on both engines."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from consent.export.columns import COLUMNS
from consent.services.clock import now_ms
from consent.services.exporting import Asked, ExportState, ExportStream, find_export, start_export
from consent.services.keys import make_key_files
from consent.services.officers import operator
from consent.store.events import EventFilter
from tests.databases import PostgresServer, copy_sqlite
from tests.make_year import insert_year_postgres, insert_year_sqlite

MILLION = 1_000_000
MEGABYTE = 1024 * 1024
MAX_GROWTH = 20 * MEGABYTE
# DuckDB fills buffers of a fixed size, whatever comes after.
MAX_GROWTH_OF_A_PACK = 56 * MEGABYTE

# VmHWM is the highest memory of the program itself; getrusage would count its parent's as well.
PROGRAM = """
import sys
from consent.cli import main
try:
    main()
finally:
    status = open("/proc/self/status").read()
    print("peak", status.split("VmHWM:")[1].split()[0], file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What the command printed, and its peak memory in bytes."""

    id: str
    rows: int
    sha256: str
    peak: int


def export_by_command(url: str, home: Path, output: Path, *options: str) -> Exported:
    environment = os.environ | {"CONSENT_HOME": str(home), "CONSENT_DATABASE_URL": url}
    command = [sys.executable, "-c", PROGRAM, "export", "--output", str(output), *options]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    printed = dict(line.split() for line in result.stderr.splitlines())
    return Exported(
        printed["export"], int(printed["rows"]), printed["sha256"], int(printed["peak"]) * 1024
    )


def read_rows(path: Path) -> tuple[int, str]:
    """Count the rows, which must be whole and in order; return the digest of the file as well."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines, strict=True)
        assert tuple(next(reader)) == COLUMNS
        count, before = 0, ""
        for row in reader:
            assert len(row) == len(COLUMNS)
            assert row[0] > before
            count, before = count + 1, row[0]
    return count, digest


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.legal("AE-13")
def test_a_million_consents_are_exported_in_the_memory_of_ten_thousand(
    sqlite_template: Path, tmp_path: Path
) -> None:
    url = copy_sqlite(sqlite_template, tmp_path)
    insert_year_sqlite(tmp_path / "consent.db", MILLION)
    home = tmp_path / "home"
    make_key_files(home / "keys")
    few = export_by_command(
        url, home, tmp_path / "few.csv", "--site", "programme", "--to", "2026-01-04T15:36:00Z"
    )
    year = export_by_command(
        url, home, tmp_path / "year.csv", "--site", "programme", "--from", "2026-01-01",
        "--to", "2027-01-01",
    )  # fmt: skip
    assert (few.rows, year.rows) == (10_000, MILLION)
    assert read_rows(tmp_path / "few.csv") == (few.rows, few.sha256)
    assert read_rows(tmp_path / "year.csv") == (year.rows, year.sha256)
    assert year.peak - few.peak < MAX_GROWTH
    engine = create_engine(url)
    with closing(Session(engine)) as session:
        report = find_export(session, year.id, officer=operator("root"), now=now_ms())
    engine.dispose()
    assert (report.state, report.rows, report.sha256) == (
        ExportState.FINISHED, MILLION, year.sha256,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.legal("AE-13")
def test_evidence_for_a_hundred_thousand_is_packed_in_the_memory_of_ten_thousand(
    sqlite_template: Path, tmp_path: Path
) -> None:
    url = copy_sqlite(sqlite_template, tmp_path)
    insert_year_sqlite(tmp_path / "consent.db", 100_000)
    home = tmp_path / "home"
    make_key_files(home / "keys")
    few = export_by_command(
        url, home, tmp_path / "few.zip", "--evidence", "--to", "2026-02-06T12:00:00Z"
    )
    year = export_by_command(url, home, tmp_path / "year.zip", "--evidence")
    assert (few.rows, year.rows) == (10_000, 100_000)
    assert year.peak - few.peak < MAX_GROWTH_OF_A_PACK
    with zipfile.ZipFile(tmp_path / "year.zip") as archive:
        files = json.loads(archive.read("manifest.json"))["files"]
        for name, file in files.items():
            with archive.open(name) as content:
                assert hashlib.file_digest(content, "sha256").hexdigest() == file["sha256"]  # type: ignore[arg-type]
        assert files["records/records.jsonld"]["size"] > 100 * MEGABYTE


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.legal("AE-13")
def test_fifty_thousand_consents_leave_postgresql_without_being_held_in_memory(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    count = 50_000
    with postgres_server.database() as url:
        insert_year_postgres(url, count)
        engine = create_engine(url)
        with Session(engine) as session:
            session.execute(text("ANALYZE consent_event"))
            session.commit()
            asked = Asked(EventFilter(sites=("programme",)), "csv")
            export = start_export(session, asked, officer=operator("root"), now=now_ms())
        path = tmp_path / "year.csv"
        tracemalloc.start()
        with closing(ExportStream(Session(engine), export, now_ms)) as stream:
            with path.open("wb") as file:
                file.writelines(stream)
            _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        engine.dispose()
    assert read_rows(path) == (count, stream.sha256)
    assert path.stat().st_size > 20 * MEGABYTE
    assert peak < 10 * MEGABYTE
