"""The folder of exports: private to the service, and no file under its name before it is whole.

A file is named by its job and by whoever made it, so that two workers never write the same one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FOLDER = "exports"

_UNFINISHED = ".part"
_OURS = re.compile(r"([0-9a-f-]{36}\.[0-9a-f-]{36})(?:\.part)?")


class ExportFiles:
    """The files of one installation, under its home folder."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def path(self, job_id: str, worker: str) -> Path:
        return self.folder / f"{job_id}.{worker}"

    @contextmanager
    def write(self, job_id: str, worker: str) -> Iterator[BinaryIO]:
        """Give what to write a file to. It is there when the block ends, durably, or not at all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.path(job_id, worker)
        unfinished = path.with_name(path.name + _UNFINISHED)
        number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(number, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def remove(self, job_id: str, worker: str) -> None:
        self.path(job_id, worker).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Return the files that are here, finished or not, by the names `path` gives them."""
        if not self.folder.is_dir():
            return []
        found = (_OURS.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted({match[1] for match in found if match})

    def remove_others(self, names: Iterable[str], kept: Collection[str]) -> None:
        """Remove those of `names` that are not kept, also where they were never finished."""
        for name in names:
            if name not in kept:
                (self.folder / name).unlink(missing_ok=True)
                (self.folder / f"{name}{_UNFINISHED}").unlink(missing_ok=True)
