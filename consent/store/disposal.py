"""The end of consent events: which are due, the queue that hides them, and their removal.

Finding what is due reads beside the writers; only putting rows in the queue and removing them
needs a writing transaction. Both go by pages in the order of ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from consent.core.choices import GRANTS
from consent.core.model import EventName
from consent.core.retention import DisposalClass
from consent.store.database import AnySession
from consent.store.events import ID_SLACK_MS, first_id_of, site_beside_its_index
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    LogIndexRow,
    LogPendingRow,
    OfficerLookRow,
    RestrictionRow,
    SubmissionRow,
)

JOURNAL_TIMEOUT_MS = 200  # writers wait as long

_Event = ConsentEventRow
_Queue = DisposalQueueRow
_Index = LogIndexRow
_Pending = LogPendingRow

_NOT_QUEUED = ~exists(select(_Queue.event_id).where(_Queue.event_id == _Event.id))
_NOT_RESTRICTED = ~exists(
    select(RestrictionRow.event_id).where(RestrictionRow.event_id == _Event.id)
)


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """Refusals of an instant up to `cutoff` are due."""

    cutoff: int


@dataclass(frozen=True, slots=True)
class ProofRule:
    """Grants whose reliance ended up to `cutoff` are due, each with the withdrawal that ended it.

    The rule holds for records of these notices, or of all but these.
    """

    cutoff: int
    notices: frozenset[str]
    all_but: bool


Rule = RefusalRule | ProofRule


def count_due(session: AnySession, rule: Rule) -> dict[str, int]:
    """Return how many events of each site are due and not in the queue yet."""
    # Not by the column itself: to have sites in order, SQLite would walk its index from end to end.
    site = _Event.site.concat("")
    query = select(site, func.count()).where(*_due(rule)).group_by(site)
    return {row[0]: row[1] for row in session.execute(query)}


def count_queued(session: AnySession, *, asked_until: int) -> dict[tuple[str, DisposalClass], int]:
    """Return how many events of each site and class wait for their removal.

    Erasures count up to the instant until which they were asked for.
    """
    is_taken = or_(_Queue.reason != DisposalClass.ERASURE.value, _Queue.queued_at <= asked_until)
    # Event by event of the queue: SQLite cannot know that it is the shorter table.
    site = select(_Event.site).where(_Event.id == _Queue.event_id).scalar_subquery()
    queued = select(site.label("site"), _Queue.reason).where(is_taken).subquery()
    query = select(queued.c.site, queued.c.reason, func.count()).group_by(
        queued.c.site, queued.c.reason
    )
    rows = session.execute(query.where(queued.c.site.is_not(None)))
    return {(site, DisposalClass(reason)): count for site, reason, count in rows}


def list_due(session: AnySession, rule: Rule, *, after: str, limit: int) -> list[str]:
    """Return the ids of due events that follow `after`, in the order of ids."""
    query = select(_Event.id).where(*_due(rule), _Event.id > after)
    # Refusals lie together in the index of subjects, where they have none.
    order = (_Event.subject, _Event.id) if isinstance(rule, RefusalRule) else (_Event.id,)
    return list(session.scalars(query.order_by(*order).limit(limit)))


def queue_events(session: AnySession, ids: Sequence[str], reason: DisposalClass, now: int) -> None:
    """Queue events, each with its withdrawal and with what came before under the same subject.

    A later event can be due first, where a later notice promised a shorter time: without it
    nothing would say any more when reliance on the earlier one had ended.
    """
    ended, later = aliased(_Event), aliased(_Event)
    withdrawals = (
        select(_Event.id)
        .join(ended, and_(ended.subject == _Event.subject, ended.id == _Event.prev))
        .where(ended.id.in_(ids), _Event.event == EventName.WITHDRAWN.value)
    )
    earlier = (
        select(_Event.id)
        .join(later, and_(later.subject == _Event.subject, later.id > _Event.id))
        .where(later.id.in_(ids))
        .distinct()
    )
    _queue(session, select(_Event.id).where(_Event.id.in_(ids)), reason, now)
    _queue(session, withdrawals, reason, now)
    _queue(session, earlier, reason, now)


def queue_exactly(session: AnySession, ids: Sequence[str], reason: DisposalClass, now: int) -> int:
    """Queue these events and no other; return how many were not queued yet."""
    before = select(func.count()).where(_Queue.event_id.in_(ids))
    known = session.scalar(before) or 0
    _queue(session, select(_Event.id).where(_Event.id.in_(ids)), reason, now)
    return (session.scalar(before) or 0) - known


def queue_subject(
    session: AnySession, site: str, subject: str, reason: DisposalClass, now: int
) -> None:
    """Queue every event of a subject; those queued or restricted already stay as they are."""
    of_subject = select(_Event.id).where(
        _Event.subject == subject, site_beside_its_index() == site, _NOT_RESTRICTED
    )
    _queue(session, of_subject, reason, now)


def queued_of_subject(session: AnySession, site: str, subject: str) -> tuple[int, int | None]:
    """Return how many events of a subject are in the queue, and since when the last one is."""
    query = (
        select(func.count(), func.max(_Queue.queued_at))
        .join(_Event, _Queue.event_id == _Event.id)
        .where(_Event.subject == subject, site_beside_its_index() == site)
    )
    count, queued_at = session.execute(query).one()
    return count, queued_at


def subjects_that_begin(session: AnySession, site: str, digits: str, limit: int) -> list[str]:
    """Return the subjects of a site that begin with these hexadecimal digits."""
    query = select(_Event.subject).where(
        _Event.subject >= digits,
        _Event.subject < f"{digits}g",
        site_beside_its_index() == site,
        _NOT_QUEUED,
        _NOT_RESTRICTED,
    )
    found = session.scalars(query.distinct().order_by(_Event.subject).limit(limit))
    return [subject for subject in found if subject is not None]


def oldest_erasure(session: AnySession, logs: Collection[str]) -> int | None:
    """Return since when the oldest erasure waits that these logs, or none, have a leaf for."""
    log_id = func.coalesce(_Index.log_id, _Pending.log_id)
    query = (
        select(func.min(_Queue.queued_at))
        .outerjoin(_Index, _Index.event_id == _Queue.event_id)
        .outerjoin(_Pending, _Pending.event_id == _Queue.event_id)
        .where(
            _Queue.reason == DisposalClass.ERASURE.value,
            or_(log_id.is_(None), log_id.in_(sorted(logs))),
        )
    )
    return session.scalar(query)


def logs_of_unsealed(session: AnySession) -> list[str]:
    """Return the logs that are to seal something first that waits for its removal."""
    query = select(_Pending.log_id).join(_Queue, _Queue.event_id == _Pending.event_id)
    return list(session.scalars(query.distinct().order_by(_Pending.log_id)))


def take_sealed(
    session: AnySession, reason: DisposalClass, log_id: str, *, until: int, limit: int
) -> list[tuple[str, int]]:
    """Return events of a log, each with its leaf, in the order of leaves.

    They were queued up to an instant, and no other process is removing them now.
    """
    query = (
        select(_Queue.event_id, _Index.leaf_index)
        .join(_Index, _Index.event_id == _Queue.event_id)
        .join(_Event, _Event.id == _Queue.event_id)
        .where(_Queue.reason == reason.value, _Queue.queued_at <= until, _Index.log_id == log_id)
    )
    locked = query.with_for_update(of=_Queue, skip_locked=True)
    rows = session.execute(locked.order_by(_Index.leaf_index).limit(limit))
    return [(row.event_id, row.leaf_index) for row in rows]


def take_unlogged(
    session: AnySession, reason: DisposalClass, *, until: int, limit: int
) -> list[str]:
    """Return queued ids that no log has or waits for, or whose events are gone already."""
    has_leaf = exists(
        select(_Index.event_id)
        .join(_Event, _Event.id == _Index.event_id)
        .where(_Index.event_id == _Queue.event_id)
    )
    waits = exists(select(_Pending.event_id).where(_Pending.event_id == _Queue.event_id))
    query = select(_Queue.event_id).where(
        _Queue.reason == reason.value, _Queue.queued_at <= until, ~has_leaf, ~waits
    )
    locked = query.with_for_update(of=_Queue, skip_locked=True)
    return list(session.scalars(locked.order_by(_Queue.event_id).limit(limit)))


def count_waiting(session: AnySession, *, asked_until: int) -> int:
    """Return how many events wait for their removal, erasures asked for later left out."""
    is_later = and_(_Queue.reason == DisposalClass.ERASURE.value, _Queue.queued_at > asked_until)
    query = select(func.count()).select_from(_Queue).where(~is_later)
    return session.scalar(query) or 0


def remove_events(session: AnySession, ids: Collection[str]) -> int:
    """Remove queued events with their salts and all that links to them; return how many.

    Nothing else removes an event, and the database refuses those that are not in the queue. On
    SQLite the bytes are overwritten as well, once `empty_journal` was called.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA secure_delete = ON"))
    _unlink_submissions(session, ids)
    removed = session.execute(delete(_Event).where(_Event.id.in_(ids)))
    for table in (_Index, RestrictionRow, OfficerLookRow, _Queue):
        session.execute(delete(table).where(table.event_id.in_(ids)))
    return int(getattr(removed, "rowcount", 0))


