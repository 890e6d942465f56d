"""Whose records an officer looked at: linked beside the access log, so that the link can go.

The log of what officers did is kept for good and names no visitor. A look is linked to the newest
record it showed, which is the last of them to go; with that record the link goes too, and what
stays says only that somebody looked.
"""

from __future__ import annotations

import os

from consent.core.ids import uuid7
from consent.store import looks as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import OfficerAction


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
