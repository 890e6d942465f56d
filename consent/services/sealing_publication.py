"""Show a log's head to others: within a minute of an entry, and no more often than is needed.

Published heads are kept for ever, as the ruler by which anyone can tell when a record came in; the
others go after a day.
"""

from __future__ import annotations

from dataclasses import dataclass

from consent.audit.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from consent.audit.notes import split_note
from consent.audit.receipts import MERGE_DELAY_SECONDS
from consent.core.times import MILLIS_PER_DAY
from consent.errors import RecordFormatError
from consent.services.keys import Keys
from consent.services.log_keys import signers_of
from consent.services.sealing import Sealed, begin_log, get_log
from consent.services.sealing_counts import remember_count
from consent.services.sealing_head import (
    OvertakenError,
    StateFiles,
    found_fault,
    require_agreement,
    require_sound,
    with_head,
)
from consent.store.database import AnySession
from consent.store.log import Log, LogState, find_state, log_in_force, waiting_for
from consent.store.log_heads import (
    StoredCheckpoint,
    drop_unpublished,
    insert_checkpoint,
    latest_published,
    latest_signed,
)

PUBLISH_AFTER_MS = 45_000
REPEAT_AFTER_MS = 600_000
MERGE_DELAY_MS = MERGE_DELAY_SECONDS * 1000


@dataclass(frozen=True, slots=True)
class _Publication:
    """A head that is to be shown, and the state and newest head that it was made from."""

    state: LogState
    newest: StoredCheckpoint | None
    checkpoint: StoredCheckpoint


def publish_checkpoint(
    session: AnySession,
    log_id: str,
    keys: Keys,
    *,
    now: int,
    state_files: StateFiles,
    at_once: bool = False,
) -> StoredCheckpoint | None:
    """Sign the head of a log anew and show it to others, if it is time; None if it is not.

    It is never time while an entry waits for longer than receipts promise: a head that leaves it
    out would break the promise for all to see. Raises LogRefusedError when the log is not to be
    signed.
    """
    log = get_log(session, log_id)
    made = with_head(
        session,
        log_id,
        lambda: _compute(session, log, keys, now, state_files, at_once=at_once),
        lambda publication: _store(session, publication, state_files),
        now=now,
    )
    if made is None:
        return None
    keep_count(session, log_id, keys, state_files)
    return made.checkpoint


def compare_with_state_file(
    session: AnySession, log_id: str, keys: Keys, *, now: int, state_files: StateFiles
) -> None:
    """Refuse to go on if this machine has signed what the database contradicts.

    Raises LogRefusedError then, and while the log is refused already.
    """
    log = get_log(session, log_id)
    begin_log(session, log, keys, now=now)  # a tree that vanished is an empty one from here on

    def compare() -> None:
        require_sound(session, log, keys)
        require_state_file(session, log, keys, state_files)

    with_head(session, log_id, compare, lambda _: None, now=now)


def is_behind(session: AnySession, log_id: str, state_files: StateFiles) -> bool:
    """Say whether a head was published that is larger than the one this machine knows."""
    newest = latest_published(session, log_id)
    return newest is not None and newest.size > _known_size(state_files, log_id)


def keep_up(
    session: AnySession, log_id: str, keys: Keys, *, now: int, state_files: StateFiles
) -> None:
    """Compare with the state file, and keep there what another machine has published since.

    So a machine that stands by also knows how far the log was signed, when it is its turn. Raises
    LogRefusedError like `compare_with_state_file`.
    """
    log = get_log(session, log_id)
    begin_log(session, log, keys, now=now)

    def compare() -> StoredCheckpoint | None:
        require_sound(session, log, keys)
        require_state_file(session, log, keys, state_files)
        newest = latest_published(session, log_id)
        if newest is None or newest.size <= _known_size(state_files, log_id):
            return None
        source = "the newest published head in the database"
        require_agreement(session, log, newest.note, keys, source=source)
        return newest

    def store(newest: StoredCheckpoint) -> None:
        # Only one process does this at a time: the file never goes back to a smaller head.
        if newest.size > _known_size(state_files, log_id):
            state_files.write(log_id, newest.note)

    with_head(session, log_id, compare, store, now=now)
    keep_count(session, log_id, keys, state_files)


def keep_count(
    session: AnySession,
    log_id: str,
    keys: Keys,
    state_files: StateFiles,
    signed: str | None = None,
) -> None:
    """Keep the newest count of officers' acts on this machine: the one just signed, if given."""
    try:
        remember_count(session, get_log(session, log_id), keys, state_files, signed)
    finally:
        session.rollback()


def keep_sealed(
    session: AnySession, sealed: Sealed | None, keys: Keys, state_files: StateFiles
) -> None:
    """Keep the count that was signed with what was sealed, if there is one."""
    if sealed is not None and sealed.counted is not None:
        keep_count(session, sealed.log_id, keys, state_files, sealed.counted)


def _known_size(state_files: StateFiles, log_id: str) -> int:
    note = state_files.read(log_id)
    try:
        return -1 if note is None else parse_checkpoint(split_note(note)[0]).size
    except RecordFormatError:
        return -1  # the comparison says what is wrong with it


def _compute(
    session: AnySession,
    log: Log,
    keys: Keys,
    now: int,
    state_files: StateFiles,
    *,
    at_once: bool,
) -> _Publication | None:
    state = find_state(session, log.log_id)
    if state is None or not state.size or not _is_time(session, log, state, now, at_once=at_once):
        return None
    require_sound(session, log, keys)
    require_state_file(session, log, keys, state_files)
    signers = signers_of(session, log, keys)
    head = Checkpoint(log.origin, state.size, state.root)
    note = sign_checkpoint(head, signers.log, signers.clock, now // 1000)
    newest = latest_signed(session, log.log_id)
    created = now
    if newest is not None and newest.size == state.size:
        created = max(now, newest.created + 1)
    checkpoint = StoredCheckpoint(log.log_id, state.size, created, note, published=True)
    return _Publication(state, newest, checkpoint)


def _is_time(session: AnySession, log: Log, state: LogState, now: int, *, at_once: bool) -> bool:
    oldest = waiting_for(session, log.log_id).oldest
    if oldest is not None and oldest < now - MERGE_DELAY_MS:
        return False
    published = latest_published(session, log.log_id)
    if published is None:
        return True
    age = now - published.created  # below zero when the clock was set back
    if state.size > published.size:
        return at_once or not 0 <= age < PUBLISH_AFTER_MS
    return log == log_in_force(session, log.name) and not 0 <= age < REPEAT_AFTER_MS


def require_state_file(session: AnySession, log: Log, keys: Keys, state_files: StateFiles) -> None:
    """Go on only if the log agrees with what this machine has signed; within `with_head`."""
    try:
        note = state_files.read(log.log_id)
    except RecordFormatError as error:
        raise found_fault(f"{error}.") from error
    source = str(state_files.path(log.log_id))
    require_agreement(session, log, note, keys, source=source)


def _store(session: AnySession, publication: _Publication, state_files: StateFiles) -> None:
    checkpoint = publication.checkpoint
    if (
        find_state(session, checkpoint.log_id) != publication.state
        or latest_signed(session, checkpoint.log_id) != publication.newest
    ):
        raise OvertakenError
    # Before anybody can see it: a head that was shown must be known here, whatever happens next.
    state_files.write(checkpoint.log_id, checkpoint.note)
    insert_checkpoint(session, checkpoint)
    drop_unpublished(session, checkpoint.log_id, checkpoint.created - MILLIS_PER_DAY)
