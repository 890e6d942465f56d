"""What a check says at its end: for a person, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consent.verify.findings import SHOWN_OF_EACH_KIND, Finding, Findings, Kind
from consent.verify.packs import PackReport
from consent.verify.sources import Scope
from consent.verify.summary import records_opened, summary_of

REPORT_VERSION = 1

OK, FOUND, UNCHECKED = 0, 1, 2  # exit codes

_WORDS = {OK: "ok", FOUND: "findings", UNCHECKED: "unchecked"}


@dataclass(slots=True)
class LogReport:
    """What was seen of one log, and what was found. Instants are RFC 3339."""

    source: str
    origin: str
    scope: Scope
    size: int = 0
    signed_at: str | None = None
    checkpoints: int = 0
    opened: int = 0
    records_opened: int = 0  # of those, how many are a visitor's choice
    disposed: Mapping[str, int] = field(default_factory=dict)
    unopened: int = 0
    keys_from_outside: Sequence[str] = ()
    witnessed: int = 0
    stamps_checked: int = 0
    stamps_unchecked: int = 0
    anchored_at: str | None = None
    findings: Findings = field(default_factory=Findings)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """The reports of all logs that were given, and of the evidence pack they came in."""

    logs: Sequence[LogReport]
    require_anchor: bool = False
    pack: PackReport | None = None

    @property
    def exit_code(self) -> int:
        found = [log.findings for log in self.logs]
        found += [] if self.pack is None else [self.pack.findings]
        fails = any(findings.fails(require_anchor=self.require_anchor) for findings in found)
        return FOUND if fails else OK

    def as_json(self) -> dict[str, Any]:
        return {
            "v": REPORT_VERSION,
            "verdict": _WORDS[self.exit_code],
            "logs": [_log_as_json(log) for log in self.logs],
            "pack": None if self.pack is None else _pack_as_json(self.pack, self.logs),
        }

    def lines(self) -> Iterator[str]:
        """Give the report as lines of text."""
        if self.pack is not None:
            yield f"In short     {summary_of(self.pack, self.logs)}"
            yield from _pack_lines(self.pack)
        for log in self.logs:
            yield from _log_lines(log)
        if self.exit_code == OK:
            yield "OK: nothing was found that contradicts what was signed."
        else:
            yield "NOT OK: see the findings above."


def unchecked_as_json(reason: str) -> dict[str, Any]:
    """Return what stands in the place of a report where there is none."""
    return {
        "v": REPORT_VERSION,
        "verdict": _WORDS[UNCHECKED],
        "error": reason,
        "logs": [],
        "pack": None,
    }


def _log_as_json(log: LogReport) -> dict[str, Any]:
    return {
        "source": log.source,
        "origin": log.origin,
        "openings": log.scope.value,
        "size": log.size,
        "signed_at": log.signed_at,
        "checkpoints": log.checkpoints,
        "opened": log.opened,
        "records_opened": log.records_opened,
        "disposed": dict(sorted(log.disposed.items())),
        "unopened": log.unopened,
        "keys_from_outside": list(log.keys_from_outside),
        "witnessed": log.witnessed,
        "time_stamps": {"checked": log.stamps_checked, "not_checked": log.stamps_unchecked},
        "anchored_at": log.anchored_at,
        "counts": {kind.value: count for kind, count in sorted(log.findings.counts.items())},
        "findings": [_finding_as_json(finding) for finding in log.findings],
        "notes": log.notes,
    }


def _pack_as_json(pack: PackReport, logs: Sequence[LogReport]) -> dict[str, Any]:
    return {
        "summary": summary_of(pack, logs),
        "export": pack.export,
        "made_at": pack.made_at,
        "records": pack.records,
        "records_opened": records_opened(logs),
        "files": pack.files,
        "signed_by": pack.signed_by,
        "counts": {kind.value: count for kind, count in sorted(pack.findings.counts.items())},
        "findings": [_finding_as_json(finding) for finding in pack.findings],
        "notes": pack.notes,
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    values = {
        "type": finding.kind.value,
        "text": finding.text,
        "leaf": finding.leaf,
        "record": finding.record,
        "size": finding.size,
    }
    return {key: value for key, value in values.items() if value is not None}


def _log_lines(log: LogReport) -> Iterator[str]:
    yield f"Log          {log.origin}"
    yield f"Read from    {log.source}"
    signed = "" if log.signed_at is None else f", signed as of {log.signed_at}"
    yield f"Size         {log.size} leaves{signed}"
    yield f"Checkpoints  {log.checkpoints}"
    choices = f"of which {log.records_opened} are visitors' choices"
    yield f"Records      {log.opened} opened, {choices}{_disposed(log)}"
    if log.unopened:
        yield f"             {log.unopened} leaves were not opened: nothing is said of them"
    yield f"Keys         {_keys(log)}"
    yield f"Anchors      {_anchors(log)}"
    yield from _finding_lines(log.notes, log.findings)


def _pack_lines(pack: PackReport) -> Iterator[str]:
    yield f"Evidence     export {pack.export}, made {pack.made_at}"
    yield f"Files        {pack.files}"
    yield f"Signed by    {', '.join(pack.signed_by) or 'nobody whose key is known'}"
    yield from _finding_lines(pack.notes, pack.findings)


def _finding_lines(notes: Sequence[str], findings: Findings) -> Iterator[str]:
    yield from (f"Note         {note}" for note in notes)
    for finding in findings:
        mark = "WARNING" if finding.kind is Kind.UNANCHORED else "FINDING"
        yield f"{mark}      {finding.kind.value}: {finding.text}"
    for kind, count in findings.counts.items():
        if count > SHOWN_OF_EACH_KIND:
            yield f"             … and {count - SHOWN_OF_EACH_KIND} more of type {kind.value}"
    yield ""


def _disposed(log: LogReport) -> str:
    return "".join(f", {count} {reason}" for reason, count in sorted(log.disposed.items()))


def _keys(log: LogReport) -> str:
    if "log" in log.keys_from_outside:
        return f"given from outside for: {', '.join(log.keys_from_outside)}"
    return (
        "those the log itself came with. They were NOT checked against anything: give the "
        "policy or key that you got by another way (--policy, --vkey)"
    )


def _anchors(log: LogReport) -> str:
    if log.anchored_at is None:
        return "none that was checked"
    parts = [f"{log.witnessed} checkpoints with enough witnesses"] if log.witnessed else []
    parts += [f"{log.stamps_checked} time-stamps"] if log.stamps_checked else []
    return f"{' and '.join(parts)}, the newest over the checkpoint of {log.anchored_at}"
