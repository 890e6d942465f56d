"""Exports as jobs: stored, claimed by one worker at a time, and ended once.

Every change of state names the state it starts from, so that of two who try one succeeds and the
other learns it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, insert, or_, select, update

from consent.store.database import AnySession
from consent.store.tables import ExportJobRow


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_going(self) -> bool:
        """Whether it has not ended yet."""
        return self in _GOING


_GOING = (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class NewJob:
    """What an officer asks for; `filter` is in the words of the API."""

    id: str
    site: str
    officer_id: str
    officer: str
    purpose: str
    reference: str | None
    as_stored: bool
    form: str
    filter: Mapping[str, Any]
    created_at: int


@dataclass(frozen=True, slots=True)
class ExportJob:
    """A job as it is stored. `rows_done` of `rows_expected` have passed, `rows` are in its file."""

    id: str
    site: str
    officer_id: str
    officer: str
    purpose: str
    reference: str | None
    as_stored: bool
    form: str
    filter: Mapping[str, Any]
    state: JobState
    created_at: int
    worker: str | None
    attempts: int
    beat_at: int | None
    started_at: int | None
    rows_expected: int | None
    rows_done: int
    ended_at: int | None
    rows: int | None
    size: int | None
    sha256: str | None
    expires_at: int | None
    fault: str | None
    told: bool


def insert_job(session: AnySession, job: NewJob) -> None:
    session.execute(
        insert(ExportJobRow).values(
            id=job.id,
            site=job.site,
            officer_id=job.officer_id,
            officer=job.officer,
            purpose=job.purpose,
            reference=job.reference,
            as_stored=job.as_stored,
            form=job.form,
            filter=json.dumps(job.filter, sort_keys=True, ensure_ascii=False),
            state=JobState.WAITING,
            created_at=job.created_at,
            attempts=0,
            rows_done=0,
            told=False,
        )
    )


def find_job(session: AnySession, job_id: str) -> ExportJob | None:
    row = session.get(ExportJobRow, job_id, populate_existing=True)
    return None if row is None else _job(row)


def list_jobs(session: AnySession, site: str, *, most: int) -> list[ExportJob]:
    """Return the newest jobs of a site."""
    query = select(ExportJobRow).where(ExportJobRow.site == site)
    return _jobs(session, query.order_by(ExportJobRow.id.desc()).limit(most))


def list_going(session: AnySession, site: str) -> list[ExportJob]:
    """Return the jobs of a site that have not ended."""
    query = select(ExportJobRow).where(ExportJobRow.state.in_(_GOING), ExportJobRow.site == site)
    return _jobs(session, query.order_by(ExportJobRow.id))


def list_claimable(session: AnySession, *, silent_since: int) -> list[ExportJob]:
    """Return the jobs that wait, and those whose worker has been silent, oldest first."""
    silent = (ExportJobRow.state == JobState.RUNNING) & (ExportJobRow.beat_at < silent_since)
    query = select(ExportJobRow).where(or_(ExportJobRow.state == JobState.WAITING, silent))
    return _jobs(session, query.order_by(ExportJobRow.id).limit(10))


def claim_job(session: AnySession, seen: ExportJob, worker: str, now: int) -> bool:
    """Make a job one's own; False when somebody else was faster."""
    return _changed(
        session,
        seen.id,
        ExportJobRow.state == seen.state,
        _is_worker(seen.worker),
        state=JobState.RUNNING,
        worker=worker,
        attempts=seen.attempts + 1,
        beat_at=now,
        started_at=now,
        rows_expected=None,
        rows_done=0,
    )


def note_progress(
    session: AnySession, job_id: str, worker: str, *, done: int, expected: int | None, now: int
) -> bool:
    """Say how far a job is and that its worker lives; False when it is not this worker's."""
    return _changed(
        session,
        job_id,
        *_held_by(worker),
        beat_at=now,
        rows_done=done,
        rows_expected=expected,
    )


def release_job(session: AnySession, job_id: str, worker: str) -> bool:
    """Let others have a job that could not be ended; that attempt does not count."""
    return _changed(
        session,
        job_id,
        *_held_by(worker),
        state=JobState.WAITING,
        worker=None,
        attempts=ExportJobRow.attempts - 1,
    )


@dataclass(frozen=True, slots=True)
class MadeFile:
    """What a job came to."""

    rows: int
    size: int
    sha256: str
    expires_at: int


