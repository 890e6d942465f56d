"""The program that checks a log, as one file: Python and `cryptography` are all it needs.

It holds the modules of this package that `consent.verify` imports, verbatim, and nothing else. The
same sources give the same bytes.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from zipfile import ZipFile, ZipInfo

FILE_NAME = "consent-verify.pyz"

_PACKAGE = "consent"
_ENTRANCE = "consent.verify.__main__"
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = """\
import sys

from consent.verify.__main__ import main

sys.exit(main())
"""
_DATE = (2026, 1, 1, 0, 0, 0)  # a zip has to have one, and it must always be the same
_MODE = 0o644 << 16
_UNIX = 3


@lru_cache(maxsize=1)
def verifier_archive() -> bytes:
    """Return the file: `python consent-verify.pyz EXPORT`."""
    contents = {path: source for _, path, source in _modules()}
    contents["__main__.py"] = _MAIN
    buffer = io.BytesIO()
    buffer.write(_SHEBANG)
    with ZipFile(buffer, "a") as archive:
        for path in sorted(contents):
            info = ZipInfo(path, _DATE)  # stored: compressors differ by version
            info.create_system = _UNIX
            info.external_attr = _MODE
            archive.writestr(info, contents[path])
    return buffer.getvalue()


def _modules() -> Iterator[tuple[str, str, str]]:
    """Yield name, path and source of each module of ours that the program imports."""
    waiting, seen = [_ENTRANCE], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = _find(name)
        if found is None:
            continue  # a name that was imported from a module, not a module itself
        path, source = found
        yield name, path, source
        waiting += _imports(source)
        waiting += [name.rpartition(".")[0]] if "." in name else []


def _find(name: str) -> tuple[str, str] | None:
    root = files(_PACKAGE)
    parts = name.split(".")[1:]
    folder = root.joinpath(*parts)
    for file, path in (
        (folder.joinpath("__init__.py"), "/".join([*name.split("."), "__init__.py"])),
        (root.joinpath(*parts[:-1], f"{parts[-1]}.py") if parts else None, _path_of(name)),
    ):
        if file is not None and file.is_file():
            return path, file.read_text(encoding="utf-8")
    return None


def _path_of(name: str) -> str:
    return name.replace(".", "/") + ".py"


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(_PACKAGE + "."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _PACKAGE:
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
