"""Connections that open a new database in the same instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from sqlalchemy import NullPool, create_engine, text

OPENERS = 4
ROUNDS = 300  # without taking turns, one round in twenty to fifty fails


def test_connections_that_open_a_new_file_together_all_get_the_write_ahead_log(
    tmp_path: Path,
) -> None:
    together = Barrier(OPENERS)

    def journal_mode(path: Path) -> str:
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        together.wait()
        with engine.connect() as connection:
            return str(connection.scalar(text("PRAGMA journal_mode")))

    with ThreadPoolExecutor(OPENERS) as openers:
        for number in range(ROUNDS):
            new = tmp_path / f"{number}.db"
            assert list(openers.map(journal_mode, [new] * OPENERS)) == ["wal"] * OPENERS
