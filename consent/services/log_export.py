"""Write a log as files that anyone can check, mirror or recover from: its tree, its signed heads,
its own records, and the openings of consent records only where a reason is named.

One head is chosen first and everything is cut to it, so that what is written fits together while
the log goes on growing. Nothing is held in memory but one tile or a few records.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.notes import NoteSigner
from consent.audit.packs import PackNote, export_key_name, sign_pack
from consent.audit.policies import Policy, format_policy
from consent.audit.tiles import Tile, cut, tile_widths
from consent.core.ids import uuid7
from consent.core.ranges import ranges_of
from consent.core.times import rfc3339
from consent.errors import NotFoundError, NotPermittedError, ProofError, RuleError
from consent.export.chunks import gather
from consent.services.proving import log_policy
from consent.services.told_disposals import told_disposals
from consent.store import verification as store
from consent.store import verification_documents as documents
from consent.store.action_counts import stream_counts
from consent.store.database import AnySession, write_transaction
from consent.store.events import EventFilter, stream_openings
from consent.store.log import Log, find_log
from consent.store.log_anchors import served_note
from consent.store.log_heads import StoredCheckpoint, latest_published
from consent.store.officers import Officer, record_action
from consent.store.restriction import hidden_leaves
from consent.store.snapshots import begin_snapshot
from consent.store.verification_actions import stream_sealed
from consent.verify.exports import (
    CHECKPOINT,
    COUNTS,
    DISPOSALS,
    HIDDEN,
    MANIFEST,
    NOTE,
    POLICY,
    RECORDS,
)
from consent.verify.sources import Opening, Scope

CREATE, FINISH, ABORT = "log_export:create", "log_export:finish", "log_export:abort"

VERSION = 1

EVERYTHING = EventFilter()

File = tuple[str, Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class LogCut:
    """A log as of one published head. `made_at` is in milliseconds.

    `opened` says which consent records are opened beside the log's own; None is none of them.
    """

    log: Log
    head: StoredCheckpoint
    outside: Policy | None
    opened: EventFilter | None
    made_at: int

    @property
    def scope(self) -> Scope:
        if self.opened is None:
            return Scope.LOG
        return Scope.ALL if self.opened == EVERYTHING else Scope.SOME


@dataclass(frozen=True, slots=True)
class RecordedExport:
    """An export of a log that opens consent records, as it was recorded."""

    id: str
    officer: str
    log_id: str


def cut_log(
    session: AnySession,
    log_id: str,
    *,
    outside: Policy | None = None,
    opened: EventFilter | None = None,
    now: int,
) -> LogCut:
    """Begin a snapshot, and return a log as of its newest published head.

    `outside` is the operator's policy of witnesses. Raises NotFoundError where there is nothing
    to export.
    """
    begin_snapshot(session)
    return cut_within(session, log_id, outside=outside, opened=opened, now=now)


def cut_within(
    session: AnySession,
    log_id: str,
    *,
    outside: Policy | None = None,
    opened: EventFilter | None = None,
    now: int,
) -> LogCut:
    """Do what `cut_log` does, within a snapshot that has begun."""
    log = find_log(session, log_id)
    head = latest_published(session, log_id)
    if log is None:
        raise NotFoundError(f"there is no log {log_id}")
    if head is None:
        raise NotFoundError(f"nothing of log {log_id} was published yet")
    return LogCut(log, head, outside, opened, now)


def log_files(session: AnySession, wanted: LogCut, key: Ed25519PrivateKey) -> Iterator[File]:
    """Yield every file of the export with its content, which is read when it is asked for.

    The newest key of receipts signs what the log's own signatures do not cover. The head comes
    last: who sees it finds everything that it signs.
    """
    log_id, size = wanted.log.log_id, wanted.head.size
    digests: dict[str, str] = {}
    for tile in tile_widths(size):
        yield tile.path, _tile(session, log_id, tile)
    yield RECORDS, _digested(digests, RECORDS, gather(_records(session, wanted)))
    yield DISPOSALS, _digested(digests, DISPOSALS, gather(_disposals(session, wanted)))
    if wanted.scope is Scope.ALL:
        yield COUNTS, _digested(digests, COUNTS, gather(_counts(session, wanted)))
    yield HIDDEN, _digested(digests, HIDDEN, [_hidden(session, wanted)])
    yield from _notices(session, wanted)
    yield from _anchors(session, wanted)
    yield from _heads(session, wanted)
    policy = log_policy(session, log_id, wanted.outside)
    yield POLICY, [format_policy(policy).encode()]
    manifest = _manifest(session, wanted, digests)
    yield MANIFEST, [manifest]
    yield NOTE, [_signed(wanted, manifest, key)]
    yield CHECKPOINT, [served_note(session, wanted.head).encode()]


def count_tiles(wanted: LogCut) -> int:
    """Return how many tiles an export has, to show how far it is."""
    return sum(1 for _ in tile_widths(wanted.head.size))


def start_recorded(
    session: AnySession, log_id: str, reason: str | None, *, officer: Officer, now: int
) -> RecordedExport:
    """Record that somebody exports the openings of a log, before the first byte of it.

    A log is of one controller with all of its sites. Raises RuleError without a reason,
    NotPermittedError for an officer of only some sites.
    """
    if reason is None or not reason.strip():
        raise RuleError("opening the records of visitors needs a reason (--reason); it is recorded")
    if not officer.sees_all_sites:
        raise NotPermittedError("only an officer of all sites may open a whole log")
    export = RecordedExport(uuid7(now, os.urandom(10)), officer.name, log_id)
    _record(session, export, CREATE, {"log": log_id, "reason": reason}, now)
    return export


def end_recorded(
    session: AnySession, export: RecordedExport, wanted: LogCut | None, *, now: int
) -> None:
    """Record how an export ended: what it had, or, without that, that it was broken off."""
    if wanted is None:
        _record(session, export, ABORT, {}, now)
    else:
        _record(session, export, FINISH, {"size": wanted.head.size}, now)


def _tile(session: AnySession, log_id: str, tile: Tile) -> Iterator[bytes]:
    data = store.read_tile(session, log_id, tile.level, tile.n)
    if data is None:
        raise ProofError(f"{tile.path} of log {log_id} is missing; run `consent verify`")
    yield cut(tile, data)


def _records(session: AnySession, wanted: LogCut) -> Iterator[str]:
    """Give the log's own records and the opened ones; those of officers only among all of them."""
    log_id, size = wanted.log.log_id, wanted.head.size
    parts = [store.stream_own_leaves(session, log_id, size), _opened(session, wanted)]
    if wanted.scope is Scope.ALL:
        parts.append(stream_sealed(session, log_id, size))
    for leaf, record, salt in heapq.merge(*parts):
        yield _line(leaf, record, salt)


