"""Make the exports that officers ask for, one at a time, beside the service.

Every process has a thread for it. A job is claimed by a change in the database that only one of
them can make; while it is being made its worker says every few seconds that it lives, and of one
that has been silent for a minute another takes the job over. Nothing is locked meanwhile: the
records are read from one state of the database, and each change of the job is a short transaction.
"""

from __future__ import annotations

import errno
import logging
import threading
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from consent.audit.policies import Policy
from consent.core.times import MILLIS_PER_DAY
from consent.errors import ConsentError, StoreUnavailableError
from consent.services.background import Background, faults_told
from consent.services.export_bodies import CountedBody, body_of, passes_of
from consent.services.export_files import ExportFiles
from consent.services.export_jobs import FILE_MS, JOB_DAYS, export_of, unread_export_of
from consent.services.exporting import ABORT, FINISH, Export, count_rows, record_step
from consent.services.keys import Keys
from consent.store import export_jobs as store
from consent.store.database import write_transaction
from consent.store.export_jobs import ExportJob, MadeFile

LOOK_EVERY_SECONDS = 30.0
BEAT_SECONDS = 2.0
SILENT_MS = 60_000
MOST_ATTEMPTS = 3
SWEEP_EVERY_MS = 3_600_000

FULL, DISK, INTERRUPTED, FAULT = "full", "disk", "interrupted", "error"

_log = logging.getLogger(__name__)


class ExportWorker(Background):
    """The making of exports in one process; what is stopped waits for whoever comes next."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        keys: Keys,
        files: ExportFiles,
        now_ms: Callable[[], int],
        *,
        outside: Policy | None = None,
    ) -> None:
        super().__init__("consent-exports", first_seconds=0, every_seconds=LOOK_EVERY_SECONDS)
        self._open_session = open_session
        self._keys = keys
        self._files = files
        self._now_ms = now_ms
        self._outside = outside
        self._swept_at: int | None = None

    def run_once(self) -> int:
        """Make all that waits, and say how many jobs were ended; also clear up, once an hour."""
        now = self._now_ms()
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY_MS:
            self._clear_up_safely()
            self._swept_at = now
        made = 0
        while not self._is_stopped and (job := self._claim()) is not None:
            made += self._make(job)
        return made

    def clear_up(self) -> None:
        """Remove the files whose time has come and those that no job knows, and old jobs."""
        found, now = self._files.names(), self._now_ms()
        with self._open_session() as session:
            for job in store.list_expired(session, now):
                self._files.remove(job.id, job.worker or "")
                with write_transaction(session):
                    store.expire_job(session, job.id)
            kept = {f"{job.id}.{job.worker}" for job in store.list_with_files(session)}
            with write_transaction(session):
                store.delete_ended_before(session, now - JOB_DAYS * MILLIS_PER_DAY)
        self._files.remove_others(found, kept)

    def _clear_up_safely(self) -> None:
        try:
            self.clear_up()
        except OSError as error:  # what cannot be removed keeps nothing from being made
            name = type(error).__name__
            _log.error("old exports could not be removed (%s); the next try is in an hour", name)

    def _claim(self) -> ExportJob | None:
        """Return a job that is now this worker's; None when there is nothing to do."""
        worker = str(uuid.uuid4())
        with self._open_session() as session:
            now = self._now_ms()
            seen = store.list_claimable(session, silent_since=now - SILENT_MS)
            for job in seen:
                if job.worker is not None and job.attempts >= MOST_ATTEMPTS:
                    self._give_up(session, job, now)
                    continue
                with write_transaction(session):
                    is_ours = store.claim_job(session, job, worker, now)
                if is_ours:
                    return store.find_job(session, job.id)
            session.rollback()
        return None

    def _give_up(self, session: Session, job: ExportJob, now: int) -> None:
        """End a job whose workers have died one after the other: perhaps of the job."""
        with write_transaction(session):
            if store.fail_job(session, job.id, job.worker, INTERRUPTED, now):
                record_step(session, unread_export_of(job), ABORT, {"rows": job.rows_done}, now)

    def _make(self, job: ExportJob) -> bool:
        """Make a job's file; say whether the job has ended by it, one way or the other."""
        try:
            making = Making(job, export_of(job))
        except ConsentError as error:  # left to be claimed again, it would keep all others waiting
            return self._fail(Making(job, unread_export_of(job)), error)
        with self._open_session() as session, closing(self._body(session, making)) as body:
            making.body = body
            try:
                with Beat(making, self._open_session, self._now_ms):
                    made = self._write(session, making, body)
                return self._finish(making, made)
            except _NotNowError:
                return self._release(making)
            except (OSError, SQLAlchemyError, ConsentError, ValueError) as error:
                return self._fail(making, error)

    def _body(self, session: Session, making: Making) -> CountedBody:
        return body_of(session, making.export, self._keys, outside=self._outside)

    def _write(self, session: Session, making: Making, body: CountedBody) -> MadeFile:
        """Write the file; raise _NotNowError when it is wanted no more, or the service ends."""
        making.expected = count_rows(session, making.export)
        with self._files.write(making.job.id, making.worker) as file:
            for chunk in body:
                file.write(chunk)
                if making.lost.is_set() or self._is_stopped:
                    raise _NotNowError
        expires_at = self._now_ms() + FILE_MS
        return MadeFile(body.rows, body.size, body.sha256, expires_at)

    def _finish(self, making: Making, made: MadeFile) -> bool:
        """Tell that the file is there; take it back when the job has become somebody else's."""
        now = self._now_ms()
        detail = {"rows": made.rows, "size": made.size, "sha256": made.sha256}
        with self._open_session() as session, write_transaction(session):
            is_ours = store.finish_job(session, making.job.id, making.worker, made, now)
            if is_ours:
                record_step(session, making.export, FINISH, detail, now)
        if not is_ours:
            self._files.remove(making.job.id, making.worker)
        return is_ours

    def _fail(self, making: Making, error: Exception) -> bool:
        """Tell why there is no file; what the database cannot be told is taken over later."""
        # Only the kind of error: its message could name records.
        _log.error("export %s could not be made (%s)", making.job.id, type(error).__name__)
        with suppress(OSError):  # what stays is cleared up later
            self._files.remove(making.job.id, making.worker)
        if isinstance(error, SQLAlchemyError | StoreUnavailableError):
            return False
        now, rows = self._now_ms(), making.done
        with self._open_session() as session, write_transaction(session):
            if store.fail_job(session, making.job.id, making.worker, _fault(error), now):
                record_step(session, making.export, ABORT, {"rows": rows}, now)
        return True

    def _release(self, making: Making) -> bool:
        """Leave the job to whoever comes next, if it is still this worker's: it has not ended."""
        with self._open_session() as session, write_transaction(session):
            store.release_job(session, making.job.id, making.worker)
        return False

    def _run_safely(self) -> None:
        with faults_told(_log, "exports could not be made (%s)"):
            self.run_once()


