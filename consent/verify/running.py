"""From what a person names to a report: read what was brought along, check each log, print."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from consent.errors import RecordFormatError
from consent.verify.exports import open_exports
from consent.verify.log_check import Evidence, check_log, origin_of
from consent.verify.packs import check_pack
from consent.verify.progress import shown_progress
from consent.verify.report import Report
from consent.verify.sources import Source, UnreadableError
from consent.verify.stamps import read_roots
from consent.verify.trust import read_given

MAX_FILE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Brought:
    """The files and keys that were named beside the log itself."""

    policies: Sequence[Path] = ()
    vkeys: Sequence[str] = ()
    checkpoints: Sequence[Path] = ()
    receipts: Sequence[Path] = ()
    roots: Sequence[Path] = ()


def read_evidence(brought: Brought) -> Evidence:
    """Return what was brought along; raise UnreadableError for what is not of its kind."""
    try:
        return Evidence(
            given=read_given([_text(path) for path in brought.policies], brought.vkeys),
            kept=[_text(path) for path in brought.checkpoints],
            receipts=[_text(path) for path in brought.receipts],
            roots=read_roots([_text(path).encode() for path in brought.roots]),
        )
    except RecordFormatError as error:
        raise UnreadableError(f"what was given cannot be used: {error}") from error


def check_all(
    sources: Sequence[Source], evidence: Evidence, *, require_anchor: bool = False
) -> Report:
    """Check every log, showing progress; raise UnreadableError for what cannot be checked."""
    reports = []
    for source in sources:
        with shown_progress("verifying") as progress:
            reports.append(check_log(source, evidence, progress))
    origins = {report.origin for report in reports}
    for origin in map(origin_of, (*evidence.kept, *evidence.receipts)):
        if origin not in origins:
            raise UnreadableError(f"what you kept is of log {origin!r}, which is not given here")
    return Report(reports, require_anchor)


def check_path(path: Path, evidence: Evidence, *, require_anchor: bool = False) -> Report:
    """Check every log under a path, and the evidence pack that it is, if it is one."""
    pack = check_pack(path, evidence.given)
    sources = open_exports(path) if pack is None or pack.has_logs else []
    return replace(check_all(sources, evidence, require_anchor=require_anchor), pack=pack)


def print_report(report: Report, *, as_json: bool, write: Callable[[str], None]) -> None:
    """Write a report, for a person or as JSON."""
    if as_json:
        write(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
    else:
        write("\n".join(report.lines()))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise UnreadableError(f"{path} is too large for what it should be")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path} cannot be read ({type(error).__name__})") from error
