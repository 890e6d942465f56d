"""A log in the live database as something to check: its rows as they are, leaf by leaf."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.notes import NoteVerifier, split_note
from consent.audit.policies import Policy, format_policy
from consent.audit.tiles import Tile
from consent.errors import RecordFormatError
from consent.services.live_actions import action_faults
from consent.services.live_checks import LiveChecks
from consent.services.proving import log_policy
from consent.services.told_disposals import told_disposals
from consent.store import verification as store
from consent.store import verification_documents as documents
from consent.store.action_counts import stream_counts
from consent.store.database import AnySession
from consent.store.log import Log
from consent.store.verification import LeafRow, Row
from consent.store.verification_actions import earliest_sealed
from consent.verify.findings import Finding, Kind
from consent.verify.sources import Anchor, Note, Opening, Scope, UnreadableError

_EVENT_KEYS = (
    "id",
    "at",
    "site",
    "event",
    "control",
    "layer",
    "language",
    "notice",
    "scope",
    "build",
    "valid_until",
    "page_group",
    "prev",
    "subject",
)
_OWN_TYPES = frozenset({"config", "disposal", "key", "recovery", "epoch"})


class LiveSource:
    """One log of a database, read within the snapshot of its session."""

    def __init__(
        self,
        session: AnySession,
        log: Log,
        outside: Policy | None,
        checks: LiveChecks,
        now: int | None = None,
    ) -> None:
        self._session = session
        self._log = log
        self._outside = outside
        self._checks = checks
        self._now = now

    @property
    def name(self) -> str:
        return f"the live database, log {self._log.log_id}"

    @property
    def scope(self) -> Scope:
        return Scope.ALL

    def policy(self) -> str:
        return format_policy(log_policy(self._session, self._log.log_id, self._outside))

    @property
    def is_signed(self) -> bool:
        """Whether there is a head that can be read."""
        return self._newest is not None

    def head(self) -> str:
        if self._newest is None:
            raise UnreadableError(f"{self.name} has no checkpoint that can be read")
        return self._newest

    @cached_property
    def _newest(self) -> str | None:
        """The newest note that is one; those that are not become findings as they pass."""
        newest = None
        for note in self.notes():
            if _is_head(note.text):
                newest = note.text
        return newest

    def notes(self) -> Iterator[Note]:
        return (Note(*row) for row in store.stream_served(self._session, self._log.log_id))

    def anchors(self) -> Iterator[Anchor]:
        rows = store.stream_anchor_rows(self._session, self._log.log_id, witnesses=False)
        return (Anchor(*row) for row in rows)

    def counts(self) -> Iterator[Note]:
        rows = stream_counts(self._session, self._log.log_id)
        return (Note(size, None, note) for size, note in rows)

    @property
    def acts_since(self) -> int | None:
        return earliest_sealed(self._session)

    def tile(self, tile: Tile) -> bytes | None:
        return store.read_tile(self._session, self._log.log_id, tile.level, tile.n)

    def openings(self) -> Iterator[Opening | Finding]:
        for row in store.stream_leaves(self._session, self._log.log_id):
            columns = row.event or row.record
            if row.action is not None and columns is None:
                yield from action_faults(row.action, row.leaf)
                yield Opening(row.leaf, row.action.salt, row.action.payload)
            if columns is None:
                continue  # the accounts show that the record is gone
            yield from _faults(row, columns, self._log)
            yield Opening(row.leaf, columns["salt"], columns["payload"].encode(errors="replace"))

    def require_vouched(self, receipt_keys: Sequence[NoteVerifier]) -> None:
        """What is announced is held against the database; nothing is withheld."""

    def announced(self) -> Iterator[Opening | Finding]:
        return told_disposals(self._session, self._log)

    @property
    def read_at(self) -> int | None:
        return self._now

    def withheld(self) -> Sequence[tuple[int, int]]:
        return ()

    def notice(self, digest: str) -> bytes | None:
        text = documents.notice_text(self._session, digest)
        return None if text is None else text.encode()

    @property
    def has_notices(self) -> bool:
        return True

    def own_findings(self, size: int) -> Iterator[Finding]:
        return self._checks.findings(self._log, size)


def _is_head(note: str) -> bool:
    try:
        parse_checkpoint(split_note(note)[0])
    except RecordFormatError:
        return False
    return True


def _faults(row: LeafRow, columns: Row, log: Log) -> Iterator[Finding]:
    """Hold what is stored beside a record against what the record says."""
    wrong: list[str] = []
    payload = columns["payload"].encode(errors="replace")
    if len(columns["salt"]) == SALT_BYTES and columns["entry"] != commitment(
        payload, columns["salt"]
    ):
        wrong.append("entry")
    try:
        record = json.loads(payload)
    except (ValueError, RecursionError):
        return  # that it is no record is found where it is opened
    if isinstance(record, dict):
        is_event = row.event is not None
        wrong += _wrong_event(columns, record) if is_event else _wrong_record(columns, record, log)
    if wrong:
        yield Finding(
            Kind.ALTERED,
            f"record {row.event_id} (leaf {row.leaf}): the columns {', '.join(wrong)} are not what "
            "the record says",
            leaf=row.leaf,
            record=row.event_id,
        )


def _wrong_event(columns: Row, record: Mapping[str, Any]) -> list[str]:
    wrong = [key for key in _EVENT_KEYS if columns[key] != record.get(key)]
    if _parsed(columns["choices"]) != record.get("choices"):
        wrong.append("choices")
    if bool(columns["gpc"]) != ("signals" in record):
        wrong.append("gpc")
    return wrong if record.get("type") == "consent" else [*wrong, "type"]


def _wrong_record(columns: Row, record: Mapping[str, Any], log: Log) -> list[str]:
    wrong = [key for key in ("id", "type", "at") if columns[key] != record.get(key)]
    if columns["type"] not in _OWN_TYPES and "type" not in wrong:
        wrong.append("type")  # a record of another table, which its checks there would miss
    return wrong if columns["log_id"] == log.log_id else [*wrong, "log_id"]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
