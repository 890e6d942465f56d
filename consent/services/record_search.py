"""Find what somebody was handed: a reference code, a record's id, a receipt or a proof.

Only sites on which he may search are looked at. What belongs to another site is answered exactly
as what was never there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.entry import commitment, leaf_hash
from consent.audit.notes import split_note
from consent.audit.policies import Policy
from consent.audit.proofs import verify_inclusion
from consent.audit.receipts import Receipt, open_receipt
from consent.audit.tlog_proof import TlogProof, parse_tlog_proof, read_opening
from consent.core.ids import is_uuid, parse_reference_code, reference_code
from consent.errors import ProofError, RecordFormatError
from consent.services.keys import Keys
from consent.services.log_keys import receipt_verifiers
from consent.services.proving import log_policy
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.store.events import StoredEvent, find_event_to_prove
from consent.store.log import find_record_of_leaf
from consent.store.record_lists import list_ids_of_code

_RECEIPT = "consent-receipt/"
_PROOF = "c2sp.org/tlog-proof"
_DEEPEST = 6
_MOST_PARTS = 100


class Clue(StrEnum):
    """What was handed in."""

    CODE = "code"
    RECORD = "record"
    RECEIPT = "receipt"
    PROOF = "proof"
    UNKNOWN = "unknown"


class Missed(StrEnum):
    """Why nothing is shown."""

    UNREADABLE = "unreadable"  # it is nothing that we know
    NO_CODE = "no_code"
    NO_RECORD = "no_record"
    SHARED_CODE = "shared_code"
    FOREIGN_RECEIPT = "foreign_receipt"  # signed by none of our keys, or altered
    FOREIGN_PROOF = "foreign_proof"
    RECEIPT_ONLY = "receipt_only"  # genuine, and the record is not (any more) here
    PROOF_ONLY = "proof_only"
    DIFFERENT = "different"  # genuine, and the stored record is another one


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a clue led to: a record or a code on a site, or why to nothing."""

    clue: Clue
    site: str | None = None
    record_id: str | None = None
    code: str | None = None
    missed: Missed | None = None


def search_text(session: AnySession, sites: Sequence[str], text: str) -> SearchResult:
    """Return what a code or an id leads to."""
    asked = text.strip()
    if is_uuid(asked.lower()):
        return _record(session, sites, asked.lower())
    try:
        digits = parse_reference_code(asked)
    except ValueError:
        return SearchResult(Clue.UNKNOWN, missed=Missed.UNREADABLE)
    found = list_ids_of_code(session, sites, digits)
    if not found:
        return SearchResult(Clue.CODE, missed=Missed.NO_CODE)
    if len(found) > 1:
        return SearchResult(Clue.CODE, missed=Missed.SHARED_CODE)
    site, subject = found[0]
    return SearchResult(Clue.CODE, site, code=reference_code(subject))


