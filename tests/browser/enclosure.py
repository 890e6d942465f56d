"""What the engines run in: a screen of our own, and a wall around this machine."""

from __future__ import annotations

import os
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SCREEN = "1280x900x24"
PAUSE = 0.05


def program(name: str) -> str:
    """Return the path of a program; an engine that is missing is a failure, never a skip."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(
            f"{name} is not installed, so its engine is not tested. "
            "Install it with: bash requirements/system.sh",
            pytrace=False,
        )
    return path


class Wall(socketserver.ThreadingTCPServer):
    """A proxy that lets nothing through, and remembers what wanted to leave this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        self.met: list[str] = []
        super().__init__(("127.0.0.1", 0), _WallHandler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _WallHandler(socketserver.StreamRequestHandler):
    server: Wall

    def handle(self) -> None:
        self.server.met.append(self.rfile.readline().decode("latin-1").strip())


@contextmanager
def standing_wall() -> Iterator[Wall]:
    with Wall() as wall:
        thread = threading.Thread(target=wall.serve_forever, kwargs={"poll_interval": PAUSE})
        thread.start()
        try:
            yield wall
        finally:
            wall.shutdown()
            thread.join()


@contextmanager
def running_screen() -> Iterator[str]:
    """Start a screen of our own and return its name; the X server picks a free number itself."""
    command = [program("Xvfb"), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
    reading, writing = os.pipe()
    with subprocess.Popen(
        [*command, "-displayfd", str(writing)],
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as answer:
                number = answer.readline().strip()
            if not number:
                pytest.fail("Xvfb ended before it had a screen", pytrace=False)
            yield f":{number}"
        finally:
            server.terminate()
