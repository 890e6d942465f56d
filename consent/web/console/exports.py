"""Exports: ask for one, see how far it is, and fetch the file while it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

from flask import Response, request, send_file, url_for
from flask.typing import ResponseReturnValue

from consent.core.roles import Permission
from consent.errors import NotFoundError
from consent.export import FORMS
from consent.export.purposes import Purpose
from consent.services.export_bodies import forms_at_hand
from consent.services.export_jobs import (
    FILE_DAYS,
    MAX_REFERENCE,
    TooManyExportsError,
    get_job,
    list_site_jobs,
    note_seen,
    order_again,
    order_export,
    stop_job,
)
from consent.services.noticing import list_published_notices
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.export_jobs import ExportJob
from consent.web.console.exports_form import OrderForm, empty_form, quick_periods, read_form
from consent.web.console.exports_view import (
    ShownJob,
    is_pack,
    pack_summary,
    read_manifest,
    shown_job,
)
from consent.web.console.frame import page
from consent.web.console.records_filter import Option, options_of
from consent.web.console.routing import RECORDED_BY_SERVICE, Entry, console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.context import service
from consent.web.downloads import download

_JOB = "/sites/<site>/exports/<export_id>"

# How often the page of a job loads itself: at once for a small one, seldom for one that takes long.
_RELOADS = ((10_000, 1), (60_000, 3), (600_000, 10))
_SELDOM_SECONDS = 30


@console_route("/sites/<site>/exports", permission=Permission.EXPORT, look="export:list")
def exports(site: LiveSite) -> ResponseReturnValue:
    return _exports_page(site, empty_form(request.args, service().now_ms()))


@console_route(
    "/sites/<site>/exports",
    permission=Permission.EXPORT,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def exports_order(site: LiveSite) -> ResponseReturnValue:
    form = read_form(site, request.form, _options(site))
    if form.order is None:
        return _exports_page(site, form), HTTPStatus.UNPROCESSABLE_ENTITY
    officer = visit().officer(Permission.EXPORT)
    try:
        job = order_export(db.session, form.order, officer=officer, now=service().now_ms())
    except TooManyExportsError:
        return _exports_page(site, form, is_full=True), HTTPStatus.UNPROCESSABLE_ENTITY
    service().exports.wake()
    return to(_address(job))


@console_route(_JOB, permission=Permission.EXPORT, look="export:show")
def exports_job(site: LiveSite, export_id: str) -> ResponseReturnValue:
    """Show a job; while it is going, a page that nobody stops loads itself anew."""
    current, job = visit(), get_job(db.session, export_id, site.id)
    current.note(subject_id=job.id)
    current.is_repeat = job.state.is_going and "again" in request.args
    if not job.state.is_going and not job.told and job.officer_id == current.person.id:
        note_seen(db.session, job)
    shown = _shown(job, _options(site))
    summary = None
    if shown.has_file and is_pack(job):
        summary = pack_summary(_path(job), current.words)
    reloads = shown.progress is not None and "still" not in request.args
    body = page("export_job.html", shown=shown, job=job, summary=summary, reloads=reloads)
    response = Response(body)
    if reloads:
        response.headers["Refresh"] = f"{_seconds(job)}; url={_address(job)}?again=1"
    return response


@console_route(f"{_JOB}/file", permission=Permission.EXPORT, look="export:download")
def exports_file(site: LiveSite, export_id: str) -> ResponseReturnValue:
    shown = _with_file(site, export_id)
    job = shown.job
    visit().note(subject_id=job.id, size=job.size, sha256=job.sha256)
    response = send_file(
        _path(job),
        mimetype=FORMS[job.form].media_type,
        as_attachment=True,
        download_name=shown.file_name,
        conditional=True,
        etag=job.sha256 or False,
    )
    # Flask adds a charset to a text type, beside the one that it has.
    response.headers["Content-Type"] = FORMS[job.form].media_type
    response.headers["Cache-Control"] = "no-store"
    return response


@console_route(f"{_JOB}/manifest.json", permission=Permission.EXPORT, look="export:manifest")
def exports_manifest(site: LiveSite, export_id: str) -> ResponseReturnValue:
    job = _with_file(site, export_id).job
    if not is_pack(job):
        raise NotFoundError("only an evidence pack has a manifest")
    visit().note(subject_id=job.id)
    content = read_manifest(_path(job))
    return download(content.decode(), "application/json", f"manifest-{job.id}.json")


@console_route(
    f"{_JOB}/stop", permission=Permission.EXPORT, look=RECORDED_BY_SERVICE, methods=["POST"]
)
def exports_stop(site: LiveSite, export_id: str) -> ResponseReturnValue:
    job, officer = get_job(db.session, export_id, site.id), visit().officer(Permission.EXPORT)
    if stop_job(db.session, job, officer=officer, now=service().now_ms()):
        say("exports.stopped")
    else:
        say("exports.too_late", kind="warning")
    return to(_address(job))


@console_route(
    f"{_JOB}/again", permission=Permission.EXPORT, look=RECORDED_BY_SERVICE, methods=["POST"]
)
def exports_again(site: LiveSite, export_id: str) -> ResponseReturnValue:
    before, officer = get_job(db.session, export_id, site.id), visit().officer(Permission.EXPORT)
    try:
        job = order_again(db.session, before, officer=officer, now=service().now_ms())
    except TooManyExportsError:
        say("exports.fault.full", kind="error")
        return to(_address(before))
    service().exports.wake()
    return to(_address(job))


@console_route("/exports/check", permission=Entry.SIGNED_IN)
def exports_check() -> ResponseReturnValue:
    """Tell whoever is given a pack how to check it; it is printed and handed over."""
    return page("exports_check.html")


def _exports_page(site: LiveSite, form: OrderForm, *, is_full: bool = False) -> str:
    current, now, options = visit(), service().now_ms(), _options(site)
    return page(
        "exports.html",
        form=form,
        is_full=is_full,
        options=options,
        periods=quick_periods(site, form, now, current.words),
        purposes=list(Purpose),
        forms=forms_at_hand(),
        most_letters=MAX_REFERENCE,
        file_days=FILE_DAYS,
        jobs=[_shown(job, options) for job in list_site_jobs(db.session, site.id)],
    )


def _options(site: LiveSite) -> Mapping[str, Sequence[Option]]:
    return options_of(list_published_notices(db.session, site), visit().words)


def _shown(job: ExportJob, options: Mapping[str, Sequence[Option]]) -> ShownJob:
    return shown_job(job, _path(job), options, service().now_ms(), visit().words)


def _path(job: ExportJob) -> Path:
    """Return where the file of a job is, if it has one."""
    return service().exports.files.path(job.id, job.worker or "")


def _with_file(site: LiveSite, export_id: str) -> ShownJob:
    """Return a job whose file is here; raise NotFoundError where it is not, or not any more."""
    shown = _shown(get_job(db.session, export_id, site.id), _options(site))
    if not shown.has_file:
        raise NotFoundError("the file of this export is not kept any more")
    return shown


def _address(job: ExportJob) -> str:
    return url_for("console.exports_job", site=job.site, export_id=job.id)


def _seconds(job: ExportJob) -> int:
    age = service().now_ms() - job.created_at
    return next((seconds for most, seconds in _RELOADS if age < most), _SELDOM_SECONDS)
