"""The files of an export, wherever they lie: in a folder, a tar or a zip.

Nothing in them is believed. A name that leads elsewhere, two files of one name, and an archive
that says more than it has are refused; a damaged file is one that cannot be read.
"""

from __future__ import annotations

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self, cast

from consent.verify.sources import UnreadableError

MAX_NAME = 1024
MAX_RATIO = 300  # of what an archive unpacks to; records as JSON come to 60
SLACK_BYTES = 16 * 1024 * 1024
TAR_END_BYTES = 1024  # a tar ends in two blocks of zeros

_BLOCK = 512
_READ_BYTES = 1024 * 1024
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, OverflowError, MemoryError, IndexError,
    struct.error, tarfile.TarError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Files(Protocol):
    """Files by their path with slashes. Methods raise UnreadableError when reading fails."""

    @property
    def name(self) -> str: ...

    def names(self) -> Iterator[str]:
        """Give the path of every file, in no order."""

    def names_in(self, folder: str) -> list[str]:
        """Return the names of the files right in a folder, sorted."""

    def open(self, path: str) -> IO[bytes] | None:
        """Return an open file, which fails likewise; None if there is none of this path."""

    def close(self) -> None: ...


def open_files(path: Path) -> Files:
    """Return the files of a folder or an archive; raise UnreadableError for anything else."""
    with _readable(str(path)):
        if not path.exists():
            raise UnreadableError(f"there is no file or folder {path}")
        if path.is_dir():
            return FolderFiles(path)
        if zipfile.is_zipfile(path):
            return ZipFiles(path)
        if tarfile.is_tarfile(path):
            return TarFiles(path)
    raise UnreadableError(f"{path} is no folder, no tar and no zip")


def is_plain(path: str) -> bool:
    """Say whether a path leads to a file below where it begins, and nowhere else."""
    return (
        len(path) <= MAX_NAME
        and path.isprintable()
        and not set(path) & set("\\:")
        and not {"", ".", ".."} & set(path.split("/"))
    )


class FolderFiles:
    """Files of a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return str(self._root)

    def names(self) -> Iterator[str]:
        with _readable(self.name):
            for path in self._root.rglob("*"):
                if path.is_file():
                    yield path.relative_to(self._root).as_posix()

    def names_in(self, folder: str) -> list[str]:
        path = self._root / folder
        with _readable(self.name):
            found = path.iterdir() if path.is_dir() else ()
            return sorted(one.name for one in found if one.is_file())

    def open(self, path: str) -> IO[bytes] | None:
        if not is_plain(path):
            return None
        with _readable(path):
            file = self._root / path
            return _guarded(file.open("rb"), path) if file.is_file() else None

    def close(self) -> None:
        pass


class ZipFiles:
    """Files of a zip, for example an evidence pack."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _readable(str(path)):
            self._zip = zipfile.ZipFile(path)
            try:
                members = self._zip.infolist()
                _check_names(path, (member.filename.removesuffix("/") for member in members))
                _check_sizes(path, members)
            except UnreadableError:
                self._zip.close()
                raise
        self._folders = _by_folder(self._zip.namelist())

    @property
    def name(self) -> str:
        return str(self._path)

    def names(self) -> Iterator[str]:
        return (name for name in self._zip.namelist() if not name.endswith("/"))

    def names_in(self, folder: str) -> list[str]:
        return self._folders.get(folder, [])

    def open(self, path: str) -> IO[bytes] | None:
        try:
            info = self._zip.getinfo(path)
        except KeyError:
            return None
        if info.is_dir():
            return None
        with _readable(path):
            return _guarded(self._zip.open(info), path)

    def close(self) -> None:
        file = self._zip.fp
        self._zip.close()
        if file is not None:
            file.close()  # a file of it that is still open would keep it so