def finish_job(session: AnySession, job_id: str, worker: str, made: MadeFile, now: int) -> bool:
    """Note that the file is there; False when the job is not this worker's any more."""
    return _changed(
        session,
        job_id,
        *_held_by(worker),
        state=JobState.DONE,
        rows_done=made.rows,
        rows_expected=made.rows,
        rows=made.rows,
        size=made.size,
        sha256=made.sha256,
        expires_at=made.expires_at,
        ended_at=now,
    )


def fail_job(session: AnySession, job_id: str, worker: str | None, fault: str, now: int) -> bool:
    """Note why a job ended without a file; False when it is not this worker's any more."""
    return _changed(
        session,
        job_id,
        *_held_by(worker),
        state=JobState.FAILED,
        fault=fault,
        ended_at=now,
    )


def cancel_job(session: AnySession, job_id: str, now: int) -> bool:
    """End a job that has not ended; False when it has."""
    return _changed(
        session,
        job_id,
        ExportJobRow.state.in_(_GOING),
        state=JobState.CANCELLED,
        ended_at=now,
        told=True,
    )


def list_expired(session: AnySession, now: int) -> list[ExportJob]:
    """Return the jobs whose file is to go."""
    due = (ExportJobRow.state == JobState.DONE) & (ExportJobRow.expires_at <= now)
    return _jobs(session, select(ExportJobRow).where(due).order_by(ExportJobRow.id))


def expire_job(session: AnySession, job_id: str) -> bool:
    """Note that the file of a job is gone."""
    is_done = ExportJobRow.state == JobState.DONE
    return _changed(session, job_id, is_done, state=JobState.EXPIRED, told=True)


def delete_ended_before(session: AnySession, instant: int) -> None:
    """Remove the jobs that ended before an instant and have no file."""
    session.execute(
        delete(ExportJobRow).where(
            ExportJobRow.ended_at < instant, ExportJobRow.state.not_in((*_GOING, JobState.DONE))
        )
    )


def list_with_files(session: AnySession) -> list[ExportJob]:
    """Return the jobs that have a file, or whose worker makes one now."""
    kept = (JobState.RUNNING, JobState.DONE)
    return _jobs(session, select(ExportJobRow).where(ExportJobRow.state.in_(kept)))


def list_untold(session: AnySession, officer_id: str) -> list[ExportJob]:
    """Return the jobs of an officer that ended without his knowing it yet."""
    query = select(ExportJobRow).where(
        ExportJobRow.officer_id == officer_id,
        ExportJobRow.told.is_(False),
        ExportJobRow.state.in_((JobState.DONE, JobState.FAILED)),
    )
    return _jobs(session, query.order_by(ExportJobRow.id))


def mark_told(session: AnySession, job_ids: Sequence[str]) -> None:
    session.execute(update(ExportJobRow).where(ExportJobRow.id.in_(job_ids)).values(told=True))


def _held_by(worker: str | None) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return ExportJobRow.state == JobState.RUNNING, _is_worker(worker)


def _is_worker(worker: str | None) -> ColumnElement[bool]:
    return ExportJobRow.worker.is_(None) if worker is None else ExportJobRow.worker == worker


def _changed(
    session: AnySession, job_id: str, *conditions: ColumnElement[bool], **values: Any
) -> bool:
    """Change one job if it is still as it was seen; say whether it was."""
    query = update(ExportJobRow).where(ExportJobRow.id == job_id, *conditions).values(**values)
    result = session.execute(query, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount == 1


def _jobs(session: AnySession, query: Any) -> list[ExportJob]:
    rows = session.scalars(query, execution_options={"populate_existing": True})
    return [_job(row) for row in rows]


def _job(row: ExportJobRow) -> ExportJob:
    return ExportJob(
        id=row.id,
        site=row.site,
        officer_id=row.officer_id,
        officer=row.officer,
        purpose=row.purpose,
        reference=row.reference,
        as_stored=row.as_stored,
        form=row.form,
        filter=json.loads(row.filter),
        state=JobState(row.state),
        created_at=row.created_at,
        worker=row.worker,
        attempts=row.attempts,
        beat_at=row.beat_at,
        started_at=row.started_at,
        rows_expected=row.rows_expected,
        rows_done=row.rows_done,
        ended_at=row.ended_at,
        rows=row.rows,
        size=row.size,
        sha256=row.sha256,
        expires_at=row.expires_at,
        fault=row.fault,
        told=row.told,
    )
