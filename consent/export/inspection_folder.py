"""Read the folder of an inspection whole, or say what is wrong with it.

The files are read once and kept, within limits, so that what was checked is what is attached.
Names are those that inspections have; another file is more likely to be there by mistake.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from consent.errors import InspectionError
from consent.export.inspection import (
    HAR,
    REPORT,
    STATES,
    Inspection,
    InspectionFile,
    Observed,
    observed_in_har,
    observed_in_report,
)

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_TOTAL_BYTES = 128 * 1024 * 1024
MAX_FILES = 200

_PLAIN = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
_STATE = "|".join(STATES)
_NAMES = re.compile(
    rf"{_PLAIN}\.(?:har|png|jpe?g|webp)"
    rf"|(?:{_STATE})\.(?:cookies|storage)\.json"
    r"|inspection\.(?:json|yml|html|pdf|docx)"
    r"|(?:cookies|local-storage|beacons)\.yml"
    r"|inspection-log\.ndjson|websockets-log\.json|source\.html"
)
_KINDS = (
    "HAR, pictures, <state>.cookies.json, <state>.storage.json, and the files of the EDPS "
    "Website Evidence Collector"
)


def read_inspection(folder: Path) -> Inspection:
    """Return the inspection in a folder; raise InspectionError for anything that is none."""
    try:
        files = list(_read_all(folder))
    except OSError as error:
        where = error.filename or folder
        raise InspectionError(f"{where} cannot be read: {error.strerror}") from error
    if not files:
        raise InspectionError(f"{folder} is empty: there is no inspection to attach")
    inspection = Inspection(tuple(files))
    if not list(inspection.dated):
        message = f"{folder} has no file that says when it was made: give a HAR or {REPORT}"
        raise InspectionError(message)
    return inspection


def _read_all(folder: Path) -> Iterator[InspectionFile]:
    total = 0
    for number, name in enumerate(_names_in(folder)):
        if number >= MAX_FILES:
            raise InspectionError(f"{folder} has more than {MAX_FILES} files")
        content = _read(folder / name, name)
        total += len(content)
        if total > MAX_TOTAL_BYTES:
            raise InspectionError(f"{folder} has more than {_mebibytes(MAX_TOTAL_BYTES)}: {name}")
        yield InspectionFile(name, content, _observed(name, content))


def _names_in(folder: Path) -> Iterator[str]:
    """Yield names in order: what lies in the folder, and in one folder for each state."""
    for entry in _sorted(folder):
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in STATES:
                message = f"{entry.name!r} is no folder of a state: {', '.join(STATES)}"
                raise InspectionError(message)
            for inner in _sorted(folder / entry.name):
                yield _known(f"{entry.name}/{inner.name}", inner)
        else:
            yield _known(entry.name, entry)


def _sorted(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _known(name: str, entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        raise InspectionError(f"{name!r} is a link; only files themselves are attached")
    if not entry.is_file(follow_symlinks=False):
        raise InspectionError(f"{name!r} is not a file")
    if not _NAMES.fullmatch(entry.name):
        raise InspectionError(f"{name!r} is of no kind that is attached, which are: {_KINDS}")
    return name


def _read(path: Path, name: str) -> bytes:
    """Read a file that is one at the very moment it is opened."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise InspectionError(f"{name} is not a file")
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        message = f"{name} is larger than {_mebibytes(MAX_FILE_BYTES)}; leave out what was answered"
        raise InspectionError(message)
    return content


def _observed(name: str, content: bytes) -> Observed | None:
    if name.endswith(HAR):
        return observed_in_har(name, content)
    if name.rpartition("/")[2] == REPORT:
        return observed_in_report(name, content)
    return None


def _mebibytes(size: int) -> str:
    return f"{size // 1024**2} MiB"
