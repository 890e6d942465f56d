"""Several workers of one service count what /metrics tells into one folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from consent.cli.serve import MEASURES_FOLDER, shared_measures


def test_workers_share_a_folder_that_goes_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MEASURES_FOLDER, raising=False)
    with shared_measures(workers=2):
        folder = Path(os.environ[MEASURES_FOLDER])
        assert folder.is_dir()
    assert not folder.exists()
    assert MEASURES_FOLDER not in os.environ


def test_one_worker_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MEASURES_FOLDER, raising=False)
    with shared_measures(workers=1):
        assert MEASURES_FOLDER not in os.environ


def test_a_folder_that_is_named_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(MEASURES_FOLDER, str(tmp_path))
    with shared_measures(workers=2):
        assert os.environ[MEASURES_FOLDER] == str(tmp_path)
    assert tmp_path.is_dir()
