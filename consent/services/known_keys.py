"""Which private keys the logs of a database expect, and what to do when one of them is gone."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from consent.errors import StoreUnavailableError
from consent.services.keys import CLOCK_KEY_FILE, LOG_KEY_FILE, RECEIPT_KEY_FILE
from consent.store.inspection import embedded_file, opened
from consent.store.log_keys import CLOCK, LOG, RECEIPT, list_roles
from consent.store.migrate import current_revision

FILE_OF_ROLE = {LOG: LOG_KEY_FILE, CLOCK: CLOCK_KEY_FILE, RECEIPT: RECEIPT_KEY_FILE}


def known_roles(database_url: str) -> frozenset[str]:
    """Return the roles (log, clock, receipt) of the keys that the logs of a database know.

    None where there is no such database yet, or it cannot be asked.
    """
    file = embedded_file(database_url)
    if file is not None and not file.exists():
        return frozenset()
    try:
        with opened(database_url) as engine:
            if current_revision(engine) is None:
                return frozenset()
            with Session(engine) as session:
                return frozenset(list_roles(session))
    except (StoreUnavailableError, SQLAlchemyError):
        return frozenset()


def lost_key_advice(role: str, path: Path) -> str:
    """Say what to do when the file of a key that a log knows is gone."""
    return (
        f"put {path} back from your safe copy, since the log relies on it; "
        f'if it is lost or stolen, run `consent keys rotate {role} --reason "…"`'
    )
