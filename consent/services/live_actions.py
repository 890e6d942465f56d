"""What officers did, in the live database: each row is what its record says, and is in a log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from consent.audit.entry import SALT_BYTES, commitment
from consent.store import verification_actions as store
from consent.store.database import AnySession
from consent.store.log import count_logs
from consent.store.sealed_actions import StoredAction
from consent.store.verification_actions import SealedAction
from consent.verify.findings import Finding, Kind


def action_faults(action: SealedAction, leaf: int | None) -> Iterator[Finding]:
    """Hold what is stored of an act against the record of it; `leaf` is None while that waits."""
    name = f"record {action.id}" + (
        " that waits to be sealed" if leaf is None else f" (leaf {leaf})"
    )
    if action.acted is None:
        yield Finding(
            Kind.MISSING,
            f"{name} is of an act of an officer that was deleted from the list of them",
            leaf=leaf,
            record=action.id,
        )
    wrong = _wrong(action)
    if wrong:
        yield Finding(
            Kind.ALTERED,
            f"{name}: the columns {', '.join(wrong)} of the act are not what the record says",
            leaf=leaf,
            record=action.id,
        )


def unlogged_actions(session: AnySession) -> Iterator[Finding]:
    """Find acts that no log knows, and records of acts that are nowhere else."""
    if count_logs(session) == 0:
        return
    for action_id in store.stream_unlogged_actions(session):
        yield Finding(
            Kind.MISSING,
            f"act {action_id} of an officer is in the database, but in no log, nor does it wait "
            "for one",
            record=action_id,
        )
    for action_id in store.stream_unknown_records(session):
        yield Finding(
            Kind.MISSING, f"act {action_id} of an officer is gone, its record is in no log"
        )


def shared_ids(session: AnySession) -> Iterator[Finding]:
    """Find records of which there are several under one id: only one of them is in the log."""
    for record_id in store.stream_shared_ids(session):
        yield Finding(
            Kind.ALTERED, f"there are several records under the id {record_id}", record=record_id
        )


def _wrong(action: SealedAction) -> list[str]:
    wrong = []
    is_whole = len(action.salt) == SALT_BYTES
    if is_whole and action.entry != commitment(action.payload, action.salt):
        wrong.append("entry")
    try:
        record: Any = json.loads(action.payload)
    except (ValueError, RecursionError):
        return wrong  # that it is no record is found where it is opened
    if isinstance(record, dict):
        own = {"id": action.id, "at": action.at, "type": "action"}
        acted = {} if action.acted is None else _said(action.acted, record)
        said = {"acted_at": record.get("at"), **record}
        expected = chain(own.items(), acted.items())
        wrong += [key for key, value in expected if said.get(key) != value]
    return wrong


def _said(acted: StoredAction, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says of an act with these columns."""
    detail = acted.detail
    if "detail_sha256" in record:
        digest = hashlib.sha256(detail.encode(errors="replace")).hexdigest()
        told = {"detail_sha256": digest}
    else:
        told = {"detail": detail}
    return told | {
        "acted_at": acted.at,
        "officer": acted.officer,
        "action": acted.action,
        "subject": acted.subject_id,
        "site": acted.site,
    }