def empty_journal(session: AnySession) -> bool:
    """Have nothing of removed rows stay in SQLite's journal; ends the session's transaction.

    Returns False while somebody else reads or writes: then it is to be tried again later.
    """
    session.rollback()
    engine = session.get_bind()
    if engine.dialect.name != "sqlite" or not isinstance(engine, Engine):
        return True
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {JOURNAL_TIMEOUT_MS}")
        (is_busy, _, _) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {patience}")
    finally:
        connection.close()
    return not is_busy


def _unlink_submissions(session: AnySession, ids: Collection[str]) -> None:
    """Leave of the submissions that led to events only that they are not to be sent again."""
    newest = session.scalar(select(func.max(_Event.at)).where(_Event.id.in_(ids)))
    if newest is None:
        return
    # No event is older than its submission: for old events, nothing is searched.
    session.execute(
        update(SubmissionRow)
        .where(SubmissionRow.answered_at <= newest, SubmissionRow.event_id.in_(ids))
        .values(event_id=None, presented="")
    )


def _queue(session: AnySession, ids: Select[Any], reason: DisposalClass, now: int) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = ids.add_columns(literal(reason.value), literal(now))
    statement = dialect.insert(_Queue).from_select(["event_id", "reason", "queued_at"], values)
    session.execute(statement.on_conflict_do_nothing())


