"""Rows as Parquet, by DuckDB: the optional extra `parquet`.

The format ends with its table of contents, so a file has to be made before its first byte is
sent. It is a temporary one, readable by its owner only, and DuckDB is held to a little memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from consent.export.archive import CHUNK_BYTES
from consent.export.columns import COLUMNS, Row
from consent.export.jsonl import write_jsonl

MEMORY_LIMIT = "192MB"
LONGEST_ROW = 1024 * 1024  # DuckDB reads twice as much at a time
ROWS_IN_A_GROUP = 10_240  # a group is held in memory while it is written

_TYPES = {
    "at": "TIMESTAMP",
    "valid_until": "TIMESTAMP",
    "gpc": "BOOLEAN",
    "dnt": "BOOLEAN",
    "test": "BOOLEAN",
    "choices": "JSON",
}


def parquet_is_available() -> bool:
    """Say whether the extra is installed."""
    return find_spec("duckdb") is not None


def write_parquet(rows: Iterable[Row]) -> Iterator[bytes]:
    """Give the rows as one Parquet file; instants are UTC, choices are JSON."""
    with tempfile.TemporaryDirectory(prefix="consent-") as folder:
        lines, target = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        with lines.open("wb") as file:
            file.writelines(write_jsonl(rows))
        _convert(lines, target)
        with target.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def _convert(lines: Path, target: Path) -> None:
    import duckdb  # noqa: PLC0415 - an optional extra, and slow to load

    types = {column: _TYPES.get(column, "VARCHAR") for column in COLUMNS}
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "threads": 1,
        "temp_directory": str(lines.parent),
        "autoinstall_known_extensions": False,
    }
    with duckdb.connect(config=settings) as connection:
        rows = connection.read_json(
            str(lines),
            columns=types,
            format="newline_delimited",
            maximum_object_size=LONGEST_ROW,
        )
        rows.write_parquet(str(target), compression="zstd", row_group_size=ROWS_IN_A_GROUP)
