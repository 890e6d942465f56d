"""The access log: what officers did, for those who may read it; as a list, a file, a proof."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from consent.audit.tlog_proof import opening_extra
from consent.core.roles import ALL_SITES, Permission
from consent.errors import NotFoundError
from consent.export.actions import ActionRow, write_actions_csv, write_actions_jsonl
from consent.services.proving import find_proof
from consent.store import action_lists as store
from consent.store.action_lists import ActionFilter, ActionPage, ListedAction
from consent.store.database import AnySession
from consent.store.people import Person
from consent.store.verification_actions import find_sealed

ROWS_AT_ONCE = 500


class FileFormat(StrEnum):
    """As what the access log is handed out."""

    CSV = "csv"
    JSONL = "jsonl"


def write_file(
    session: AnySession, wanted: ActionFilter, file_format: FileFormat
) -> Iterator[bytes]:
    """Give every act that a filter matches as a file, newest first, in constant memory."""
    rows = (_row(one) for one in store.stream_actions(session, wanted, rows=ROWS_AT_ONCE))
    return write_actions_csv(rows) if file_format is FileFormat.CSV else write_actions_jsonl(rows)


def list_own_actions(
    session: AnySession, name: str, before: str | None = None, *, rows: int = store.PAGE_ROWS
) -> ActionPage:
    """Return what somebody did, wherever it was, newest first: to show it to that person.

    A name is nobody else's, not even after its owner left.
    """
    return store.list_actions_page(session, ActionFilter(officer=name), before, rows=rows)


def prove_action(session: AnySession, action_id: str, *, person: Person) -> str | None:
    """Return the proof of an act, with what opens it; None until a head that has it is published.

    Raises NotFoundError unless the act is one that the person may read of.
    """
    listed = store.find_action(session, action_id)
    if listed is None or not may_read(person, listed.action.site):
        raise NotFoundError("there is no such act")
    sealed = find_sealed(session, [action_id]).get(action_id)
    if sealed is None:
        return None
    proof = find_proof(session, action_id, extra=opening_extra(sealed.salt, sealed.payload))
    return None if proof is None else proof.text


def may_read(person: Person, site: str | None) -> bool:
    """Say whether somebody may read what was done to a site, to several (ALL_SITES) or to none."""
    permission = Permission.READ_ACCESS_LOG
    if site == ALL_SITES:
        return any(person.may(permission, one) for one in person.grants)
    return person.may(permission, ALL_SITES if site is None else site)


def _row(listed: ListedAction) -> ActionRow:
    action = listed.action
    return ActionRow(
        id=action.id,
        at=action.at,
        officer=action.officer,
        action=action.action,
        site=action.site,
        subject=action.subject_id,
        detail=action.detail,
        log=listed.log_id,
        leaf=listed.leaf,
    )
