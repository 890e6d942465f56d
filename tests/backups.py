"""Real backups of real databases: taken, kept beside it, and restored in its place."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine

from tests.databases import PostgresServer, find_postgres


class Place(Protocol):
    """Where a database lies; `url` is the one in use now."""

    url: str

    def back_up(self, name: str) -> Path:
        """Return a backup of the database as it is now."""

    def restore(self, backup: Path) -> None:
        """Put a backup in the place of the database; nobody may be using it."""


class SqlitePlace:
    """A file; a backup is a consistent copy of it, as `sqlite3 .backup` makes one."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._path = Path(url.removeprefix("sqlite:///"))
        self._folder = folder

    def back_up(self, name: str) -> Path:
        backup = self._folder / f"{name}.sqlite3"
        engine = create_engine(self.url)
        with engine.connect() as connection:
            connection.connection.execute("VACUUM INTO ?", (str(backup),))
        engine.dispose()
        return backup

    def restore(self, backup: Path) -> None:
        for ending in ("-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(backup, self._path)


class PostgresPlace:
    """A database of a server; a backup is a dump, and goes into an empty database."""

    def __init__(self, server: PostgresServer, url: str, folder: Path, stack: ExitStack) -> None:
        self.url = url
        self._server = server
        self._folder = folder
        self._stack = stack

    def back_up(self, name: str) -> Path:
        backup = self._folder / f"{name}.sql"
        self._run("pg_dump", "--file", str(backup), self._database())
        return backup

    def restore(self, backup: Path) -> None:
        self.url = self._stack.enter_context(self._server.database(template="template0"))
        self._run("psql", "--quiet", "-v", "ON_ERROR_STOP=1", "-f", str(backup), self._database())

    def _database(self) -> str:
        return self.url.partition("@/")[2].partition("?")[0]

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(find_postgres() / program), "-h", str(self._server.folder), "-U", "postgres"]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [*command, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def place_of(url: str, folder: Path, server: PostgresServer | None) -> Iterator[Place]:
    """Give the place of a test's database; `server` is where it lies if it is no file."""
    with ExitStack() as stack:
        if server is None:
            yield SqlitePlace(url, folder)
        else:
            yield PostgresPlace(server, url, folder, stack)
