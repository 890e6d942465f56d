"""The head of a log: who may move it, and whether it still agrees with what was signed before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from consent.audit.checkpoints import Checkpoint
from consent.audit.proofs import consistency_proof, verify_consistency
from consent.audit.tiles import root_at
from consent.errors import (
    LogRefusedError,
    NotFoundError,
    ProofError,
    RecordFormatError,
    StateFileError,
)
from consent.services.keys import Keys
from consent.services.log_keys import open_own
from consent.store.database import AnySession, write_transaction
from consent.store.log import (
    FORKED,
    ROLLED_BACK,
    TAMPERED,
    Log,
    LogState,
    find_log,
    find_state,
    tile_reader,
)
from consent.store.log_heads import latest_signed
from consent.store.log_sealing import elect_sealer, refuse

Made = TypeVar("Made")

NEWEST_HEAD = "\nThe newest head in the database:\n\n"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why a log must not be signed: a status, and a sentence with the evidence."""

    status: str
    detail: str


class OvertakenError(Exception):
    """Somebody else moved the head since it was read; nothing of this attempt may stay."""


class _FoundError(Exception):
    def __init__(self, contradiction: Contradiction) -> None:
        super().__init__(contradiction.status)
        self.contradiction = contradiction


@dataclass(frozen=True, slots=True)
class StateFiles:
    """The newest head this machine has signed of each log, where no database can change it."""

    folder: Path
    ending: str = ".note"
    warned: set[tuple[str, str | None]] = field(default_factory=set, compare=False, repr=False)

    @property
    def of_counts(self) -> StateFiles:
        """The newest counts of officers' acts that this machine has signed, kept beside."""
        return replace(self, ending=".actions.note")

    def is_first_warning(self, log_id: str, note: str | None) -> bool:
        """Return whether nobody was warned of this note yet: a log is looked at every minute."""
        if (log_id, note) in self.warned:
            return False
        self.warned.add((log_id, note))
        return True

    def path(self, log_id: str) -> Path:
        return self.folder / f"{log_id.replace('/', '-')}{self.ending}"

    def read(self, log_id: str) -> str | None:
        """Return the note of a log; None before its first one.

        Raises StateFileError while it cannot be read, RecordFormatError when it is no text.
        """
        try:
            return self.path(log_id).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateFileError(self._refusal(log_id, "read", error)) from error
        except UnicodeDecodeError as error:
            raise RecordFormatError(f"{self.path(log_id)} is not text") from error

    def all_notes(self) -> Iterator[tuple[Path, str]]:
        """Give what is kept of every log, with the files; raises as `read` does."""
        try:
            for path in sorted(self.folder.glob("*.note")):
                yield path, path.read_text(encoding="utf-8")
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StateFileError(f"{self.folder} cannot be read ({reason})") from error
        except UnicodeDecodeError as error:
            raise RecordFormatError(f"a note in {self.folder} is not text") from error

    def write(self, log_id: str, note: str) -> None:
        """Keep a note durably, in place of the one before it; raises StateFileError if it cannot.

        What root writes belongs to the account that the home folder belongs to: the service runs
        as that one, and has to read it.
        """
        try:
            self._write(log_id, note)
        except OSError as error:
            raise StateFileError(self._refusal(log_id, "written", error)) from error

    def _refusal(self, log_id: str, done: str, error: OSError) -> str:
        reason = error.strerror or type(error).__name__
        return f"log {log_id} is not signed now: {self.path(log_id)} cannot be {done} ({reason})"

    def _write(self, log_id: str, note: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, suffix=".new")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if os.geteuid() == 0:
                home = self.folder.parent.stat()
                for each in (self.folder, descriptor):
                    os.chown(each, home.st_uid, home.st_gid)
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(self.path(log_id))
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def with_head(
    session: AnySession,
    log_id: str,
    compute: Callable[[], Made | None],
    store: Callable[[Made], None],
    *,
    now: int,
) -> Made | None:
    """Compute something from the head of a log and store it, as the only one who does.

    Returns None when there is nothing to do, or somebody else is at it. On SQLite the computing is
    done beside the writers, which it would otherwise hold up; `store` then has to raise
    OvertakenError when the head is no longer what `compute` saw. A contradiction found on the way
    is remembered, and raises LogRefusedError.
    """
    try:
        if session.get_bind().dialect.name == "postgresql":
            return _elected(session, log_id, compute, store)
        return _optimistic(session, compute, store)
    except OvertakenError:
        return None
    except _FoundError as found:
        refuse_to_sign(session, log_id, found.contradiction, now=now)
        raise LogRefusedError(refusal(log_id, found.contradiction.status)) from found


