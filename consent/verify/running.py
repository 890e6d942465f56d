"""From what a person names to a report: read what was brought along, check each log, print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from consent.errors import ConsentError, RecordFormatError
from consent.verify.exports import exports_in
from consent.verify.files import Files, open_files
from consent.verify.findings import Findings, Kind
from consent.verify.kept import kept_notes
from consent.verify.log_check import Evidence, check_log, origin_of
from consent.verify.packs import PackReport, check_pack
from consent.verify.progress import shown_progress
from consent.verify.report import UNCHECKED, LogReport, Report, unchecked_as_json
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
    recoveries: Sequence[str] = ()


def read_evidence(brought: Brought) -> Evidence:
    """Return what was brought along; raise UnreadableError for what is not of its kind."""
    try:
        return Evidence(
            given=read_given([_text(path) for path in brought.policies], brought.vkeys),
            kept=[note for path in brought.checkpoints for note in _notes(path)],
            receipts=[_text(path) for path in brought.receipts],
            roots=read_roots([_text(path).encode() for path in brought.roots]),
            accepted=brought.recoveries,
        )
    except RecordFormatError as error:
        raise UnreadableError(f"what was given cannot be used: {error}") from error


def check_all(
    sources: Sequence[Source], evidence: Evidence, *, require_anchor: bool = False
) -> Report:
    """Check every log, showing progress; raise UnreadableError for what cannot be checked."""
    reports = [_check_source(source, evidence) for source in sources]
    _check_kept(reports, evidence)
    return Report(reports, require_anchor)


def check_path(path: Path, evidence: Evidence, *, require_anchor: bool = False) -> Report:
    """Check every log under a path, and the evidence pack that it is, if it is one."""
    with closing(open_files(path)) as files:
        pack = check_pack(files, evidence.given)
        if pack is None:
            return check_all(exports_in(files), evidence, require_anchor=require_anchor)
        reports = _check_logs_of(pack, files, evidence)
    if not pack.findings.fails(require_anchor=require_anchor):
        _check_kept(reports, evidence)
    return Report(reports, require_anchor, pack)


def run_check(
    check: Callable[[], Report],
    *,
    as_json: bool,
    write: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Make a check, write its report or why there is none, and return the exit code.

    What is checked can be made by somebody who wants the check to fail: whatever goes wrong ends
    in a sentence and the code for "not checked".
    """
    try:
        report = check()
    except ConsentError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 -- the reader is owed a verdict, not a traceback
        reason = f"the check broke off ({type(error).__name__}: {error})"
    else:
        print_report(report, as_json=as_json, write=write)
        return report.exit_code
    complain(f"NOT CHECKED: {_printable(reason)}")
    if as_json:
        write(json.dumps(unchecked_as_json(reason), indent=2))
    return UNCHECKED


def print_report(report: Report, *, as_json: bool, write: Callable[[str], None]) -> None:
    """Write a report, for a person or as JSON."""
    if as_json:
        write(json.dumps(report.as_json(), indent=2))
    else:
        write("\n".join(map(_printable, report.lines())))


def _check_logs_of(pack: PackReport, files: Files, evidence: Evidence) -> list[LogReport]:
    """Check the logs of a pack. One that cannot be checked is a finding: the pack has more."""
    reports: list[LogReport] = []
    if not pack.has_logs:
        return reports
    with _damage_found(pack.findings):
        for source in exports_in(files):
            with _damage_found(pack.findings):
                reports.append(_check_source(source, evidence))
    return reports


def _check_source(source: Source, evidence: Evidence) -> LogReport:
    with shown_progress("verifying") as progress:
        return check_log(source, evidence, progress)


def _check_kept(reports: Sequence[LogReport], evidence: Evidence) -> None:
    origins = {report.origin for report in reports}
    for origin in map(origin_of, (*evidence.kept, *evidence.receipts)):
        if origin not in origins:
            raise UnreadableError(f"what you kept is of log {origin!r}, which is not given here")


@contextmanager
def _damage_found(findings: Findings) -> Iterator[None]:
    try:
        yield
    except UnreadableError as error:
        findings.add(Kind.ALTERED, f"a log of the pack cannot be checked: {error}")


def _printable(line: str) -> str:
    """Return a line without what would steer a terminal, or pass for a line of its own."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)


def _text(path: Path) -> str:
    try:
        return _read(path).decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} cannot be read ({type(error).__name__})") from error


def _notes(path: Path) -> list[str]:
    try:
        return kept_notes(_read(path))
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} cannot be read ({type(error).__name__})") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read ({type(error).__name__})") from error
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableError(f"{path} is too large for what it should be")
    return data
