"""An aggregate report as CSV and as JSON: the same rows, in the same words."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from consent.core.aggregates import AggregateReport, Row, columns_of
from consent.core.suppression import Cell

CSV, JSON = "csv", "json"
GRANTED = "granted_"
TOTAL = "total"


def report_json(report: AggregateReport) -> dict[str, Any]:
    """Return a report as a document: a count is a number, or text where it is not told exactly."""
    return {
        "site": report.site,
        "from": _dashed(report.period.from_),
        "to": _dashed(report.period.to),
        "by": report.period.step.value,
        "minimum": report.minimum,
        "rows": [_row_json(row) for row in report.rows],
        "totals": _cells_json(report.totals) | {"granted": _cells_json(report.granted)},
    }


def report_csv(report: AggregateReport) -> str:
    """Return a report as RFC 4180 text: a header, and a line for each row."""
    categories = list(report.granted)
    columns = list(report.totals)
    text = io.StringIO()
    writer = csv.writer(text)
    granted = [GRANTED + category for category in categories]
    writer.writerow(["period", "notice", "language", *columns, *granted])
    for row in report.rows:
        cells = row_cells(row, categories)
        writer.writerow([row.period, row.notice, row.language, *cells])
    return text.getvalue()


def row_cells(row: Row, categories: list[str]) -> list[str]:
    """Return a row's counts as text; a category that its notice did not ask about is empty."""
    granted = row.cells.granted
    shown = [str(cell) for cell in columns_of(row.cells).values()]
    return shown + [str(granted[name]) if name in granted else "" for name in categories]


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "period": row.period,
        "notice": row.notice,
        "language": row.language,
        **_cells_json(columns_of(row.cells)),
        "granted": _cells_json(row.cells.granted),
    }


def _cells_json(cells: Mapping[str, Cell]) -> dict[str, int | str]:
    return {name: cell.number if cell.is_exact else str(cell) for name, cell in cells.items()}


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
