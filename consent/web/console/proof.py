"""The proof of one visitor's choice: by a record, or by the code that the visitor reads out."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from consent.core.ids import parse_reference_code, reference_code
from consent.core.roles import Permission
from consent.errors import NotFoundError
from consent.services.looks import new_look
from consent.services.noticing import get_published_picture
from consent.services.record_checks import RecordCheck
from consent.services.sites import LiveSite
from consent.services.timelines import Timeline, timeline_of_code, timeline_of_record
from consent.store.database import db
from consent.web.console.frame import page
from consent.web.console.proof_view import ProofView, check_timeline, proof_view
from consent.web.console.routing import Entry, console_route
from consent.web.console.visit import visit
from consent.web.context import service

FIND: dict[str, Callable[..., Timeline]] = {
    "record": timeline_of_record,
    "code": timeline_of_code,
}


@console_route(
    "/sites/<site>/records/<record_id>",
    permission=Permission.READ_RECORDS,
    look="record:show",
)
def records_proof(site: LiveSite, record_id: str) -> ResponseReturnValue:
    return _page(site, look_up(site, "record", record_id))


@console_route(
    "/sites/<site>/subjects/<code>",
    permission=Permission.SEARCH_RECORDS,
    look="subject:show",
)
def records_subject(site: LiveSite, code: str) -> ResponseReturnValue:
    try:
        spelt = reference_code(f"{parse_reference_code(code)}0")
    except ValueError as error:
        raise NotFoundError("this is no reference code") from error
    return _page(site, look_up(site, "code", spelt))


@console_route("/sites/<site>/records/pictures/<notice_hash>/<sha256>", permission=Entry.SIGNED_IN)
def records_picture(site: LiveSite, notice_hash: str, sha256: str) -> ResponseReturnValue:
    """Serve a picture of a published notice: everybody may see those, and they are nobody's."""
    found = get_published_picture(db.session, site, notice_hash, sha256)
    return Response(found.content, mimetype=found.media_type)


def look_up(site: LiveSite, by: str, value: str) -> Timeline:
    """Return a timeline; that it was looked at is linked to its newest record."""
    look = new_look(service().now_ms())
    timeline = FIND[by](db.session, site.id, value, look=look)
    visit().note(subject_id=look)
    return timeline


def view_of(site: LiveSite, timeline: Timeline) -> tuple[ProofView, dict[str, RecordCheck]]:
    """Return what is read of a timeline, checked at this moment."""
    running = service()
    now = running.now_ms()
    checks = check_timeline(db.session, timeline, outside=running.log.witnesses, now=now)
    return proof_view(db.session, site, timeline, checks, visit().words, now=now), checks


def _page(site: LiveSite, timeline: Timeline) -> str:
    view, checks = view_of(site, timeline)
    record_id = timeline.focus.event.id
    downloads = None
    if visit().may(Permission.EXPORT, site.id):
        downloads = {
            kind: url_for(f"console.records_{kind}", site=site.id, record_id=record_id)
            for kind in ("pdf", "json", "tlog")
        }
    return page(
        "proof.html",
        view=view,
        check=checks[record_id],
        record_id=record_id,
        downloads=downloads,
        hrefs={
            one.act.id: url_for("console.records_proof", site=site.id, record_id=one.act.id)
            for one in view.acts
        },
    )
