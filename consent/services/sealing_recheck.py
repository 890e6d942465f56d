"""Sign a log again whose fault is gone: everything that may contradict it is looked at anew.

Heads that were signed are evidence: what the log was refused for has to agree with it, not only
what is found now.
"""

from __future__ import annotations

from collections.abc import Iterator

from consent.services.keys import Keys
from consent.services.sealing import get_log
from consent.services.sealing_head import (
    NEWEST_HEAD,
    Contradiction,
    StateFiles,
    contradiction_in,
    found_fault,
    require_agreement,
    require_tree,
)
from consent.services.sealing_publication import require_state_file
from consent.store.database import AnySession, write_transaction
from consent.store.log import FORKED, OK, ROLLED_BACK, Log, LogState, find_state
from consent.store.log_heads import latest_published
from consent.store.log_sealing import has_remains, has_sealed_pending, lock_log, set_status


def recheck(
    session: AnySession, log_id: str, keys: Keys, *, now: int, state_files: StateFiles
) -> Contradiction | None:
    """Have a refused log signed again, if nothing contradicts it any more; return what does.

    Raises NotFoundError for no log, StateFileError while this machine's own memory of the log
    cannot be read.
    """
    log = get_log(session, log_id)
    with write_transaction(session):
        lock_log(session, log_id)
        state = find_state(session, log_id)
        if state is None or state.is_ok:
            return None
        found = contradiction_in(lambda: _require_all(session, log, state, keys, state_files))
        if found is None:
            set_status(session, log_id, OK, "", now)
    return found


def _require_all(
    session: AnySession, log: Log, state: LogState, keys: Keys, state_files: StateFiles
) -> None:
    if not state.size and has_remains(session, log.log_id):
        raise found_fault("The state of a sealed log was removed.")
    if has_sealed_pending(session, log.log_id):
        raise found_fault("An entry that waits is in the log already.")
    require_tree(session, log, state, keys)
    published = latest_published(session, log.log_id)
    if published is not None:
        source = "the newest published head in the database"
        require_agreement(session, log, published.note, keys, source=source)
    require_state_file(session, log, keys, state_files)
    for note in _evidence(state):
        require_agreement(session, log, note, keys, source="what it was refused for")


def _evidence(state: LogState) -> Iterator[str]:
    """Yield the heads that a log was refused for."""
    if state.status in (FORKED, ROLLED_BACK):
        if state.detail.startswith("Witness "):
            raise found_fault("A witness has signed more of it, or another history.")
        yield from state.detail.partition("\n\n")[2].split(NEWEST_HEAD)