def _opened(session: AnySession, wanted: LogCut) -> Iterator[tuple[int, bytes, bytes]]:
    if wanted.opened is None:
        return
    for leaf, stored in stream_openings(session, wanted.log.log_id, wanted.opened):
        if leaf < wanted.head.size:
            yield leaf, stored.payload.encode(), stored.salt


def _disposals(session: AnySession, wanted: LogCut) -> Iterator[str]:
    """Give the disposals alone; at the end, without a leaf, those the head does not cover yet."""
    log_id, size = wanted.log.log_id, wanted.head.size
    for leaf, record, salt in store.stream_own_leaves(session, log_id, size, type_="disposal"):
        yield _line(leaf, record, salt)
    for told in told_disposals(session, wanted.log, sealed=size):
        if isinstance(told, Opening):
            yield _line(None, told.record, told.salt)


def _counts(session: AnySession, wanted: LogCut) -> Iterator[str]:
    """Give the signed counts of officers' acts, without which none would be missed."""
    for size, note in stream_counts(session, wanted.log.log_id, until=wanted.head.size):
        yield json.dumps({"size": size, "note": note}, separators=(",", ":")) + "\n"


def _hidden(session: AnySession, wanted: LogCut) -> bytes:
    """Return what keeps erased records hidden when a backup brings them back."""
    hidden = hidden_leaves(session, wanted.log.log_id, below=wanted.head.size)
    return f"{json.dumps(hidden)}\n".encode()


def _notices(session: AnySession, wanted: LogCut) -> Iterator[File]:
    """Yield the notices that the log names: by their texts it is known how long proof is kept."""
    configs = documents.list_configs(session, [wanted.log.log_id])
    for digest in sorted({str(config.get("notice")) for config in configs}):
        text = documents.notice_text(session, digest)
        if text is not None:
            yield f"notices/{digest}.json", [text.encode()]


def _anchors(session: AnySession, wanted: LogCut) -> Iterator[File]:
    until = wanted.head.size, wanted.head.created
    rows = store.stream_anchor_rows(session, wanted.log.log_id, witnesses=False)
    before, count = None, 0
    for size, created, kind, blob in rows:
        if (size, created) > until:
            return
        count = count + 1 if before == (size, created) else 1
        before = size, created
        ending = ".tsr" if kind == "rfc3161" else ""
        yield f"anchors/{size:016}-{created:014}-{kind}-{count}{ending}", [blob]


def _heads(session: AnySession, wanted: LogCut) -> Iterator[File]:
    until = wanted.head.size, wanted.head.created
    for size, created, note in store.stream_served(session, wanted.log.log_id, until=until):
        yield f"checkpoints/{size:016}-{created:014}", [note.encode()]


def _digested(digests: dict[str, str], name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give the content of a file, and note its digest when all of it has passed."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    digests[name] = digest.hexdigest()


def _manifest(session: AnySession, wanted: LogCut, digests: dict[str, str]) -> bytes:
    withheld: tuple[tuple[int, int], ...] = ()
    if wanted.scope is Scope.ALL:
        leaves = store.stream_withheld(session, wanted.log.log_id, wanted.head.size)
        withheld = ranges_of(leaves)
    manifest = {
        "v": VERSION,
        "log": wanted.log.log_id,
        "origin": wanted.log.origin,
        "size": wanted.head.size,
        "openings": wanted.scope.value,
        "withheld": withheld,
        "made_at": rfc3339(wanted.made_at),
        "files": digests,
    }
    return f"{json.dumps(manifest, separators=(',', ':'))}\n".encode()


def _signed(wanted: LogCut, manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    digest = hashlib.sha256(manifest).digest()
    note = PackNote(uuid7(wanted.made_at, digest[:10]), digest, wanted.made_at)
    signer = NoteSigner(export_key_name(wanted.log.origin), key)
    return sign_pack([signer], note).encode()


def _line(leaf: int | None, record: bytes, salt: bytes) -> str:
    opening = {
        "i": leaf,
        "salt": base64.b64encode(salt).decode(),
        "rec": record.decode(),
    }
    return json.dumps(opening, separators=(",", ":"), ensure_ascii=False) + "\n"


def _record(
    session: AnySession, export: RecordedExport, action: str, detail: dict[str, object], now: int
) -> None:
    with write_transaction(session):
        record_action(
            session,
            officer=export.officer,
            action=action,
            subject_id=export.id,
            detail=detail,
            now=now,
        )