def require_sound(session: AnySession, log: Log, keys: Keys) -> LogState:
    """Return the head of a log that may be signed; for use within `with_head`.

    It may when its root follows from the stored tiles and agrees with the last head signed.
    Raises LogRefusedError while the log is refused already.
    """
    state = find_state(session, log.log_id)
    if state is None:
        raise OvertakenError
    if not state.is_ok:
        raise LogRefusedError(refusal(log.log_id, state.status))
    require_tree(session, log, state, keys)
    return state


def require_tree(session: AnySession, log: Log, state: LogState, keys: Keys) -> None:
    """Go on only if a head follows from the stored tiles and agrees with the last one signed."""
    _require_own_root(session, state)
    newest = latest_signed(session, log.log_id)
    if newest is not None:
        require_agreement(session, log, newest.note, keys, source="the database's newest head")
    elif state.size:
        raise _FoundError(Contradiction(TAMPERED, "The signed heads of the log are missing."))


def require_agreement(
    session: AnySession, log: Log, note: str | None, keys: Keys, *, source: str
) -> None:
    """Go on only if a head kept elsewhere agrees with the log; for use within `with_head`."""
    if note is None:
        return
    try:
        contradiction = check_against(session, log.log_id, note, keys)
    except RecordFormatError as error:
        contradiction = Contradiction(TAMPERED, f"There is a fault in {source}: {error}.")
    if contradiction is not None:
        raise _FoundError(contradiction)


def found_fault(detail: str) -> Exception:
    """Return what to raise within `with_head` when stored rows contradict each other."""
    return _FoundError(Contradiction(TAMPERED, detail))


def contradiction_in(check: Callable[[], None]) -> Contradiction | None:
    """Return what a check finds that is otherwise done within `with_head`."""
    try:
        check()
    except _FoundError as found:
        return found.contradiction
    return None


def check_against(session: AnySession, log_id: str, note: str, keys: Keys) -> Contradiction | None:
    """Return how a log contradicts a head of it that was found elsewhere; None if it does not.

    Raises RecordFormatError when the note is no head that this log has signed: it proves nothing.
    """
    log = find_log(session, log_id)
    state = find_state(session, log_id)
    if log is None or state is None:
        raise NotFoundError(f"nothing is sealed in log {log_id}")
    theirs = open_own(session, log, note, keys).checkpoint
    if theirs.origin != log.origin:
        raise RecordFormatError(f"the head is that of {theirs.origin}")
    if theirs.size > state.size:
        detail = (
            f"A head of {theirs.size} leaves was signed, and the database has {state.size}:\n\n"
        )
        return Contradiction(ROLLED_BACK, detail + note)
    return _compare(session, log, state, theirs, note)


def refuse_to_sign(
    session: AnySession, log_id: str, contradiction: Contradiction, *, now: int
) -> None:
    """Remember that a log is not to be signed, and why; the first reason stays."""
    with write_transaction(session):
        refuse(session, log_id, contradiction.status, contradiction.detail, now)


def refusal(log_id: str, status: str) -> str:
    """Return the sentence for a log that is not signed."""
    return f"log {log_id} is not signed, since it is {status.replace('_', ' ')}"


def _elected(
    session: AnySession,
    log_id: str,
    compute: Callable[[], Made | None],
    store: Callable[[Made], None],
) -> Made | None:
    with write_transaction(session):
        if not elect_sealer(session, log_id):
            return None
        made = compute()
        if made is not None:
            store(made)
        return made


def _optimistic(
    session: AnySession, compute: Callable[[], Made | None], store: Callable[[Made], None]
) -> Made | None:
    session.rollback()
    try:
        made = compute()
    except _FoundError:
        # Another sealer may have moved the log on since this snapshot was taken, and then signed
        # more than the snapshot has. With nobody else writing, a contradiction is a real one.
        with write_transaction(session):
            made = compute()
    finally:
        session.rollback()
    if made is not None:
        with write_transaction(session):
            store(made)
    return made


def _require_own_root(session: AnySession, state: LogState) -> None:
    try:
        root = root_at(tile_reader(session, state.log_id), state.size)
    except ProofError as error:
        raise _FoundError(Contradiction(TAMPERED, f"A tile is faulty: {error}.")) from error
    if root != state.root:
        detail = f"The tiles of {state.size} leaves give another root than the log's state has."
        raise _FoundError(Contradiction(TAMPERED, detail))


def _compare(
    session: AnySession, log: Log, state: LogState, theirs: Checkpoint, note: str
) -> Contradiction | None:
    try:
        proof = consistency_proof(tile_reader(session, log.log_id), theirs.size, state.size)
        verify_consistency(theirs.size, theirs.root, state.size, state.root, proof)
    except ProofError:
        ours = latest_signed(session, log.log_id)
        detail = f"A head was signed that the tree of {state.size} leaves does not begin with:\n\n"
        detail += note
        if ours is not None:
            detail += f"{NEWEST_HEAD}{ours.note}"
        return Contradiction(FORKED, detail)
    return None