class TarFiles:
    """Files of an uncompressed tar: where each begins is remembered, and nothing else of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        with (
            _readable(f"{path} (if it is compressed, unpack it first)"),
            tarfile.open(path, "r:") as archive,
            path.open("rb") as file,
        ):
            self._read_places(archive, file)
        self._folders = _by_folder(self._places)

    @property
    def name(self) -> str:
        return str(self._path)

    def names(self) -> Iterator[str]:
        return iter(self._places)

    def names_in(self, folder: str) -> list[str]:
        return self._folders.get(folder, [])

    def open(self, path: str) -> IO[bytes] | None:
        if path not in self._places:
            return None
        with _readable(path):
            file = self._path.open("rb")
            return _guarded(cast("IO[bytes]", _Part(file, *self._places[path])), path)

    def close(self) -> None:
        pass

    def _read_places(self, archive: tarfile.TarFile, file: IO[bytes]) -> None:
        end, total = 0, self._path.stat().st_size
        while (member := archive.next()) is not None:
            if member.offset < end or member.sparse is not None:
                raise UnreadableError(f"{self._path}: {member.name!r} does not lie as it should")
            name = member.name.removeprefix("./")
            end = member.offset_data
            if member.isfile():
                if name in self._places:
                    raise UnreadableError(f"{self._path} has two files {name!r}")
                _check_names(self._path, [name])
                self._places[name] = (member.offset_data, member.size)
                end += member.size
                _check_zeros(self._path, file, end, -end % _BLOCK)
            cast("Any", archive).members.clear()  # it would keep each one
        # tarfile takes a damaged header for the end; so the end has to look like one
        end += -end % _BLOCK
        _check_zeros(self._path, file, end, max(total - end, TAR_END_BYTES))


class _Part:
    """A part of a file, read like a file of its own."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file = file
        self._left = size
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        return self._count(self._file.read(self._left if size < 0 else min(size, self._left)))

    def readline(self, size: int) -> bytes:
        return self._count(self._file.readline(min(size, self._left)))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data


def _by_folder(names: Iterable[str]) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for path in names:
        folder, _, name = path.rpartition("/")
        if name and not folder.startswith(("tile/",)) and "/tile/" not in folder:
            folders.setdefault(folder, []).append(name)
    for found in folders.values():
        found.sort()
    return folders


def _check_names(path: Path, names: Iterable[str]) -> None:
    seen = set()
    for name in names:
        if not is_plain(name):
            raise UnreadableError(
                f"{path} has a file of the name {name!r}, which may lead anywhere"
            )
        if name in seen:
            raise UnreadableError(f"{path} has two files {name!r}")
        seen.add(name)


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse what is made to fill a disk: files that share their data, or unpack to too much."""
    size = path.stat().st_size
    unpacked = sum(member.file_size for member in members)
    if sum(member.compress_size for member in members) > size:
        raise UnreadableError(f"{path}: its files have more data than there is")
    if unpacked > MAX_RATIO * size + SLACK_BYTES:
        raise UnreadableError(f"{path} unpacks to {unpacked} bytes, far more than an export has")
    for member in members:
        if member.compress_type not in _METHODS:
            raise UnreadableError(f"{path}: {member.filename!r} is packed in an unknown way")


def _check_zeros(path: Path, file: IO[bytes], start: int, size: int) -> None:
    file.seek(start)
    while size > 0:
        data = file.read(min(size, _READ_BYTES))
        if not data or data.strip(b"\0"):
            raise UnreadableError(f"{path} is damaged at byte {start}, or cut off")
        size -= len(data)


class _Guarded:
    """An open file of which everything that goes wrong in reading is an UnreadableError."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def read(self, size: int = -1) -> bytes:
        with _readable(self._name):
            return self._file.read(size)

    def readline(self, size: int) -> bytes:
        with _readable(self._name):
            return self._file.readline(size)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _guarded(file: IO[bytes], name: str) -> IO[bytes]:
    return cast("IO[bytes]", _Guarded(file, name))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UnreadableError(f"{name} cannot be read ({reason})") from error
