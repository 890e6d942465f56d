"""The proof as files: for a reader, for a program, and for anybody's own check."""

from __future__ import annotations

from typing import Any

from flask import Response, json
from flask.typing import ResponseReturnValue

from consent.core.roles import Permission
from consent.core.times import rfc3339
from consent.errors import NotFoundError
from consent.services.record_checks import RecordCheck
from consent.services.sites import LiveSite
from consent.services.timelines import Timeline
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.store.pictures import find_picture
from consent.web.answers import stored_body
from consent.web.console.frame import site_name
from consent.web.console.proof import look_up, view_of
from consent.web.console.proof_pdf import PaperFacts, proof_pdf
from consent.web.console.proof_view import ProofView
from consent.web.console.routing import console_route
from consent.web.console.visit import visit
from consent.web.context import service
from consent.web.downloads import download, proof_response

_FILES = "/sites/<site>/records/<record_id>"


@console_route(f"{_FILES}/proof.pdf", permission=Permission.EXPORT, look="record:proof_pdf")
def records_pdf(site: LiveSite, record_id: str) -> ResponseReturnValue:
    timeline = look_up(site, "record", record_id)
    view, checks = view_of(site, timeline)
    content = proof_pdf(view, _facts(site, timeline, view, checks[record_id]), visit().words)
    response = Response(content, mimetype="application/pdf")
    return _named(response, f"consent-proof-{record_id}.pdf")


@console_route(f"{_FILES}/proof.json", permission=Permission.EXPORT, look="record:proof_json")
def records_json(site: LiveSite, record_id: str) -> ResponseReturnValue:
    timeline = look_up(site, "record", record_id)
    view, checks = view_of(site, timeline)
    body = _body(site, timeline, view, checks)
    text = json.dumps(body, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    return download(text, "application/json", f"consent-proof-{record_id}.json")


@console_route(f"{_FILES}/proof.tlog-proof", permission=Permission.EXPORT, look="record:proof_tlog")
def records_tlog(site: LiveSite, record_id: str) -> ResponseReturnValue:
    timeline = look_up(site, "record", record_id)
    check = view_of(site, timeline)[1][record_id]
    if not check.proof:
        raise NotFoundError("the published log does not have this record yet")
    return proof_response(check.proof, record_id)


def _named(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _facts(site: LiveSite, timeline: Timeline, view: ProofView, check: RecordCheck) -> PaperFacts:
    """Return what stands on paper beside the words of the page."""
    controller = timeline.notice_of(timeline.focus).document["controller"]
    pictures = [one for one in view.shown.pictures if one.viewport == "desktop"]
    found = None
    if pictures:
        found = find_picture(db.session, view.shown.digest, pictures[0].digest)
        db.session.rollback()
    return PaperFacts(
        site=site_name(site),
        hosts=", ".join(site.deployment.origins),
        controller=f"{controller['name']}, {controller['address']}",
        officer=visit().person.name,
        record_id=timeline.focus.event.id,
        entry=timeline.focus.entry.hex(),
        log=check.opened.checkpoint.origin if check.opened else "",
        checkpoint=check.opened.checkpoint.text if check.opened else "",
        picture=None if found is None else found.content,
        picture_alt=pictures[0].alt if pictures else "",
        verify=f"{site.deployment.service_url}/sites/{site.id}/verify",
    )


def _body(
    site: LiveSite, timeline: Timeline, view: ProofView, checks: dict[str, RecordCheck]
) -> dict[str, Any]:
    """Return everything of a proof as one document, the record that was asked for first."""
    focus = timeline.focus
    others = [one for one in timeline.events if one is not focus]
    became = {one.act.id: one.became for one in view.acts}
    return {
        "v": 1,
        "kind": "proof of a choice",
        "made_at": rfc3339(view.made_at),
        "made_by": visit().person.name,
        "site": site.id,
        "controller": dict(timeline.notice_of(focus).document["controller"]),
        "reference_code": timeline.code,
        "standing": view.standing.text,
        "is_locked": timeline.is_locked,
        "record": _record(site, timeline, focus, checks, became),
        "other_records": [_record(site, timeline, one, checks, became) for one in others],
        "earlier_records_left_out": timeline.left_out,
        "checks": [
            {"result": one.kind, "what": one.label, "means": one.text} for one in view.checks
        ],
        "not_known": list(view.unknown),
        "notices": {name: notice.document for name, notice in timeline.notices.items()},
    }


def _record(
    site: LiveSite,
    timeline: Timeline,
    stored: StoredEvent,
    checks: dict[str, RecordCheck],
    became: dict[str, str],
) -> dict[str, Any]:
    event, check = stored.event, checks[stored.event.id]
    return {
        **stored_body(site, service().keys, stored, proof=check.proof or None),
        "control": event.control.value,
        "layer": event.layer.value,
        "language": event.language,
        "is_test": event.test,
        "what_became_of_it": became[event.id],
        "kept_until": rfc3339(timeline.ends[event.id]),
        "check": check.outcome.value,
    }
