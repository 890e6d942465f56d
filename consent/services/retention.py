"""Remove what is no longer kept: erased records, old proofs, old refusals, old submissions.

What is due is queued, which hides it, and then removed, batch by batch: the queue stays short, as
every reader looks into it. The transaction that removes a batch also records how many went and why.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from consent.audit.records import disposal_record
from consent.core.ids import uuid7
from consent.core.limits import DEFAULT_PROOF_MONTHS
from consent.core.retention import (
    POLICIES,
    Disposal,
    DisposalClass,
    Role,
    proof_cutoff,
    refusal_cutoff,
)
from consent.services.recording import forget_submissions
from consent.services.staging import stage_record
from consent.store import disposal as store
from consent.store.database import AnySession, write_transaction
from consent.store.publications import list_proof_months

BATCH = 2_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Due:
    """How many records of one site and class are to be removed now."""

    site: str
    reason: DisposalClass
    count: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run has removed: records by class, and submissions forgotten."""

    removed: Mapping[DisposalClass, int]
    submissions: int


def plan_retention(session: AnySession, now: int) -> list[Due]:
    """Return what a run would remove now, by class and site; changes nothing."""
    counts = Counter(store.count_queued(session))
    for reason, rule in _rules(session, now):
        counts.update(
            {(site, reason): count for site, count in store.count_due(session, rule).items()}
        )
    session.rollback()
    classes = list(DisposalClass)
    in_order = sorted(counts.items(), key=lambda item: (classes.index(item[0][1]), item[0][0]))
    return [Due(site, reason, count) for (site, reason), count in in_order]


def run_retention(
    session: AnySession,
    now: int,
    progress: Progress | None = None,
    *,
    role: Role = Role.SERVICE,
) -> Outcome:
    """Remove what is due; `progress` is told after each batch how many are gone.

    It may be broken off and run again at any time, also by several processes at once.
    """
    removed: Counter[DisposalClass] = Counter()
    for reason in _queue_by_batches(session, now):
        while (count := _dispose(session, reason, role, now)) is not None:
            removed[reason] += count
            if progress is not None:
                progress(removed.total())
    return Outcome(dict(removed), forget_submissions(session, now))


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


def _dispose(session: AnySession, reason: DisposalClass, role: Role, now: int) -> int | None:
    """Remove one batch of a class, and record it; return None when none is left."""
    with write_transaction(session):
        ids = store.take_queued(session, reason, BATCH)
        if not ids:
            return None
        count = store.remove_events(session, ids)
        if count:
            event = Disposal(uuid7(now, os.urandom(10)), now, reason, POLICIES[reason], role, count)
            stage_record(session, "unknown/1", disposal_record(event))
        return count
