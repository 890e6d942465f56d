"""What officers did, as files: CSV for a spreadsheet, JSON Lines for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.times import rfc3339
from consent.export.chunks import gather
from consent.export.csv import safe_text

COLUMNS = ("id", "at", "officer", "action", "site", "subject", "detail", "log", "leaf")


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One act. `log` and `leaf` say where it is sealed; they are None while it waits."""

    id: str
    at: int
    officer: str
    action: str
    site: str | None
    subject: str
    detail: str
    log: str | None
    leaf: int | None

    def values(self) -> dict[str, Any]:
        """Return what a file says of it, by COLUMNS."""
        values: dict[str, Any] = {name: getattr(self, name) for name in COLUMNS}
        return values | {"at": rfc3339(self.at)}


def write_actions_csv(rows: Iterable[ActionRow]) -> Iterator[bytes]:
    """Give the acts as CSV (RFC 4180), the header first; the detail is one cell of JSON."""
    return gather(_csv_lines(rows))


def write_actions_jsonl(rows: Iterable[ActionRow]) -> Iterator[bytes]:
    """Give the acts as JSON Lines."""
    return gather(_json_line(row.values() | {"detail": json.loads(row.detail)}) for row in rows)


def _csv_lines(rows: Iterable[ActionRow]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield str(writer.writerow(COLUMNS))
    for row in rows:
        values = row.values()
        yield str(writer.writerow([_cell(values[name]) for name in COLUMNS]))


def _cell(value: object) -> str:
    return "" if value is None else safe_text(str(value))


def _json_line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False) + "\n"


class _Line:
    """What `writerow` writes to; it returns the line."""

    def write(self, line: str) -> str:
        return line
