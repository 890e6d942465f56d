"""The statement of an evidence pack: one page for an authority, and the same as plain text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.limits import REFUSAL_RECORD_DAYS
from consent.export.archive import Written
from consent.export.chart import COLOURS, LABELS, chart_of
from consent.export.facts import Absent, PackFacts
from consent.export.inspection import FOLDER, STATES
from consent.export.pages import render_page

HTML, TEXT = "statement.html", "statement.txt"

_SELECTIONS = {
    "event": "only of the kind “{}”",
    "category": "only where “{}” was allowed",
    "language": "only in the language {}",
    "notice": "only of the notice {}",
    "provider": "only what was allowed for the recipient “{}”, and nothing of other categories",
}
_SHORT = 12
COMMAND_LINE = "cli:"  # before the name of an account of the operator's machine


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in the archive: where it is, what it is, and its digest if it is a single file."""

    path: str
    what: str
    sha256: str | None = None


def statement(facts: PackFacts, files: Mapping[str, Written]) -> dict[str, bytes]:
    """Return the statement by the names of its two files."""
    rows = facts.tally.by_month()
    values: dict[str, Any] = {
        "facts": facts,
        "period": _period(facts.wanted),
        "selection": _selection(facts.wanted),
        "absent": _counted(facts.absent),
        "rows": rows,
        "totals": facts.tally.totals,
        "labels": LABELS,
        "colours": COLOURS,
        "chart": chart_of(rows) if rows else None,
        "parts": _parts(files),
        "refusal_record_days": REFUSAL_RECORD_DAYS,
        "instant": instant,
        "asked_by": _asked_by(facts.officer),
        "states": STATES,
        "short": lambda digest: digest[:_SHORT],
    }
    return {name: render_page(name, **values).encode() for name in (HTML, TEXT)}


def instant(millis: int) -> str:
    """Return an instant as people read it."""
    return f"{dt.datetime.fromtimestamp(millis // 1000, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _asked_by(officer: str) -> str:
    account = officer.removeprefix(COMMAND_LINE)
    if account == officer:
        return f"asked for by {officer}"
    return f"asked for by the operator on the command line (user {account})"


def _period(wanted: Mapping[str, Any]) -> str:
    first, after = wanted.get("from"), wanted.get("to")
    if first is None and after is None:
        return "everything that is kept"
    parts = [f"from {_shortest(first)}"] if first else []
    parts += [f"to {_shortest(after)}, which is no longer part of it"] if after else []
    return f"{' '.join(parts)} (UTC)"


def _shortest(text: str) -> str:
    return text.removesuffix("T00:00:00.000Z").removesuffix(".000Z").replace("T", " ")


def _selection(wanted: Mapping[str, Any]) -> str:
    sites = wanted.get("site", ())
    parts = [f"site{'s' if len(sites) > 1 else ''} {', '.join(sites)}" if sites else "all sites"]
    parts += [words.format(wanted[key]) for key, words in _SELECTIONS.items() if key in wanted]
    return "; ".join(parts)


def _counted(absent: Absent) -> str:
    named = {
        "notice": absent.notices,
        "policy": absent.policies,
        "script or page": absent.builds,
    }
    return ", ".join(f"{what}: {len(digests)}" for what, digests in named.items() if digests)


def _parts(files: Mapping[str, Written]) -> list[Part]:
    """Return what the archive holds, folders as one where their files are many."""
    single = {
        "records/records.csv": "the records, for a spreadsheet",
        "records/records.jsonl": "the records, an object a line",
        "records/records.jsonld": "the records in the terms of ISO/IEC TS 27560 (JSON-LD, DPV)",
        "records/kantara.jsonl": "a Kantara consent receipt for each record that allows anything",
        "records/records.parquet": "the records, for analysis (Parquet)",
        "publications.json": "what each site brought into force, when",
    }
    parts = [Part(path, what, files[path].sha256) for path, what in single.items() if path in files]
    folders = {
        "notices/": "what was shown, word for word; each .json is named by its SHA-256",
        "policies/": "the cookie policies that went with it, named in the same way",
        "builds/": "the scripts and pages that showed it, named in the same way",
        "pictures/": "how it looked, as a browser drew it",
        FOLDER: "what a browser was seen to do in each state, as its inspector recorded it",
    }
    parts += [
        Part(folder, what)
        for folder, what in folders.items()
        if any(path.startswith(folder) for path in files)
    ]
    parts += [
        Part(path, "the signed head of the log", file.sha256)
        for path, file in files.items()
        if path.startswith("log/") and path.endswith("/checkpoint")
    ]
    return [*parts, Part("verify/README.md", "how to check all this, with our tool or without")]
