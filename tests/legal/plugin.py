"""List which rows of the legal checklist have a passing test, and which have none.

A test names the rows it holds by `@pytest.mark.legal("BF-01", …)`. A row counts as held when at
least one test names it and every test that does passed. The list ends each run of the whole suite.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

PROPERTY = "legal"
ROWS_FILE = Path(__file__).with_name("checklist.tsv")
WHOLE_SUITE = 400  # fewer tests than this were selected on purpose


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the checklist: its id, part, severity and requirement."""

    id: str
    part: str
    severity: str
    requirement: str


def load_rows() -> list[Row]:
    with ROWS_FILE.open(encoding="utf-8", newline="") as file:
        return [
            Row(**line) for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Refuse ids that the checklist does not have, and pass the others on to the reports."""
    known = {row.id for row in load_rows()}
    for item in items:
        ids = [str(id_) for marker in item.iter_markers("legal") for id_ in marker.args]
        unknown = sorted(set(ids) - known)
        if unknown:
            raise pytest.UsageError(f"{item.nodeid}: no row of the checklist is {unknown}")
        item.user_properties.append((PROPERTY, " ".join(ids)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the rows by part, at the end of a run of the whole suite."""
    outcomes: defaultdict[str, set[str]] = defaultdict(set)
    count = 0
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            count += 1
            for name, ids in getattr(report, "user_properties", ()):
                for id_ in ids.split() if name == PROPERTY else ():
                    outcomes[id_].add(outcome)
    if count >= WHOLE_SUITE:
        terminalreporter.section("rows of the legal checklist")
        for line in summary_lines(load_rows(), outcomes):
            terminalreporter.write_line(line)


def summary_lines(rows: Sequence[Row], outcomes: dict[str, set[str]]) -> Iterable[str]:
    """Return, for each part and severity, how many rows are held and which are not."""
    for part in dict.fromkeys(row.part for row in rows):
        for severity in ("must", "should", "nice"):
            of_part = [row for row in rows if (row.part, row.severity) == (part, severity)]
            if not of_part:
                continue
            held = [row.id for row in of_part if outcomes.get(row.id) == {"passed"}]
            failed = [row.id for row in of_part if outcomes.get(row.id, set()) - {"passed"}]
            untested = [row.id for row in of_part if row.id not in outcomes]
            line = f"{part} {severity:<6} {len(held)}/{len(of_part)} with a passing test"
            line += f"; FAILED: {' '.join(failed)}" if failed else ""
            line += f"; none yet: {' '.join(untested)}" if untested else ""
            yield line
