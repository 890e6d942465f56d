"""Rows as CSV (RFC 4180): a header, CRLF, UTF-8; no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from consent.export.chunks import gather
from consent.export.columns import COLUMNS, Cell, Row

# What a spreadsheet may take for a formula: = + - @, in full width too, also after blanks and
# invisible characters, and whatever begins with a tab or a line break.
_BLANKS, _SIGNS = r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*", r"[=+\-@＝＋－＠]"
_FORMULA = re.compile(rf"[\t\r\n]|{_BLANKS}{_SIGNS}")
# Where lists are separated by semicolons, as in Dutch, a spreadsheet may begin a cell at one.
_LATER = re.compile(rf"([;\t]{_BLANKS})({_SIGNS})")


def write_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """Give the rows as CSV, the header first.

    Absent values are empty cells, choices are one cell of JSON. Text that could be a formula has
    an apostrophe in front; instants and true or false never begin like one.
    """
    return gather(_lines(rows))


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield _line(writer.writerow(COLUMNS))
    for row in rows:
        cells = [cell if type(cell) is str and _is_plain(cell) else _text(cell) for cell in row]
        yield _line(writer.writerow(cells))


class _Line:
    """What `writerow` writes to; it returns the line."""

    def write(self, line: str) -> str:
        return line


def _line(written: object) -> str:
    return str(written)


def safe_text(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    if _is_plain(text):
        return text
    text = _LATER.sub(r"\1'\2", text)
    return f"'{text}" if _FORMULA.match(text) else text


def _is_plain(text: str) -> bool:
    """Say fast of nearly every cell that there is nothing to do."""
    return text[:1].isalnum() and ";" not in text and "\t" not in text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return _choices(tuple(cell.items()))


@lru_cache(maxsize=1024)
def _choices(answers: tuple[tuple[str, bool], ...]) -> str:
    """Few sets of choices exist, and a long export meets each of them many times."""
    return json.dumps(dict(answers), sort_keys=True, separators=(",", ":"))
