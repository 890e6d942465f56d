"""Parquet: the same rows with types of their own, read by the library that made them and others."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest

from consent.export.columns import COLUMNS, OriginalLinks, row_of
from consent.export.parquet import parquet_is_available, write_parquet
from tests.make_events import ALICE, make_event, make_refusal


def test_rows_come_back_with_their_types(tmp_path: Path) -> None:
    assert parquet_is_available()
    events = [make_event(at="2026-03-15T12:00:00.123Z", language="=nl"), make_refusal()]
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"".join(write_parquet(row_of(event, OriginalLinks()) for event in events)))
    assert path.read_bytes()[:4] == path.read_bytes()[-4:] == b"PAR1"
    found = duckdb.read_parquet(str(path))
    assert tuple(found.columns) == COLUMNS
    first, second = (dict(zip(COLUMNS, row, strict=True)) for row in found.fetchall())
    assert first["at"] == dt.datetime(2026, 3, 15, 12, 0, 0, 123_000)  # noqa: DTZ001 - UTC by rule
    assert (first["subject"], second["subject"]) == (ALICE, None)
    assert json.loads(first["choices"]) == events[0].choices
    assert (first["gpc"], first["language"]) == (False, "=nl")


def test_no_rows_make_a_file_with_columns(tmp_path: Path) -> None:
    path = tmp_path / "none.parquet"
    path.write_bytes(b"".join(write_parquet([])))
    found = duckdb.read_parquet(str(path))
    assert (tuple(found.columns), found.fetchall()) == (COLUMNS, [])


def test_nothing_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    list(write_parquet([row_of(make_event(), OriginalLinks())]))
    assert list(tmp_path.iterdir()) == []
