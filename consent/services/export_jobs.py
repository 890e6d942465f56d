"""What officers do with exports in the console: ask for one, look for it, end it, ask again.

A job is an export that a worker makes: its start and its end are written down as officers' actions
like those of every other export, each in the transaction that changes the job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotFoundError, RuleError
from consent.export.purposes import Purpose
from consent.services.export_bodies import forms_at_hand
from consent.services.export_files import ExportFiles
from consent.services.exporting import (
    ABORT,
    Asked,
    Export,
    filter_record,
    prepare_export,
    read_filter_record,
    record_start,
    record_step,
)
from consent.store import export_jobs as store
from consent.store.database import AnySession, write_transaction
from consent.store.events import EventFilter
from consent.store.export_jobs import ExportJob, NewJob
from consent.store.officers import Officer

LISTED = 50
MOST_GOING = 20  # of one site: whoever asks for more has not looked at what is waiting
FILE_DAYS = 7
JOB_DAYS = 90
FILE_MS = FILE_DAYS * MILLIS_PER_DAY
MAX_REFERENCE = 200
CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer asks for. With `as_stored` pseudonyms are not keyed anew; it needs a reason.

    `reference` is that reason, or just a name for the case.
    """

    wanted: EventFilter
    form: str
    purpose: Purpose
    reference: str | None = None
    as_stored: bool = False


@dataclass(frozen=True, slots=True)
class ExportServing:
    """Where the files of exports are. `wake` has this process's worker look for jobs now."""

    files: ExportFiles
    wake: Callable[[], None]


class TooManyExportsError(RuleError):
    """So many exports of a site are waiting that no other is taken."""

    def __init__(self) -> None:
        super().__init__("too many exports of this site are waiting; wait for them or stop some")


def order_export(session: AnySession, order: Order, *, officer: Officer, now: int) -> ExportJob:
    """Record that an officer exports, and have it made; one who asks twice gets the same job.

    The order is for one site. Raises NotPermittedError and RuleError as `start_export` does.
    """
    reason = _reason(order)
    if order.form not in forms_at_hand():
        raise RuleError(f"exports cannot be made as {order.form!r} here")
    asked = Asked(order.wanted, order.form, reason, order.purpose)
    export = prepare_export(session, asked, officer=officer, now=now)
    new = _new_job(export, order, officer)
    with write_transaction(session):
        going = store.list_going(session, new.site)
        same = next((one for one in going if _is_same(one, new)), None)
        if same is not None:
            return same
        if len(going) >= MOST_GOING:
            raise TooManyExportsError
        record_start(
            session, export, purpose=new.purpose, reference=new.reference, site=new.site, by=CONSOLE
        )
        store.insert_job(session, new)
    return get_job(session, new.id, new.site)


def order_again(session: AnySession, job: ExportJob, *, officer: Officer, now: int) -> ExportJob:
    """Ask for what a job asked for, as somebody who may be another."""
    return order_export(session, order_of(job), officer=officer, now=now)


def order_of(job: ExportJob) -> Order:
    """Return what was asked for; raise RuleError where it cannot be read."""
    try:
        wanted, purpose = read_filter_record(dict(job.filter)), Purpose(job.purpose)
    except ValueError as error:
        raise RuleError("what this export was asked for cannot be read") from error
    return Order(wanted, job.form, purpose, job.reference, job.as_stored)


def export_of(job: ExportJob) -> Export:
    """Return the export that a job makes, as of when its worker began; RuleError as `order_of`."""
    order = order_of(job)
    asked = Asked(order.wanted, order.form, _reason(order), order.purpose)
    return replace(unread_export_of(job), asked=asked)


def unread_export_of(job: ExportJob) -> Export:
    """Return the export of a job to end it: whose it is, but not of which records of the site."""
    asked = Asked(EventFilter(sites=(job.site,)), job.form)
    return Export(job.id, job.officer, asked, job.started_at or job.created_at)


def get_job(session: AnySession, job_id: str, site: str) -> ExportJob:
    """Return a job of a site; raise NotFoundError where it has none of this id."""
    job = store.find_job(session, job_id)
    session.rollback()
    if job is None or job.site != site:
        raise NotFoundError("there is no such export")
    return job


def list_site_jobs(session: AnySession, site: str) -> list[ExportJob]:
    """Return the newest jobs of a site."""
    jobs = store.list_jobs(session, site, most=LISTED)
    session.rollback()
    return jobs


def stop_job(session: AnySession, job: ExportJob, *, officer: Officer, now: int) -> bool:
    """End a job that has not ended; False when it has. Its worker notices within seconds."""
    with write_transaction(session):
        is_ours = store.cancel_job(session, job.id, now)
        if is_ours:
            export = replace(unread_export_of(job), officer=officer.name)
            detail = {"rows": job.rows_done, "site": job.site, "by": CONSOLE}
            record_step(session, export, ABORT, detail, now)
    return is_ours


def take_ended(session: AnySession, officer_id: str) -> list[ExportJob]:
    """Return the jobs of an officer that ended while he was elsewhere: each of them once."""
    if not store.list_untold(session, officer_id):
        session.rollback()
        return []
    with write_transaction(session):
        ended = store.list_untold(session, officer_id)
        store.mark_told(session, [job.id for job in ended])
    return ended


def note_seen(session: AnySession, job: ExportJob) -> None:
    """Note that the officer who asked sees for himself that a job has ended."""
    with write_transaction(session):
        store.mark_told(session, [job.id])


def _reason(order: Order) -> str | None:
    if not order.as_stored:
        return None
    if not order.reference:
        raise RuleError("a reason has to be named for records as they are stored")
    return order.reference


def _new_job(export: Export, order: Order, officer: Officer) -> NewJob:
    sites = order.wanted.sites or ()
    if len(sites) != 1:
        raise RuleError("an export is made of one site")
    return NewJob(
        id=export.id,
        site=sites[0],
        officer_id=officer.id,
        officer=officer.name,
        purpose=order.purpose,
        reference=order.reference,
        as_stored=order.as_stored,
        form=order.form,
        filter=filter_record(export.asked.wanted),
        created_at=export.created_at,
    )


def _is_same(job: ExportJob, new: NewJob) -> bool:
    names = ("officer_id", "purpose", "reference", "as_stored", "form", "filter")
    return all(getattr(job, name) == getattr(new, name) for name in names)
