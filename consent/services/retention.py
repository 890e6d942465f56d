"""Remove what is no longer kept: erased records, old proofs, old refusals, old submissions.

What is due is queued, which hides it, and then removed, batch by batch: the queue stays short, as
every reader looks into it. What waits to be sealed is sealed first, so that every record that goes
has a leaf. The transaction that removes a batch also stages the record of it, which names the
leaves: the log says of each of them that it was removed, and nothing of whose it was.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from consent.audit.records import MAX_LEAF_RANGES, disposal_record
from consent.core.ids import uuid7
from consent.core.limits import DEFAULT_PROOF_MONTHS
from consent.core.ranges import ranges_of
from consent.core.retention import (
    POLICIES,
    Disposal,
    DisposalClass,
    Role,
    action_cutoff,
    erasures_taken_until,
    proof_cutoff,
    refusal_cutoff,
)
from consent.errors import LogRefusedError, NotFoundError, StateFileError
from consent.services.content_policies import forget_reports
from consent.services.keys import Keys
from consent.services.recording import forget_submissions
from consent.services.restricting import count_to_restrict, restrict_erased
from consent.services.sealing import seal_all
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import compare_with_state_file, keep_sealed
from consent.services.staging import stage_record
from consent.store import action_disposal as actions
from consent.store import disposal as store
from consent.store.database import AnySession, write_transaction
from consent.store.log import Log, find_state, list_logs
from consent.store.publications import list_proof_months

BATCH = 2_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Due:
    """How many records of one site and class are to be removed now.

    With `is_restricted` they are not removed but hidden for the rest of their time.
    """

    site: str
    reason: DisposalClass
    count: int
    is_restricted: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has done: records removed by class, restricted ones, submissions forgotten.

    `waiting` counts what should have gone and cannot yet: its log is not sealed.
    """

    removed: Mapping[DisposalClass, int]
    restricted: int
    submissions: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Sealing:
    """What a run seals with, and where this machine remembers what it has signed."""

    keys: Keys
    state_files: StateFiles


@dataclass(frozen=True, slots=True)
class _Run:
    """One run: what it works with, and until when an erasure was asked for that it removes."""

    session: AnySession
    now: int
    sealing: Sealing
    role: Role
    until: int


def plan_retention(session: AnySession, now: int, *, by_schedule: bool = False) -> list[Due]:
    """Return what a run would do now, by class and site; changes nothing.

    By schedule, erasures wait for those of the same day and are not counted yet.
    """
    until = _erasures_until(session, list_logs(session), now, by_schedule=by_schedule)
    counts = Counter(store.count_queued(session, asked_until=until))
    restricted = count_to_restrict(session, until=until)
    counts.subtract({(site, DisposalClass.ERASURE): count for site, count in restricted.items()})
    for reason, rule in _rules(session, now):
        counts.update(
            {(site, reason): count for site, count in store.count_due(session, rule).items()}
        )
    due_actions = actions.count_due(session, cutoff=action_cutoff(now))
    counts.update(
        {(site, DisposalClass.RETENTION_ACTION): count for site, count in due_actions.items()}
    )
    session.rollback()
    classes = list(DisposalClass)
    in_order = sorted(counts.items(), key=lambda item: (classes.index(item[0][1]), item[0][0]))
    return [
        *(
            Due(site, DisposalClass.ERASURE, count, is_restricted=True)
            for site, count in sorted(restricted.items())
        ),
        *(Due(site, reason, count) for (site, reason), count in in_order if count),
    ]


def run_retention(
    session: AnySession,
    now: int,
    sealing: Sealing,
    progress: Progress | None = None,
    *,
    role: Role = Role.SERVICE,
    by_schedule: bool = False,
) -> Outcome:
    """Remove what is due; `progress` is told after each batch how many are gone.

    A process without the log's keys removes only what is sealed. By schedule, erasures wait for
    those of the same day. It may be broken off and run again at any time, also by several
    processes at once.
    """
    run = _begin(session, now, sealing, role, by_schedule=by_schedule)
    restricted = restrict_erased(session, until=run.until, now=now)
    removed: Counter[DisposalClass] = Counter()
    for reason in _queue_by_batches(session, now):
        for count in _dispose(run, reason):
            removed[reason] += count
            if progress is not None:
                progress(removed.total())
    for log in list_logs(session):
        while (acts := _dispose_actions(run, log)) is not None:
            removed[DisposalClass.RETENTION_ACTION] += acts
    submissions = forget_submissions(session, now)
    forget_reports(session, now)
    waiting = _waiting(run)
    store.empty_journal(session)
    return Outcome(dict(removed), restricted, submissions, waiting)


def run_erasures(session: AnySession, now: int, sealing: Sealing) -> Outcome:
    """Remove only what visitors had erased and is due by schedule; nothing is searched for."""
    run = _begin(session, now, sealing, Role.SERVICE, by_schedule=True)
    restricted = restrict_erased(session, until=run.until, now=now)
    count = sum(_dispose(run, DisposalClass.ERASURE))
    removed = {DisposalClass.ERASURE: count} if count else {}
    waiting = _waiting(run)
    store.empty_journal(session)  # each hour: a reader may have been in the way of the last one
    return Outcome(removed, restricted, 0, waiting)


def _begin(
    session: AnySession, now: int, sealing: Sealing, role: Role, *, by_schedule: bool
) -> _Run:
    """Refuse first what contradicts this machine's memory: leaves would be other ones there."""
    logs = list_logs(session)
    for log in logs:
        try:
            compare_with_state_file(
                session, log.log_id, sealing.keys, now=now, state_files=sealing.state_files
            )
        except StateFileError:
            raise  # nothing tells whether the leaves are those that were signed
        except LogRefusedError:
            continue  # the database says so, and no leaf of this log is spoken of
    until = _erasures_until(session, logs, now, by_schedule=by_schedule)
    session.rollback()
    return _Run(session, now, sealing, role, until)


