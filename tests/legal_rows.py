"""Which tests hold which row of the legal checklist, read from the tests' own marks."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent


def marked_tests() -> dict[str, list[str]]:
    """Return, by row, "folder/test_file.py::test_name" of each test that is marked with it."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for row in _rows(node):
                    found.setdefault(row, []).append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


def requirements(part: str) -> Iterator[tuple[str, str]]:
    """Yield each row of a part of the checklist with what it asks."""
    with (TESTS / "legal" / "checklist.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["part"] == part:
                yield row["id"], row["requirement"]


def _rows(node: ast.FunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if (
            isinstance(mark, ast.Call)
            and isinstance(mark.func, ast.Attribute)
            and mark.func.attr == "legal"
        ):
            yield from (str(one.value) for one in mark.args if isinstance(one, ast.Constant))
