"""Tests that need PostgreSQL say so when there is none; they are never left out in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import find_postgres


@pytest.fixture(autouse=True)
def _no_named_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)


def test_without_postgresql_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"install it .* or name the folder"):
        find_postgres(tmp_path)


def test_the_newest_server_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        program = tmp_path / version / "bin" / "postgres"
        program.parent.mkdir(parents=True)
        program.touch()
    assert find_postgres(tmp_path) == tmp_path / "17" / "bin"
