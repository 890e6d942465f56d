"""Whose records an officer looked at: linked beside the access log, so that the link can go.

The log of what officers did outlives the records and names no visitor. A look is linked to the
newest record it showed, which is the last of them to go; with that record the link goes too, and
what stays says only that somebody looked.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from consent.core.ids import uuid7
from consent.store import looks as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import OfficerAction

# A file of it was made for somebody; whatever else is linked to a record was a look.
_TAKEN = frozenset({"record:proof_pdf", "record:proof_json", "record:proof_tlog", "subject:access"})


class LookKind(StrEnum):
    """What was done with somebody's records, as that person is told."""

    LOOKED = "looked"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Look:
    """One look, as the person is told of it: when, and what, but not by whom of the staff."""

    at: int
    kind: LookKind


def new_look(now: int) -> str:
    """Return the name of a look that is about to happen: the `subject_id` of its action."""
    return uuid7(now, os.urandom(10))


def link_look(session: AnySession, look: str, record_id: str) -> None:
    """Remember which record a look was at."""
    with write_transaction(session):
        store.insert_look(session, look, record_id)


def list_looks(session: AnySession, subject: str) -> list[OfficerAction]:
    """Return what officers looked at of one browser, oldest first: for that person alone."""
    return store.list_looks(session, subject)


def told_looks(session: AnySession, record_ids: Collection[str]) -> tuple[Look, ...]:
    """Return what was done with these records, newest first, for the person they are of."""
    if not record_ids:
        return ()
    found = store.list_looks_at(session, record_ids)
    return tuple(
        Look(one.at, LookKind.TAKEN if one.action in _TAKEN else LookKind.LOOKED)
        for one in reversed(found)
    )
