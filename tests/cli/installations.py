"""Real installations and real processes: a home of its own, the program run as people run it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result

from consent.bundled import bundled
from consent.cli import main

ROOT = bundled("migrations").parent
START_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder, and the environment that points to it."""

    path: Path

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def database(self) -> Path:
        return self.path / "consent.sqlite3"

    @property
    def environ(self) -> dict[str, str]:
        # Most tests need no pictures, and a browser takes its time to draw them.
        return {"CONSENT_HOME": str(self.path), "CONSENT_BROWSER": "no-browser"}

    def run(self, *arguments: str | Path, stdin: str | None = None, **environ: str) -> Result:
        """Run a command in this process, away from the settings of whoever runs the tests."""
        with clean_environment(self.environ | environ):
            return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)

    def findings(self, *arguments: str, **environ: str) -> list[dict[str, str]]:
        """Return what `consent doctor --json` finds."""
        result = self.run("doctor", "--json", *arguments, **environ)
        report = json.loads(result.stdout)
        problems = [one for one in report["findings"] if one["level"] == "problem"]
        assert result.exit_code == bool(problems)
        found: list[dict[str, str]] = report["findings"]
        return found


@contextmanager
def clean_environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Have no settings but these; put everything back afterwards."""
    before = dict(os.environ)
    ours = ("CONSENT_", "PORT", "DEMO_PORT", "NO_COLOR", "XDG_DATA_HOME")
    for name in [name for name in os.environ if name.startswith(ours)]:
        del os.environ[name]
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def process_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "consent", *map(str, arguments)]


def run_process(
    arguments: list[str], environ: Mapping[str, str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        arguments,
        env=dict(environ),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


@dataclass(frozen=True, slots=True)
class Started:
    """A server that runs; its output is known when it has ended."""

    process: subprocess.Popen[str]
    port: int

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(f"http://localhost:{self.port}{path}", timeout=START_SECONDS, **options)

    def interrupt(self) -> tuple[int, str]:
        """End it as Ctrl-C does, which signals the whole group; return exit code and output."""
        os.killpg(self.process.pid, signal.SIGINT)
        output, _ = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, output


@contextmanager
def started(*arguments: str | Path, port: int, environ: Mapping[str, str]) -> Iterator[Started]:
    """Start a command that serves, wait until it answers, and leave nothing running."""
    process = subprocess.Popen(
        command(*arguments),
        env=process_environment(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Started(process, port)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _wait_until_it_answers(server: Started) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if server.process.poll() is not None:
            output, _ = server.process.communicate()
            raise RuntimeError(f"it ended with {server.process.returncode}:\n{output}")
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
