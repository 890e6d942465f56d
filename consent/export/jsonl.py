"""Rows as JSON Lines: one object a line, every column in each, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from consent.export.chunks import gather
from consent.export.columns import COLUMNS, Row


def write_jsonl(rows: Iterable[Row]) -> Iterator[bytes]:
    """Give the rows as JSON objects, one a line; absent values are null."""
    return gather(_line(row) for row in rows)


def _line(row: Row) -> str:
    cells = (dict(cell) if isinstance(cell, Mapping) else cell for cell in row)
    record = dict(zip(COLUMNS, cells, strict=True))
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"
