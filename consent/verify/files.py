"""The files of an export, wherever they lie: in a folder, a tar or a zip."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self, cast

from consent.verify.sources import UnreadableError


class Files(Protocol):
    """Files by their path with slashes. Methods raise UnreadableError when reading fails."""

    @property
    def name(self) -> str: ...

    def names(self) -> Iterator[str]:
        """Give the path of every file, in no order."""

    def names_in(self, folder: str) -> list[str]:
        """Return the names of the files right in a folder, sorted."""

    def open(self, path: str) -> IO[bytes] | None:
        """Return an open file; None if there is none of this path."""

    def close(self) -> None: ...


def open_files(path: Path) -> Files:
    """Return the files of a folder or an archive; raise UnreadableError for anything else."""
    if not path.exists():
        raise UnreadableError(f"there is no file or folder {path}")
    try:
        if path.is_dir():
            return FolderFiles(path)
        if zipfile.is_zipfile(path):
            return ZipFiles(path)
        if tarfile.is_tarfile(path):
            return TarFiles(path)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read ({error.strerror})") from error
    raise UnreadableError(f"{path} is no folder, no tar and no zip")


class FolderFiles:
    """Files of a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return str(self._root)

    def names(self) -> Iterator[str]:
        for path in self._root.rglob("*"):
            if path.is_file():
                yield path.relative_to(self._root).as_posix()

    def names_in(self, folder: str) -> list[str]:
        path = self._root / folder
        return sorted(one.name for one in path.iterdir() if one.is_file()) if path.is_dir() else []

    def open(self, path: str) -> IO[bytes] | None:
        try:
            return (self._root / path).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise UnreadableError(f"{path} cannot be read ({error.strerror})") from error

    def close(self) -> None:
        pass


class ZipFiles:
    """Files of a zip, for example an evidence pack."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _readable(path):
            self._zip = zipfile.ZipFile(path)
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
        with _readable(self._path):
            return self._zip.open(info)

    def close(self) -> None:
        self._zip.close()


class TarFiles:
    """Files of an uncompressed tar: where each begins is remembered, and nothing else of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        try:
            with tarfile.open(path, "r:") as archive:
                self._read_places(archive)
        except (tarfile.TarError, OSError) as error:
            raise UnreadableError(
                f"{path} cannot be read as a tar; if it is compressed, unpack it first"
            ) from error
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
        with _readable(self._path):
            file = self._path.open("rb")
        return cast("IO[bytes]", _Part(file, *self._places[path]))

    def close(self) -> None:
        pass

    def _read_places(self, archive: tarfile.TarFile) -> None:
        while (member := archive.next()) is not None:
            if member.isfile():
                name = member.name.removeprefix("./")
                self._places[name] = (member.offset_data, member.size)
            cast("Any", archive).members.clear()  # it would keep each one


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


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UnreadableError(f"{path} cannot be read ({type(error).__name__})") from error