def search_file(
    session: AnySession,
    sites: Sequence[LiveSite],
    content: bytes,
    *,
    keys: Keys,
    outside: Policy | None,
) -> SearchResult:
    """Return what a receipt, a proof, or a JSON file with either leads to."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return SearchResult(Clue.UNKNOWN, missed=Missed.UNREADABLE)
    result = SearchResult(Clue.UNKNOWN, missed=Missed.UNREADABLE)
    for part in islice(_parts(text), _MOST_PARTS):
        if part.startswith(_PROOF):
            result = _by_proof(session, sites, part, outside)
        else:
            result = _by_receipt(session, sites, part, keys)
        if result.missed is None:
            break
    return result


def _parts(text: str) -> Iterator[str]:
    """Give the receipts and proofs in a file: the file itself, or texts somewhere in its JSON."""
    if text.startswith((_RECEIPT, _PROOF)):
        yield text if text.endswith("\n") else f"{text}\n"
    elif text.lstrip().startswith(("{", "[")):
        try:
            yield from _texts_in(json.loads(text), _DEEPEST)
        except (ValueError, RecursionError):
            return


def _texts_in(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str) and value.startswith((_RECEIPT, _PROOF)):
        yield value
    elif isinstance(value, dict | list) and depth > 0:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(one, depth - 1)


def _record(session: AnySession, sites: Sequence[str], record_id: str) -> SearchResult:
    stored = find_event_to_prove(session, record_id)
    if stored is None or stored.event.site not in sites:
        return SearchResult(Clue.RECORD, missed=Missed.NO_RECORD)
    return SearchResult(Clue.RECORD, stored.event.site, record_id)


def _by_receipt(
    session: AnySession, sites: Sequence[LiveSite], note: str, keys: Keys
) -> SearchResult:
    receipt = _genuine(sites, note, keys)
    if receipt is None:
        return SearchResult(Clue.RECEIPT, missed=Missed.FOREIGN_RECEIPT)
    stored = find_event_to_prove(session, receipt.record_id)
    return _led_to(Clue.RECEIPT, sites, stored, receipt.entry, Missed.RECEIPT_ONLY)


def _genuine(sites: Sequence[LiveSite], note: str, keys: Keys) -> Receipt | None:
    logs = {log.log_id: log for site in sites for log in site.logs}
    for log in logs.values():
        for verifier in receipt_verifiers(log.origin, log.receipt_keys, keys):
            try:
                receipt = open_receipt(verifier, note)
            except RecordFormatError:
                continue
            return receipt if receipt.origin == log.origin else None
    return None


def _by_proof(
    session: AnySession, sites: Sequence[LiveSite], text: str, outside: Policy | None
) -> SearchResult:
    try:
        proof = parse_tlog_proof(text)
        log_id = _log_of(sites, proof)
        entry, record_id = _entry_of(session, sites, log_id, proof)
        checkpoint = log_policy(session, log_id, outside).open(proof.checkpoint).checkpoint
        if entry is not None:
            leaf = leaf_hash(entry)
            verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)
    except (ProofError, RecordFormatError):
        return SearchResult(Clue.PROOF, missed=Missed.FOREIGN_PROOF)
    stored = None if record_id is None else find_event_to_prove(session, record_id)
    return _led_to(Clue.PROOF, sites, stored, entry, Missed.PROOF_ONLY)


def _log_of(sites: Sequence[LiveSite], proof: TlogProof) -> str:
    origin = parse_checkpoint(split_note(proof.checkpoint)[0]).origin
    for site in sites:
        for log in site.logs:
            if log.origin == origin:
                return log.log_id
    raise ProofError("the proof is from another log")


def _entry_of(
    session: AnySession, sites: Sequence[LiveSite], log_id: str, proof: TlogProof
) -> tuple[bytes | None, str | None]:
    """Return the entry that a proof is about, and the id of its record, as far as it says.

    One that says nothing is looked up by its leaf, if that is of one of these sites.
    """
    if proof.extra is None:
        record_id = find_record_of_leaf(session, log_id, proof.index)
        stored = None if record_id is None else find_event_to_prove(session, record_id)
        is_own = stored is not None and stored.event.site in {site.id for site in sites}
        return (stored.entry, record_id) if stored is not None and is_own else (None, None)
    salt, record = read_opening(proof.extra)
    try:
        document = json.loads(record)
    except (ValueError, RecursionError) as error:
        raise RecordFormatError("the proof holds no record") from error
    record_id = document.get("id") if isinstance(document, dict) else None
    is_named = isinstance(record_id, str) and is_uuid(record_id)
    return commitment(record, salt), record_id if is_named else None


def _led_to(
    clue: Clue,
    sites: Sequence[LiveSite],
    stored: StoredEvent | None,
    entry: bytes | None,
    otherwise: Missed,
) -> SearchResult:
    if stored is None or stored.event.site not in {site.id for site in sites}:
        return SearchResult(clue, missed=otherwise)
    if stored.entry != entry:
        return SearchResult(clue, missed=Missed.DIFFERENT)
    return SearchResult(clue, stored.event.site, stored.event.id)
