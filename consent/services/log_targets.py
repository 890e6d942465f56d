"""Where an exported log is written: a folder that is brought up to date, or one tar."""

from __future__ import annotations

import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from consent.audit.checkpoints import Checkpoint, parse_checkpoint
from consent.audit.notes import split_note
from consent.audit.tiles import ReadTile, root_at
from consent.core.times import MILLIS_PER_DAY
from consent.errors import LogRefusedError, RecordFormatError
from consent.services.log_export import File, LogCut
from consent.verify.exports import CHECKPOINT, COUNTS, RECORDS
from consent.verify.sources import Scope

IN_MEMORY = 1024 * 1024

_FULL_TILE = re.compile(r"tile/.*/[0-9]{3}")
_DATED = re.compile(r"(checkpoints|anchors)/[0-9]{16}-(?P<created>[0-9]{14}).*")

Progress = Callable[[int], None]


class Target(Protocol):
    def write(self, files: Iterable[File], progress: Progress) -> None:
        """Write every file; `progress` is told after each tile how many there were."""


class FolderTarget:
    """A folder, written anew or brought up to date: what cannot have changed is left alone.

    Each file appears under its name only when it is complete, the head as the last one. A folder
    that has more of the log than is to be written, or another one, is refused: it may be the only
    copy of what was lost.
    """

    def __init__(self, folder: Path, wanted: LogCut, read: ReadTile) -> None:
        self._folder = folder
        self._is_private = wanted.opened is not None
        self._has_counts = wanted.scope is Scope.ALL
        self._settled_before = wanted.head.created - MILLIS_PER_DAY
        _require_growth(folder, wanted, read)

    def write(self, files: Iterable[File], progress: Progress) -> None:
        tiles = 0
        if not self._has_counts:
            (self._folder / COUNTS).unlink(missing_ok=True)  # of an export of everything
        for name, chunks in files:
            if not self._is_settled(name):
                self._put(name, chunks)
            if name.startswith("tile/"):
                tiles += 1
                progress(tiles)

    def _is_settled(self, name: str) -> bool:
        """Say whether a file is there and will stay as it is.

        Witnesses may still sign a young head, so its note can get more lines.
        """
        dated = _DATED.fullmatch(name)
        is_old = dated is not None and int(dated["created"]) < self._settled_before
        return (is_old or _FULL_TILE.fullmatch(name) is not None) and (self._folder / name).exists()

    def _put(self, name: str, chunks: Iterable[bytes]) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        number, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.writelines(chunks)
                if name == CHECKPOINT:
                    os.sync()  # what it signs is on the disk before it
                    file.flush()
                    os.fsync(file.fileno())
            if not self._is_private or name != RECORDS:
                Path(temporary).chmod(0o644)  # a mirror may run under another account
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)


class TarTarget:
    """One uncompressed tar, which appears under its name only when it is complete."""

    def __init__(self, path: Path, wanted: LogCut) -> None:
        self._path = path
        self._made_at = wanted.made_at // 1000

    def write(self, files: Iterable[File], progress: Progress) -> None:
        number, temporary = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        tiles = 0
        try:
            with os.fdopen(number, "wb") as file:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                    for name, chunks in files:
                        self._add(archive, name, chunks)
                        if name.startswith("tile/"):
                            tiles += 1
                            progress(tiles)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _add(self, archive: tarfile.TarFile, name: str, chunks: Iterable[bytes]) -> None:
        """Add a file; its size stands before it, so it is written somewhere else first."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as content:
            for chunk in chunks:
                content.write(chunk)
            info = tarfile.TarInfo(name)
            info.size = content.tell()
            info.mtime = self._made_at
            info.mode = 0o644
            content.seek(0)
            archive.addfile(info, content)


def target_for(path: Path, wanted: LogCut, read: ReadTile) -> Target:
    """Return what writes to a path: a tar for a name that ends so, else a folder."""
    return TarTarget(path, wanted) if path.suffix == ".tar" else FolderTarget(path, wanted, read)


def _require_growth(folder: Path, wanted: LogCut, read: ReadTile) -> None:
    """Raise LogRefusedError unless the log continues the one a folder has."""
    there = _head_in(folder)
    if there is None:
        return
    if there.origin != wanted.log.origin:
        raise LogRefusedError(f"{folder} has another log, {there.origin}; choose another folder")
    if there.size > wanted.head.size:
        raise LogRefusedError(
            f"{folder} has {there.size} entries of this log, more than the {wanted.head.size} that "
            "are published here: was the database set back? The folder is left as it is"
        )
    if root_at(read, there.size) != there.root:
        raise LogRefusedError(
            f"{folder} has another history of this log; it is left as it is, as evidence"
        )


def _head_in(folder: Path) -> Checkpoint | None:
    try:
        note = (folder / CHECKPOINT).read_text(encoding="utf-8")
        return parse_checkpoint(split_note(note)[0])
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, RecordFormatError) as error:
        raise LogRefusedError(
            f"{folder / CHECKPOINT} is no head of a log; choose another folder"
        ) from error
