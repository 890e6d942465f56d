"""Throw-away databases: migrated once per test process, then copied for each test that asks.

PostgreSQL runs as a child of the test process (one server per xdist worker, started by the first
test that needs it), listens on a Unix socket in a folder of its own, and dies with its parent.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from consent.store.migrate import upgrade

START_SECONDS = 120
#: A database of its own for each test is files by the hundred: ten times as fast in memory.
MEMORY = Path("/dev/shm")  # noqa: S108 -- the folder made in it has a name of its own
LEAST_ROOM = 4 << 30
TEMPLATE = "consent_template"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class PostgresServer:
    """A running server; `url` names one of its databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def migrate_template(self) -> None:
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        upgrade(self.url(TEMPLATE))

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """Give the URL of a fresh copy of a template, dropped afterwards."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        try:
            yield self.url(name)
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            self.execute(drop.format(sql.Identifier(name)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        )


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start a server for the life of the block, as root or as anybody."""
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="consent-pg-", dir=_roomy_memory()))
    as_owner: list[str | Path] = ["setpriv", "--pdeathsig", "QUIT"]
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        as_owner += ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    try:
        cluster = folder / "cluster"
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            cluster,
            "-U",
            "postgres",
            "-A",
            "trust",
        ]
        _run([*as_owner, *initdb, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        settings = SETTINGS | {"unix_socket_directories": str(folder)}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        with _child([*as_owner, programs / "postgres", "-D", cluster, *options], folder):
            yield PostgresServer(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """Return where files are kept in memory; None where there is little room, as in containers."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    room = os.statvfs(MEMORY)
    return MEMORY if room.f_bavail * room.f_frsize >= LEAST_ROOM else None


def find_postgres(root: Path = Path("/usr/lib/postgresql")) -> Path:
    """Return the folder of the newest server's programs; $PG_BINDIR names another."""
    if named := os.environ.get("PG_BINDIR"):
        return Path(named)
    found = sorted(root.glob("*/bin/postgres"), key=lambda program: float(program.parts[-3]))
    if not found:
        raise FileNotFoundError(
            "These tests need PostgreSQL: install it (Debian: apt-get install postgresql), "
            "or name the folder of its programs in PG_BINDIR."
        )
    return found[-1].parent


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def _run(command: list[str | Path]) -> None:
    result = subprocess.run(
        command, cwd="/", env=_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{result.stderr}")


@contextmanager
def _child(command: list[str | Path], folder: Path) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, folder, log)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)  # at once, without a last checkpoint
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from error
            time.sleep(0.05)
        else:
            return


def migrate_sqlite_template(folder: Path) -> Path:
    template = folder / "template.db"
    upgrade(f"sqlite:///{template}")
    return template


def copy_sqlite(template: Path, folder: Path) -> str:
    """Give the URL of a fresh copy of a template."""
    path = folder / "consent.db"
    shutil.copy(template, path)
    return f"sqlite:///{path}"
