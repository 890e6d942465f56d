"""Tell an officer on the next page, wherever that is, that an export has ended."""

from __future__ import annotations

from typing import Any

from flask import url_for

from consent.core.roles import Permission
from consent.services.export_jobs import take_ended
from consent.store.database import db
from consent.store.export_jobs import ExportJob, JobState
from consent.web.console.visit import Visit
from consent.web.console.words import ConsoleWords
from consent.web.context import service


def ended_exports(current: Visit) -> list[dict[str, Any]]:
    """Return what to say of exports that this person asked for, each of them once."""
    if not current.may(Permission.EXPORT):
        return []
    ended = take_ended(db.session, current.person.id)
    return [
        _message(job, current.words) for job in ended if current.may(Permission.EXPORT, job.site)
    ]


def _message(job: ExportJob, words: ConsoleWords) -> dict[str, Any]:
    is_done = job.state is JobState.DONE and (job.expires_at or 0) > service().now_ms()
    return {
        "key": "exports.ready" if is_done else "exports.not_ready",
        "kind": "done" if is_done else "warning",
        "values": {"moment": words.moment(job.created_at)},
        "href": url_for("console.exports_job", site=job.site, export_id=job.id),
        "label": "exports.open",
    }
