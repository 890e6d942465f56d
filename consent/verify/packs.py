"""Check an evidence pack as a whole: that its files are those that were made, and who says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consent.audit.notes import NoteVerifier
from consent.audit.packs import PackNote, export_key_name, open_pack
from consent.audit.policies import Policy, parse_policy
from consent.errors import RecordFormatError
from consent.verify.exports import MANIFEST, MAX_TEXT_BYTES, POLICY
from consent.verify.files import Files, open_files
from consent.verify.findings import Findings, Kind
from consent.verify.sources import UnreadableError
from consent.verify.trust import Given, trust_for

NOTE = "manifest.note"
TYPE = "consent-evidence"

MAX_MANIFEST_BYTES = 256 * 1024 * 1024
READ_BYTES = 1024 * 1024


@dataclass(slots=True)
class PackReport:
    """What was seen of a pack beside its logs. `signed_by` are the names that signed it.

    `has_logs` is false where nothing of its logs was published when it was made.
    """

    export: str
    made_at: str
    files: int
    has_logs: bool
    signed_by: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    notes: list[str] = field(default_factory=list)


def check_pack(path: Path, given: Given) -> PackReport | None:
    """Return what was found; None where there is no pack, but a log alone."""
    files = open_files(path)
    content = _read(files, MANIFEST, MAX_MANIFEST_BYTES)
    if content is None:
        return None
    manifest = _parse(content)
    if manifest.get("type") != TYPE:
        return None
    listed = manifest["files"]
    has_logs = any(log.get("size") is not None for log in manifest["logs"])
    report = PackReport(manifest["export"], manifest["made_at"], len(listed), has_logs)
    for name, file in listed.items():
        _check_file(files, name, file, report.findings)
    others = sum(1 for name in files.names() if name not in listed) - len({MANIFEST, NOTE})
    if others > 0:
        report.notes.append(f"{others} files are there that the manifest does not name")
    _check_note(files, manifest, hashlib.sha256(content).digest(), given, report)
    return report


def _check_file(files: Files, name: str, listed: dict[str, Any], findings: Findings) -> None:
    file = files.open(name)
    if file is None:
        findings.add(Kind.MISSING, f"{name} is named by the manifest and is not there")
        return
    digest, size = hashlib.sha256(), 0
    with file:
        while chunk := file.read(READ_BYTES):
            digest.update(chunk)
            size += len(chunk)
    if (size, digest.hexdigest()) != (listed["size"], listed["sha256"]):
        findings.add(Kind.ALTERED, f"{name} is not the file that the manifest names")


def _check_note(
    files: Files, manifest: dict[str, Any], digest: bytes, given: Given, report: PackReport
) -> None:
    """Check the signature of each log; a pack of which no log is signed yet can have none."""
    content = _read(files, NOTE, MAX_TEXT_BYTES)
    if content is None:
        report.notes.append("the manifest is not signed: no log is concerned")
        return
    for log in manifest["logs"]:
        keys = list(_keys(files, log, given))
        name = export_key_name(log["origin"])
        if not keys:
            report.notes.append(f"no key is known that {name} signs with")
            continue
        try:
            note = _open_any(keys, content.decode())
        except (RecordFormatError, UnicodeDecodeError) as error:
            report.findings.add(Kind.BAD_SIGNATURE, f"{NOTE}: {error}")
            continue
        if note.manifest != digest or note.export_id != report.export:
            report.findings.add(Kind.ALTERED, f"{MANIFEST} is not the one that {name} signed")
        report.signed_by.append(name)


def _open_any(keys: list[NoteVerifier], note: str) -> PackNote:
    """Return what the first key that did has signed; raise RecordFormatError if none did."""
    faults = []
    for key in keys:
        try:
            return open_pack(key, note)
        except RecordFormatError as error:
            faults.append(error)
    raise faults[-1]


def _keys(files: Files, log: dict[str, Any], given: Given) -> Iterator[NoteVerifier]:
    """Yield the receipt keys of a log, those from outside before its own, newest first."""
    text = _read(files, f"{log['folder']}/{POLICY}", MAX_TEXT_BYTES)
    own = None if text is None else _policy(text)
    for key in reversed(trust_for(log["origin"], own, given).policy.receipt_keys):
        yield NoteVerifier(export_key_name(log["origin"]), key.public)


def _policy(text: bytes) -> Policy | None:
    try:
        return parse_policy(text.decode())
    except (RecordFormatError, UnicodeDecodeError):
        return None  # the check of the log itself says so


def _parse(content: bytes) -> dict[str, Any]:
    """Return the manifest; raise UnreadableError unless it is one that can be worked with."""
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{MANIFEST} is not JSON") from error
    if not isinstance(manifest, dict):
        raise UnreadableError(f"{MANIFEST} is no manifest")
    if manifest.get("type") == TYPE and not _is_whole(manifest):
        raise UnreadableError(f"{MANIFEST} is not that of an evidence pack")
    return manifest


def _is_whole(manifest: dict[str, Any]) -> bool:
    match manifest:
        case {
            "export": str(),
            "made_at": str(),
            "files": dict(files),
            "logs": list(logs),
        }:
            named = all(
                isinstance(file, dict) and {"size", "sha256"} <= file.keys()
                for file in files.values()
            )
            return named and all(
                isinstance(log, dict)
                and isinstance(log.get("origin"), str)
                and isinstance(log.get("folder"), str)
                for log in logs
            )
    return False


def _read(files: Files, path: str, limit: int) -> bytes | None:
    file = files.open(path)
    if file is None:
        return None
    with file:
        return file.read(limit)