def _due(rule: Rule) -> list[ColumnElement[bool]]:
    conditions = [
        _Event.at <= rule.cutoff,
        _Event.id < first_id_of(rule.cutoff + ID_SLACK_MS),
        _NOT_QUEUED,
    ]
    if isinstance(rule, RefusalRule):
        refused = _Event.event == EventName.REFUSED.value
        return [_Event.subject.is_(None), refused, *conditions]
    return [*conditions, or_(_grant_is_due(rule), _withdrawal_is_due(rule))]


def _grant_is_due(rule: ProofRule) -> ColumnElement[bool]:
    """Reliance ends with the grant's own time, or with what came after it."""
    following = aliased(_Event)
    followed = exists(
        select(following.id).where(
            following.subject == _Event.subject,
            following.prev == _Event.id,
            following.at <= rule.cutoff,
        )
    )
    return and_(
        _Event.event.in_([name.value for name in GRANTS]),
        _is_ruled(rule, _Event.notice),
        or_(_Event.valid_until <= rule.cutoff, followed),
    )


def _withdrawal_is_due(rule: ProofRule) -> ColumnElement[bool]:
    """A withdrawal ends reliance at its own instant, and goes by the notice of its grant."""
    ended = aliased(_Event)
    notice_of_grant = select(ended.notice).where(ended.id == _Event.prev).scalar_subquery()
    notice = func.coalesce(notice_of_grant, _Event.notice)
    return and_(_Event.event == EventName.WITHDRAWN.value, _is_ruled(rule, notice))


def _is_ruled(rule: ProofRule, notice: Any) -> ColumnElement[bool]:
    named: ColumnElement[bool] = notice.in_(sorted(rule.notices))
    return ~named if rule.all_but else named


def rules_of_proof(
    cutoffs: Mapping[int, int], months_of: Mapping[str, int], default: int
) -> list[ProofRule]:
    """Return one rule for each number of months; notices that are not stored have the default.

    `cutoffs` has the cutoff of every number of months in `months_of`, and of the default.
    """
    others = frozenset(notice for notice, months in months_of.items() if months != default)
    rules = [ProofRule(cutoffs[default], others, all_but=True)]
    for months in sorted(set(months_of.values()) - {default}):
        notices = frozenset(notice for notice, number in months_of.items() if number == months)
        rules.append(ProofRule(cutoffs[months], notices, all_but=False))
    return rules
