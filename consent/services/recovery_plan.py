"""What it takes to put a log right after a restore: all of it known before anything is changed.

The missing entries come from a copy of the log and must give the root that was signed. Records that
the backup still had waiting get their leaves back; of the others it is known that they are lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from consent.audit.action_counts import ActionCount
from consent.audit.checkpoints import Checkpoint
from consent.audit.tiles import Appended, append_entries, root_at
from consent.audit.tree import EMPTY_ROOT
from consent.core.ranges import Range, count_in, ranges_of
from consent.core.retention import DisposalClass
from consent.errors import LogRefusedError, NotFoundError, RecordFormatError
from consent.services.keys import Keys
from consent.services.log_keys import open_own, open_own_count
from consent.services.mirrors import DISPOSAL, Mirror, Opened
from consent.services.sealing_counts import is_explained
from consent.services.sealing_head import StateFiles
from consent.store.database import AnySession
from consent.store.log import (
    FORKED,
    OK,
    TAMPERED,
    Log,
    LogState,
    find_state,
    list_logs,
    tile_reader,
)
from consent.store.recovery import entries_without_leaf
from consent.verify.findings import Finding

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """What a recovery will do to one log.

    `own` are records of the log's own that come back, by their leaves; `relinked` are records that
    the backup had, which get theirs back; `lost` are the leaves whose records are gone.
    """

    log: Log
    mirror: Mirror
    state_files: StateFiles
    before: LogState | None
    after: Appended
    own: Mapping[int, Opened]
    relinked: Mapping[str, int]
    lost: tuple[Range, ...]
    again: Sequence[tuple[DisposalClass, str, tuple[Range, ...]]]
    to_queue: tuple[Range, ...]
    to_restrict: tuple[Range, ...]
    counts: Sequence[tuple[ActionCount, str]]
    explains_counts: bool  # why this machine has kept a count that the database does not have
    knows_records: bool

    @property
    def size_before(self) -> int:
        return 0 if self.before is None else self.before.size

    @property
    def added(self) -> int:
        return self.after.size - self.size_before

    @property
    def lost_count(self) -> int:
        return count_in(self.lost)


def plan_recovery(
    session: AnySession,
    mirror: Mirror,
    keys: Keys,
    *,
    state_files: StateFiles,
    progress: Progress | None = None,
) -> RecoveryPlan:
    """Return what it takes to put a log right from a copy of it; changes nothing.

    Raises LogRefusedError when the copy does not go far enough, or is of another history.
    """
    log = _log_of(session, mirror)
    before = find_state(session, log.log_id)
    head = mirror.open_head(lambda note: open_own(session, log, note, keys))
    _require_use(session, mirror, before, head)
    _require_newest(session, log, mirror, head, keys, state_files)
    size = 0 if before is None else before.size
    entries = list(_counted(mirror.entries(size), head.size - size, progress))
    after = append_entries(tile_reader(session, log.log_id), size, entries)
    _require_root(mirror, before, after, head)
    own = {one.leaf: one for one in mirror.own_records(size, entries) if one.leaf is not None}
    places = {entry: size + number for number, entry in enumerate(entries)}
    relinked = {
        record_id: places[entry]
        for entry, record_id in entries_without_leaf(session, log.log_id).items()
        if entry in places
    }
    disposals = [one for one in own.values() if one.record.type == DISPOSAL]
    hidden, taken = mirror.hidden(), set(relinked.values())
    plan = RecoveryPlan(
        log=log,
        mirror=mirror,
        state_files=state_files,
        before=before,
        after=after,
        own={leaf: one for leaf, one in own.items() if leaf not in taken},
        relinked=relinked,
        lost=_lost(size, head.size, own, relinked, disposals),
        again=[_again(log, one) for one in disposals],
        to_queue=(*hidden["queued"], *mirror.unsealed_erasures()),
        to_restrict=tuple(hidden["restricted"]),
        counts=_counts(session, log, mirror, keys, before=size, until=head.size),
        explains_counts=is_explained(session, log, keys, state_files, size),
        knows_records=mirror.has_records(),
    )
    session.rollback()
    return plan


def _log_of(session: AnySession, mirror: Mirror) -> Log:
    for log in list_logs(session):
        if log.origin == mirror.claimed.origin:
            return log
    raise NotFoundError(f"{mirror.name} is a copy of {mirror.claimed.origin}, which is not ours")


def _counts(
    session: AnySession, log: Log, mirror: Mirror, keys: Keys, *, before: int, until: int
) -> tuple[tuple[ActionCount, str], ...]:
    """Return the counts of officers' acts, with their notes, that the backup does not have.

    All of them or none: one that is not ours says that the copy's counts are not to be relied on.
    """
    found = {}
    for note in mirror.counts():
        if isinstance(note, Finding):
            return ()
        if before < note.size <= until:
            try:
                count = open_own_count(session, log, note.text, keys)
            except RecordFormatError:
                return ()
            if count.size != note.size:
                return ()
            found[count.size] = (count, note.text)
    return tuple(found.values())


def _require_use(
    session: AnySession, mirror: Mirror, before: LogState | None, head: Checkpoint
) -> None:
    if before is None:
        return
    if before.status in (FORKED, TAMPERED):
        raise LogRefusedError(
            f"log {before.log_id} is {before.status}: a copy cannot put that right. If the cause "
            "is gone, `consent log recover` without --from checks it again; if not, keep the "
            "evidence (`consent log status`) and begin a new epoch with `consent log new-epoch`"
        )
    if head.size > before.size:
        return
    if root_at(tile_reader(session, before.log_id), head.size) != head.root:
        raise LogRefusedError(_forked(mirror, before.size))
    if head.size < before.size:
        raise LogRefusedError(
            f"{mirror.name} has {head.size} entries, the database {before.size}: it is older"
        )
    if before.status == OK:
        raise LogRefusedError(f"log {before.log_id} has all of its {before.size} entries")


def _forked(mirror: Mirror, size: int) -> str:
    return (
        f"the database's {size} entries and {mirror.name} are two histories: something else was "
        "sealed after the restore, so the log is forked. Keep both as evidence, and begin a new "
        "epoch with `consent log new-epoch`"
    )


def _require_newest(
    session: AnySession,
    log: Log,
    mirror: Mirror,
    head: Checkpoint,
    keys: Keys,
    state_files: StateFiles,
) -> None:
    """A copy that ends before what this machine has signed would only begin another history."""
    note = state_files.read(log.log_id)
    if note is None:
        return
    signed = open_own(session, log, note, keys).checkpoint
    if signed.size > head.size:
        raise LogRefusedError(
            f"{mirror.name} has {head.size} entries, and this machine has signed {signed.size}: "
            "find a newer copy, or begin a new epoch with `consent log new-epoch`"
        )
    if root_at(mirror.tiles(), signed.size) != signed.root:
        raise LogRefusedError(
            f"{mirror.name} is of another history than what this machine has signed: the log is "
            f"forked. Keep both as evidence: {mirror.name} and {state_files.path(log.log_id)}"
        )


def _require_root(
    mirror: Mirror, before: LogState | None, after: Appended, head: Checkpoint
) -> None:
    if after.root == head.root:
        return
    root = EMPTY_ROOT if before is None else before.root
    size = 0 if before is None else before.size
    if root_at(mirror.tiles(), size) != root:
        raise LogRefusedError(_forked(mirror, size))
    raise LogRefusedError(f"the entries in {mirror.name} do not give the root that was signed")


def _lost(
    first: int,
    size: int,
    own: Mapping[int, Opened],
    relinked: Mapping[str, int],
    disposals: Iterable[Opened],
) -> tuple[Range, ...]:
    """Return the leaves that nothing is left of, and that nobody disposed of."""
    gone = bytearray(b"\x01" * (size - first))
    for leaf in (*own, *relinked.values()):
        gone[leaf - first] = 0
    for one in disposals:
        if "log" not in one.record.values:
            for start, end in one.record.ranges("leaves"):
                for leaf in range(max(start, first), min(end, size - 1) + 1):
                    gone[leaf - first] = 0
    return ranges_of(first + number for number, is_gone in enumerate(gone) if is_gone)


def _again(log: Log, one: Opened) -> tuple[DisposalClass, str, tuple[Range, ...]]:
    """Return what a disposal removed: its class, the log and the leaves."""
    reason = DisposalClass(one.record.text("reason"))
    log_id = one.record.text_or_none("log") or log.log_id
    return reason, log_id, tuple(one.record.ranges("leaves"))


def _counted(entries: Iterator[bytes], total: int, progress: Progress | None) -> Iterator[bytes]:
    for number, entry in enumerate(entries, start=1):
        yield entry
        if progress is not None and (number % 256 == 0 or number == total):
            progress(number, total)
