"""What only the live database shows: rows beside the log that should agree with it or with their
own names, records that never reached a log, and what waits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.encoding import encode_base64
from consent.audit.notes import split_note
from consent.audit.tiles import root_at
from consent.errors import ProofError, RecordFormatError
from consent.services.live_actions import action_faults, shared_ids, unlogged_actions
from consent.store import verification as store
from consent.store import verification_actions as actions
from consent.store import verification_documents as documents
from consent.store.database import AnySession
from consent.store.log import (
    FORKED,
    ROLLED_BACK,
    TAMPERED,
    Log,
    find_state,
    list_logs,
    log_name,
    tile_reader,
)
from consent.store.log_heads import latest_published, latest_signed
from consent.verify.findings import Finding, Kind
from consent.verify.instants import instant
from consent.verify.ruler import SLACK_MS

_STATUS_KINDS = {TAMPERED: Kind.ALTERED, ROLLED_BACK: Kind.ROLLED_BACK, FORKED: Kind.FORKED}


class LiveChecks:
    """The checks of one database; what belongs to no log is told with the first one."""

    def __init__(self, session: AnySession) -> None:
        self._session = session
        self._logs = list_logs(session)
        self._publications = documents.list_publication_keys(session)

    def findings(self, log: Log, size: int) -> Iterator[Finding]:
        """Give what is wrong beside a log of this size."""
        yield from self._state(log, size)
        yield from self._unlogged(log)
        published = latest_published(self._session, log.log_id)
        for row in store.stream_pending(self._session, log.log_id):
            yield from _pending_faults(row, None if published is None else published.created)
        for action in actions.stream_waiting(self._session, log.log_id):
            yield from action_faults(action, None)
        for head_size, created in store.stream_witnessed_nothing(self._session, log.log_id):
            yield Finding(
                Kind.ROLLED_BACK if head_size > size else Kind.MISSING,
                f"a witness signed a checkpoint of size {head_size} made at {instant(created)}, "
                "which is not there",
                size=head_size,
            )
        if self._is_in_force(log):
            yield from self._published(log)
        yield from self._named(log)
        yield from self._quoted(log)
        if log == self._logs[0]:
            yield from self._strays()
            yield from unlogged_actions(self._session)
            yield from shared_ids(self._session)
            yield from self._digests()

    def _is_in_force(self, log: Log) -> bool:
        return all(other.epoch <= log.epoch for other in self._logs if other.name == log.name)

    def _state(self, log: Log, size: int) -> Iterator[Finding]:
        state = find_state(self._session, log.log_id)
        newest = latest_signed(self._session, log.log_id)
        if state is None or newest is None:
            yield Finding(Kind.MISSING, f"the state of log {log.log_id} is missing")
            return
        if state.status in _STATUS_KINDS:
            kind = _STATUS_KINDS[state.status]
            yield Finding(kind, f"log {log.log_id} is not signed any more: {state.detail}")
        try:
            head = parse_checkpoint(split_note(newest.note)[0])
        except RecordFormatError:
            return  # a finding of its own
        if state.size < size:
            yield _state_finding(Kind.ROLLED_BACK, log, f"{state.size} leaves, {size} were signed")
        elif state.size > size:
            yield _state_finding(Kind.ALTERED, log, f"{state.size} leaves, only {size} were signed")
        elif state.root != head.root:
            yield _state_finding(Kind.ALTERED, log, "another root than was signed")
        if head.origin != log.origin:
            yield _state_finding(
                Kind.ALTERED, log, f"the origin {log.origin}, it is signed as {head.origin}"
            )

    def _unlogged(self, log: Log) -> Iterator[Finding]:
        """Find records that are in no log, each with the log that it belongs to."""
        known = {one.site for one in self._publications}
        own = {one.site for one in self._publications if log_name(one.log_id) == log.name}
        ids = chain(
            store.stream_unlogged(
                self._session,
                sites=own if self._is_in_force(log) else set(),
                beside=known if log == self._logs[0] else None,
            ),
            store.stream_unlogged_records(self._session, log.log_id),
        )
        for record_id in ids:
            yield Finding(
                Kind.MISSING,
                f"record {record_id} is in the database, but in no log, nor does it wait for one",
                record=record_id,
            )

    def _published(self, log: Log) -> Iterator[Finding]:
        """Each publication is a record of the log and the other way round.

        What was published before there was a log is in it only as far as it was still in force.
        """
        own = [one for one in self._publications if log_name(one.log_id) == log.name]
        epochs = [one.log_id for one in self._logs if one.name == log.name]
        configs = documents.list_configs(self._session, epochs)
        recorded = {(*_shown(config), config.get("at")) for config in configs}
        began = min((config["at"] for config in configs if "at" in config), default=None)
        shown = {(one.site, one.notice, one.scope, one.policy) for one in own}
        for one in own:
            key = (one.site, one.notice, one.scope, one.policy, one.published_at)
            if began is not None and one.published_at >= began and key not in recorded:
                yield Finding(
                    Kind.ALTERED,
                    f"the publication of site {one.site!r} at {instant(one.published_at)} is not "
                    "what the log recorded",
                )
        for config in configs:
            if _shown(config) not in shown:
                yield Finding(
                    Kind.MISSING,
                    f"record {config.get('id')} is of a publication that is not in the database",
                    record=config.get("id"),
                )

    def _named(self, log: Log) -> Iterator[Finding]:
        """What the records of publications name by digest is stored."""
        policies, builds = documents.list_stored_digests(self._session)
        for config in documents.list_configs(self._session, [log.log_id]):
            names = config.get("builds")
            digests = names.values() if isinstance(names, dict) else ()
            named = [("policy", config.get("policy"), policies)]
            named += [("build", digest, builds) for digest in digests]
            for kind, digest, stored in named:
                if digest not in stored:
                    yield Finding(
                        Kind.MISSING,
                        f"record {config.get('id')} names {kind} {digest}, which is not there",
                        record=config.get("id"),
                    )

    def _quoted(self, log: Log) -> Iterator[Finding]:
        """What the first record of an epoch quotes is what the log before it has."""
        for quote in documents.list_previous(self._session, log.log_id):
            old = next((one for one in self._logs if one.origin == quote.get("origin")), None)
            state = None if old is None else find_state(self._session, old.log_id)
            size, root = quote.get("size"), quote.get("root")
            if state is None or not isinstance(size, int) or size > state.size:
                continue
            try:
                known = root_at(tile_reader(self._session, state.log_id), size)
            except ProofError:
                continue  # the check of that log finds the tile
            if encode_base64(known) != root:
                yield Finding(
                    Kind.FORKED,
                    f"log {log.log_id} says it follows {state.log_id} of size {size}, which had "
                    "another root then",
                    size=size,
                )

    def _strays(self) -> Iterator[Finding]:
        for row in store.stream_pending(self._session, None):
            yield Finding(
                Kind.ALTERED,
                f"record {row.event_id} waits for log {row.log_id}, which there is not",
                record=row.event_id,
            )
        for record_id, log_id in store.stream_records_of_no_log(self._session):
            yield Finding(
                Kind.ALTERED,
                f"record {record_id} is said to be of log {log_id}, which there is not",
                record=record_id,
            )
        count = store.stray_index_rows(self._session)
        if count:
            yield Finding(Kind.ALTERED, f"{count} leaves are of logs that there are not")

    def _digests(self) -> Iterator[Finding]:
        """Everything that is named by its digest has that digest."""
        for kind, name, site, document in documents.stream_documents(self._session):
            if hashlib.sha256(document.encode(errors="replace")).hexdigest() != name:
                yield Finding(Kind.ALTERED, f"the {kind} {name} is not the text it is named by")
            elif _site_of(document) != site:
                yield Finding(Kind.ALTERED, f"the {kind} {name} is of another site than {site!r}")
        for kind, name, digest, content in documents.stream_contents(self._session):
            if hashlib.sha256(content).hexdigest() != digest:
                yield Finding(Kind.ALTERED, f"the {kind} {name} has another content than it had")


def _pending_faults(row: store.PendingRow, published_at: int | None) -> Iterator[Finding]:
    name = f"record {row.event_id}, which waits to be sealed,"
    if row.own_entry is None:
        yield Finding(Kind.MISSING, f"{name} is gone", record=row.event_id)
    elif row.own_entry != row.entry:
        yield Finding(Kind.ALTERED, f"{name} is not what is to be sealed", record=row.event_id)
    if row.is_sealed:
        yield Finding(Kind.ALTERED, f"{name} is in the log already", record=row.event_id)
    elif row.at is not None and published_at is not None and row.at < published_at - SLACK_MS:
        yield Finding(
            Kind.BACKDATED,
            f"{name} says {instant(row.at)}, but the log was published without it at "
            f"{instant(published_at)}",
            record=row.event_id,
        )


def _site_of(document: str) -> Any:
    """Return the site that a document is of; None if it is no document."""
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return value.get("site") if isinstance(value, dict) else None


def _shown(config: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(config.get(key) for key in ("site", "notice", "scope", "policy"))


def _state_finding(kind: Kind, log: Log, what: str) -> Finding:
    return Finding(kind, f"the state of log {log.log_id} says {what}")