class _NotNowError(Exception):
    """The file is not wanted any more, or cannot be ended now."""


@dataclass(slots=True)
class Making:
    """A job in the hands of its worker. `lost` says that it is not the worker's any more."""

    job: ExportJob
    export: Export
    expected: int | None = None
    body: CountedBody | None = None
    lost: threading.Event = field(default_factory=threading.Event)

    @property
    def worker(self) -> str:
        return self.job.worker or ""

    @property
    def done(self) -> int:
        """How many rows are done, as a share of all the times they pass."""
        return 0 if self.body is None else self.body.passed // passes_of(self.job.form)


class Beat:
    """Tell every few seconds how far a job is, from a thread of its own: a part may take long."""

    def __init__(
        self, making: Making, open_session: Callable[[], Session], now_ms: Callable[[], int]
    ) -> None:
        self._making = making
        self._open_session = open_session
        self._now_ms = now_ms
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consent-export-beat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self.tell()
            except (SQLAlchemyError, StoreUnavailableError):
                continue  # the next beat tries again; who is silent for long loses the job

    def tell(self) -> None:
        """Do it once, and find out whether the job is still this worker's."""
        making = self._making
        with self._open_session() as session, write_transaction(session):
            is_ours = store.note_progress(
                session,
                making.job.id,
                making.worker,
                done=making.done,
                expected=making.expected,
                now=self._now_ms(),
            )
        if not is_ours:
            making.lost.set()


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else DISK
    return FAULT
