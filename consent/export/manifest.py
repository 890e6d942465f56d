"""The manifest of an evidence pack: what it is, and each file's size and SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from consent.audit.notes import NoteSigner
from consent.audit.packs import PackNote, sign_pack
from consent.core.model import EventName
from consent.core.times import rfc3339
from consent.export.archive import Written
from consent.export.facts import PackFacts

MANIFEST, NOTE, SUMS = "manifest.json", "manifest.note", "SHA256SUMS"
VERSION = 1


def sums_bytes(files: Mapping[str, Written]) -> bytes:
    """Return the digests of the files written so far in the form of sha256sum."""
    return "".join(f"{file.sha256}  {name}\n" for name, file in files.items()).encode()


def manifest_bytes(facts: PackFacts, files: Mapping[str, Written]) -> bytes:
    """Return the manifest of the files written so far."""
    totals = facts.tally.totals
    record: dict[str, Any] = {
        "v": VERSION,
        "type": "consent-evidence",
        "export": facts.export_id,
        "made_at": rfc3339(facts.made_at),
        "made_by": facts.officer,
        "generator": facts.generator,
        "filter": dict(facts.wanted),
        "purpose": facts.purpose,
        "reason": facts.reason,
        "pseudonyms": "keyed anew" if facts.is_rekeyed else "as stored",
        "rows": facts.rows,
        "counts": {name.value: totals[name] for name in EventName},
        "tests": facts.tally.tests,
        "logs": [log.as_record() for log in facts.logs],
        "absent": facts.absent.as_record(),
        **({} if facts.attached is None else {"inspection": facts.attached.as_record()}),
        "files": {name: {"size": file.size, "sha256": file.sha256} for name, file in files.items()},
    }
    return json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n"


def manifest_note(facts: PackFacts, manifest: bytes, signers: Sequence[NoteSigner]) -> bytes:
    """Return the signed note over a manifest."""
    digest = hashlib.sha256(manifest).digest()
    return sign_pack(signers, PackNote(facts.export_id, digest, facts.made_at)).encode()
