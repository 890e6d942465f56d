"""The Go program, built once a process from Debian's packages; it takes nothing from a network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "go"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def checklog(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a function that runs the program with arguments."""
    folder = tmp_path_factory.mktemp("go")
    settings = {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    program = folder / "checklog"
    subprocess.run(
        ["go", "build", "-o", str(program), "."], cwd=SOURCE, env=os.environ | settings, check=True
    )

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, check=False
        )

    return run
