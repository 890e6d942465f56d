"""Check an evidence pack as a whole: that its files are those that were made, and who says so."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.encoding import encode_base64
from consent.audit.notes import NoteVerifier, split_note
from consent.audit.packs import PackNote, export_key_name, open_pack
from consent.audit.policies import Policy, parse_policy
from consent.errors import RecordFormatError
from consent.verify.exports import CHECKPOINT, MANIFEST, MAX_TEXT_BYTES, POLICY
from consent.verify.files import Files, is_plain
from consent.verify.findings import Findings, Kind
from consent.verify.sources import UnreadableError
from consent.verify.trust import Given, trust_for

NOTE = "manifest.note"
TYPE = "consent-evidence"

MAX_MANIFEST_BYTES = 256 * 1024 * 1024
READ_BYTES = 1024 * 1024

_OF_LOG = re.compile(r"(?:(?P<folder>.*?)/)?(?:checkpoint|checkpoints/[^/]+|tile/.+)")
_OF_PACK = re.compile(
    r"(?:.*/)?(?:statement\.(?:[a-z]+\.)?(?:html|txt)|records/records\.(?:csv|jsonl))"
)


@dataclass(slots=True)
class PackReport:
    """What was seen of a pack beside its logs. `signed_by` are the names that signed it.

    `has_logs` is false where no file of a log lies in it. How many `records` it holds, how many of
    them are `covered` by its logs, and whether it was made without what opens them is what its
    manifest says; None where it says nothing of that.
    """

    export: str
    made_at: str
    files: int
    has_logs: bool
    records: int | None = None
    covered: int | None = None
    is_rekeyed: bool = False
    signed_by: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    notes: list[str] = field(default_factory=list)


def check_pack(files: Files, given: Given) -> PackReport | None:
    """Return what was found; None where there is no pack, but a log alone.

    Raise UnreadableError where it is a pack whose manifest is not there, or cannot be read.
    """
    content = _read(files, MANIFEST, MAX_MANIFEST_BYTES)
    manifest = {} if content is None else _parse(content)
    if content is None or manifest.get("type") != TYPE:
        _check_no_pack(files)
        return None
    names = set(files.names())
    folders = {match["folder"] or "" for match in map(_OF_LOG.fullmatch, names) if match}
    listed = manifest["files"]
    report = PackReport(
        manifest["export"],
        manifest["made_at"],
        len(listed),
        bool(folders),
        records=_counted(manifest.get("rows")),
        covered=_covered(manifest["logs"]),
        is_rekeyed="reason" in manifest and manifest["reason"] is None,
    )
    for name, file in listed.items():
        _check_file(files, name, file, report.findings)
    for name in sorted(names - listed.keys() - {MANIFEST, NOTE}):
        report.findings.add(Kind.ALTERED, f"{name} is there and the manifest does not name it")
    _check_logs(files, manifest["logs"], folders, report.findings)
    report.notes += [
        f"nothing of the log {log['origin']} was published when the pack was made"
        for log in manifest["logs"]
        if log["size"] is None
    ]
    _check_note(files, manifest, hashlib.sha256(content).digest(), given, report)
    return report


def _covered(logs: list[dict[str, Any]]) -> int | None:
    """Return how many records the logs have, by the manifest; None unless each log says so."""
    counts = [_counted(log.get("records_covered")) for log in logs]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _counted(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def _check_no_pack(files: Files) -> None:
    """Refuse what would pass for a log alone, while nobody looks at the records beside it."""
    for name in files.names():
        if _OF_PACK.fullmatch(name):
            raise UnreadableError(
                f"{files.name} has {name}, as an evidence pack does, and no manifest of one at "
                "its top: name the pack itself, or ask for a whole one"
            )


def _check_file(files: Files, name: str, listed: dict[str, Any], findings: Findings) -> None:
    if not is_plain(name):
        findings.add(Kind.ALTERED, f"the manifest names {name!r}, which is no name of a file")
        return
    digest, size = hashlib.sha256(), 0
    try:
        file = files.open(name)
        if file is None:
            findings.add(Kind.MISSING, f"{name} is named by the manifest and is not there")
            return
        with file:
            while size <= listed["size"] and (chunk := file.read(READ_BYTES)):
                digest.update(chunk)
                size += len(chunk)
    except UnreadableError as error:
        findings.add(Kind.ALTERED, f"{name} is damaged: {error}")
        return
    if (size, digest.hexdigest()) != (listed["size"], listed["sha256"]):
        findings.add(Kind.ALTERED, f"{name} is not the file that the manifest names")


def _check_logs(
    files: Files, logs: list[dict[str, Any]], folders: set[str], findings: Findings
) -> None:
    """The logs that are there are those that the manifest names, and stand as it says."""
    named = {log["folder"]: log for log in logs if log["size"] is not None}
    for folder in sorted(folders - named.keys()):
        findings.add(
            Kind.ALTERED, f"a log is in the folder {folder!r} that the manifest does not name"
        )
    for folder, log in named.items():
        try:
            content = _read(files, f"{folder}/{CHECKPOINT}", MAX_TEXT_BYTES)
            policy = _read(files, f"{folder}/{POLICY}", MAX_TEXT_BYTES)
        except UnreadableError as error:
            findings.add(Kind.ALTERED, f"the log {log['origin']} is damaged: {error}")
            continue
        if content is None or policy is None:
            findings.add(
                Kind.MISSING, f"the log {log['origin']} is named by the manifest and is not there"
            )
        elif not _is_head(content, log):
            findings.add(
                Kind.ALTERED,
                f"the log in {folder} is not the one of {log['origin']} that the manifest names",
            )


def _is_head(content: bytes, log: dict[str, Any]) -> bool:
    try:
        head = parse_checkpoint(split_note(content.decode())[0])
    except (RecordFormatError, UnicodeDecodeError):
        return False
    claimed = log["origin"], log["size"], log.get("root")
    return claimed == (head.origin, head.size, encode_base64(head.root))


def _check_note(
    files: Files, manifest: dict[str, Any], digest: bytes, given: Given, report: PackReport
) -> None:
    """Check the signature of each log. What nobody has signed who is known, anybody can alter."""
    try:
        content = _read(files, NOTE, MAX_TEXT_BYTES)
    except UnreadableError as error:
        report.findings.add(Kind.ALTERED, f"{NOTE} is damaged: {error}")
        return
    if content is None:
        concerned = "" if manifest["logs"] or report.has_logs else ": no log is concerned"
        report.findings.add(
            Kind.BAD_SIGNATURE,
            f"the manifest is not signed{concerned}. Nothing shows that the pack is as it was made",
        )
        return
    for log in manifest["logs"]:
        _check_signature(files, log, content, (report.export, digest), given, report)
    if not report.signed_by and not report.findings.counts[Kind.BAD_SIGNATURE]:
        report.findings.add(Kind.BAD_SIGNATURE, "nobody whose key is known signed the manifest")


def _check_signature(
    files: Files,
    log: dict[str, Any],
    content: bytes,
    wanted: tuple[str, bytes],
    given: Given,
    report: PackReport,
) -> None:
    keys = list(_keys(files, log, given))
    name = export_key_name(log["origin"])
    if not keys:
        told = f"no key is known that {name} signs with"
        if log["size"] is None:  # nothing of it is here, its key neither
            report.notes.append(told)
        else:
            report.findings.add(Kind.BAD_SIGNATURE, told)
        return
    try:
        note = _open_any(keys, content.decode())
    except (RecordFormatError, UnicodeDecodeError) as error:
        report.findings.add(Kind.BAD_SIGNATURE, f"{NOTE}: {error}")
        return
    if (note.export_id, note.manifest) != wanted:
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
    try:
        text = _read(files, f"{log['folder']}/{POLICY}", MAX_TEXT_BYTES)
    except UnreadableError:
        text = None
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
            return all(map(_is_file, files.values())) and all(map(_is_log, logs))
    return False


def _is_file(file: object) -> bool:
    match file:
        case {"size": int(), "sha256": str()}:
            return True
    return False


def _is_log(log: object) -> bool:
    match log:
        case {"origin": str(), "folder": str(), "size": int() | None}:
            return True
    return False


def _read(files: Files, path: str, limit: int) -> bytes | None:
    file = files.open(path)
    if file is None:
        return None
    with file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise UnreadableError(f"{path} is larger than such a file can be")
    return content
