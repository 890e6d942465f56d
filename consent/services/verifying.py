"""Check the logs of the live database as a stranger checks an export, and what is beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from consent.audit.policies import Policy
from consent.errors import NotFoundError, RecordFormatError
from consent.services.live_checks import LiveChecks
from consent.services.live_log import LiveSource
from consent.services.sealing_head import StateFiles
from consent.store.database import AnySession
from consent.store.log import Log, find_state, list_logs
from consent.store.log_records import stream_log_records
from consent.store.log_sealing import has_remains
from consent.store.snapshots import begin_snapshot
from consent.verify.findings import Findings, Kind
from consent.verify.log_check import Evidence, origin_of
from consent.verify.report import LogReport, Report
from consent.verify.running import check_all
from consent.verify.sources import Scope, UnreadableError


def verify_database(
    session: AnySession,
    evidence: Evidence,
    *,
    state_files: StateFiles,
    outside: Policy | None = None,
    log_ids: Sequence[str] = (),
    require_anchor: bool = False,
    now: int | None = None,
) -> Report:
    """Return what the logs of the database show, all or those named, as of one instant.

    `outside` is the operator's policy of witnesses; nothing can be of later than `now`. The heads
    this machine remembers to have signed count as kept by the checker. Raises NotFoundError for a
    log that there is not, UnreadableError while nothing was ever sealed.
    """
    # Read before the snapshot, which so has everything that this machine remembers to have signed.
    remembered = _remembered(_chosen(session, log_ids), state_files)
    signed_here = {} if log_ids else _signed_here(state_files)
    begin_snapshot(session)
    try:
        checks = LiveChecks(session)
        logs = _chosen(session, log_ids)
        sources = {log: LiveSource(session, log, outside, checks, now) for log in logs}
        signed = [log for log in logs if sources[log].is_signed]
        robbed = [_robbed(log) for log in logs if log not in signed and _has_begun(session, log)]
        vanished = [] if log_ids else list(_vanished(session, logs, signed_here))
        if not signed and not robbed and not vanished:
            raise UnreadableError("nothing was sealed into any log yet: there is nothing to check")
        given = _without(evidence, {report.origin for report in robbed})
        own = [note for log in signed for note in remembered.get(log.origin, ())]
        given = replace(given, kept=[*given.kept, *own])
        report = check_all([sources[log] for log in signed], given, require_anchor=require_anchor)
        return replace(report, logs=[*report.logs, *robbed, *vanished])
    finally:
        session.rollback()


def _has_begun(session: AnySession, log: Log) -> bool:
    state = find_state(session, log.log_id)
    return (state is not None and state.size > 0) or has_remains(session, log.log_id)


def _without(evidence: Evidence, origins: set[str]) -> Evidence:
    """Leave out what is of logs that there is nothing to hold it against of."""
    return replace(
        evidence,
        kept=[note for note in evidence.kept if origin_of(note) not in origins],
        receipts=[note for note in evidence.receipts if origin_of(note) not in origins],
    )


def _chosen(session: AnySession, log_ids: Sequence[str]) -> list[Log]:
    logs = {log.log_id: log for log in list_logs(session)}
    for log_id in log_ids:
        if log_id not in logs:
            raise NotFoundError(f"there is no log {log_id}")
    return [logs[log_id] for log_id in log_ids or logs]


def _remembered(logs: Sequence[Log], state_files: StateFiles) -> dict[str, list[str]]:
    """Return what this machine remembers to have signed, by the origins of the logs."""
    try:
        notes = {
            log.origin: [state_files.read(log.log_id), state_files.of_counts.read(log.log_id)]
            for log in logs
        }
    except RecordFormatError as error:
        raise UnreadableError(str(error)) from error
    return {origin: [note for note in both if note is not None] for origin, both in notes.items()}


def _robbed(log: Log) -> LogReport:
    """Report a log with leaves and without a signature over them that can be read."""
    return _missing(log.origin, f"every checkpoint of log {log.log_id} was removed or spoiled")


def _signed_here(state_files: StateFiles) -> dict[str, Path]:
    """Return the origins of the logs that this machine has signed, with where it keeps that."""
    try:
        return {origin_of(note): path for path, note in state_files.all_notes()}
    except RecordFormatError as error:
        raise UnreadableError(str(error)) from error


def _vanished(
    session: AnySession, logs: Sequence[Log], signed_here: Mapping[str, Path]
) -> Iterator[LogReport]:
    """Report each log that this machine has signed, or another goes on from, and is not here."""
    known = {log.origin for log in logs}
    for origin, path in signed_here.items():
        if origin not in known:
            known.add(origin)
            yield _missing(
                origin,
                "this machine has signed it, and the database does not have it any more; what was "
                f"signed is in {path}",
            )
    for log in logs:
        for record in stream_log_records(session, log.log_id, "epoch"):
            previous = _previous_of(record.payload)
            if previous is not None and previous not in known:
                known.add(previous)
                text = f"log {log.log_id} goes on from it, and the database does not have it"
                yield _missing(previous, text)


def _previous_of(payload: bytes) -> str | None:
    try:
        match json.loads(payload):
            case {"previous": {"origin": str(origin)}}:
                return origin
    except ValueError:
        pass
    return None  # the check of the log itself says what is wrong with it


def _missing(origin: str, text: str) -> LogReport:
    findings = Findings()
    findings.add(Kind.MISSING, text)
    return LogReport(source="the live database", origin=origin, scope=Scope.ALL, findings=findings)