def _erasures_until(
    session: AnySession, logs: Sequence[Log], now: int, *, by_schedule: bool
) -> int:
    """Return until when an erasure was asked for that a run removes."""
    if not by_schedule:
        return now
    ready = {log.log_id for log in logs if _teller(session, log) is not None}
    return erasures_taken_until(now, store.oldest_erasure(session, ready))


def _rules(session: AnySession, now: int) -> list[tuple[DisposalClass, store.Rule]]:
    months_of = list_proof_months(session)
    cutoffs = {
        months: proof_cutoff(now, months) for months in {DEFAULT_PROOF_MONTHS, *months_of.values()}
    }
    proofs = store.rules_of_proof(cutoffs, months_of, DEFAULT_PROOF_MONTHS)
    return [
        *((DisposalClass.RETENTION_GRANT, rule) for rule in proofs),
        (DisposalClass.RETENTION_REFUSAL, store.RefusalRule(refusal_cutoff(now))),
    ]


def _queue_by_batches(session: AnySession, now: int) -> Iterator[DisposalClass]:
    """Queue what is due and name the class of each batch, after those that wait already."""
    yield from DisposalClass
    for reason, rule in _rules(session, now):
        after = ""
        while ids := store.list_due(session, rule, after=after, limit=BATCH):
            with write_transaction(session):
                store.queue_events(session, ids, reason, now)
            after = ids[-1]
            yield reason
    session.rollback()


def _dispose(run: _Run, reason: DisposalClass) -> Iterator[int]:
    """Remove what is queued of a class, log by log; yield how many went with each batch."""
    _seal_queued(run)
    for log in list_logs(run.session):
        while (count := _dispose_sealed(run, reason, log)) is not None:
            yield count
    while (count := _dispose_unlogged(run, reason)) is not None:
        yield count


def _seal_queued(run: _Run) -> None:
    """Give leaves to what waits for its removal, where this process can and the log allows it."""
    keys = run.sealing.keys
    if keys.log is None:
        return
    for log_id in store.logs_of_unsealed(run.session):
        with suppress(LogRefusedError, NotFoundError):  # they wait, and the outcome says so
            sealed = seal_all(run.session, log_id, keys, now=run.now)
            keep_sealed(run.session, sealed, keys, run.sealing.state_files)


def _dispose_sealed(run: _Run, reason: DisposalClass, log: Log) -> int | None:
    """Remove one batch of a class and log, and stage its record; None when there is none."""
    until = run.until if reason is DisposalClass.ERASURE else run.now
    session = run.session
    with write_transaction(session):
        teller = _teller(session, log)
        if teller is None:
            return None
        taken = store.take_sealed(session, reason, log.log_id, until=until, limit=BATCH)
        if not taken:
            return None
        disposal = _disposal(run, reason, [leaf for _, leaf in taken], log=log, teller=teller)
        stage_record(session, teller.log_id, disposal_record(disposal))
        return store.remove_events(session, [event_id for event_id, _ in taken[: disposal.count]])


def _dispose_actions(run: _Run, log: Log) -> int | None:
    """Remove one batch of what officers did long ago; None when there is none."""
    session = run.session
    with write_transaction(session):
        teller = _teller(session, log)
        if teller is None:
            return None
        cutoff = action_cutoff(run.now)
        taken = actions.take_due(session, log.log_id, cutoff=cutoff, limit=BATCH)
        if not taken:
            return None
        reason = DisposalClass.RETENTION_ACTION
        disposal = _disposal(run, reason, [leaf for _, leaf in taken], log=log, teller=teller)
        stage_record(session, teller.log_id, disposal_record(disposal))
        return actions.remove_actions(session, [one for one, _ in taken[: disposal.count]])


def _disposal(
    run: _Run, reason: DisposalClass, leaves: Sequence[int], *, log: Log, teller: Log
) -> Disposal:
    """Return the disposal of the first of these leaves, as many as one record can name."""
    ranges = ranges_of(leaves)[:MAX_LEAF_RANGES]
    return Disposal(
        id=uuid7(run.now, os.urandom(10)),
        at=run.now,
        reason=reason,
        policy=POLICIES[reason],
        role=run.role,
        count=sum(leaf <= ranges[-1][1] for leaf in leaves),
        leaves=ranges,
        log=None if teller == log else log.log_id,
    )


def _dispose_unlogged(run: _Run, reason: DisposalClass) -> int | None:
    """Remove one batch that no log knows of: there is no leaf to be named."""
    until = run.until if reason is DisposalClass.ERASURE else run.now
    with write_transaction(run.session):
        ids = store.take_unlogged(run.session, reason, until=until, limit=BATCH)
        return store.remove_events(run.session, ids) if ids else None


def _teller(session: AnySession, log: Log) -> Log | None:
    """Return the log that is told of disposals from a log: itself, or, once it cannot be signed
    and was replaced, the epoch in force. None while neither can be signed.
    """
    epochs = [each for each in list_logs(session) if each.name == log.name]
    for each in (log, epochs[-1]):
        state = find_state(session, each.log_id)
        if state is None or state.is_ok:
            return each
    return None


def _waiting(run: _Run) -> int:
    """Count what is queued and stays, and due acts of logs that nothing can be told of.

    Acts are queued only as they go.
    """
    session = run.session
    waiting = store.count_waiting(session, asked_until=run.until)
    if silent := [log.log_id for log in list_logs(session) if _teller(session, log) is None]:
        waiting += actions.count_due_in(session, silent, cutoff=action_cutoff(run.now))
    session.rollback()
    return waiting
