"""Downloads of a receipt: the signed note, or all that is stored with it, to its holder."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, json, request
from flask.typing import ResponseReturnValue

from consent.core.ids import is_uuid
from consent.errors import NotFoundError
from consent.services.acknowledging import find_receipt_event
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.web.answers import stored_body
from consent.web.context import live_site, presented, service
from consent.web.frame import private

blueprint = Blueprint("receipts", __name__)


@blueprint.get("/sites/<site_id>/preferences/receipt/<event_id>")
def note(site_id: str, event_id: str) -> ResponseReturnValue:
    body = _body(live_site(site_id), event_id)
    return _download(body["receipt"], "text/plain", f"consent-receipt-{event_id}.txt")


@blueprint.get("/sites/<site_id>/preferences/receipt/<event_id>.json")
def stored(site_id: str, event_id: str) -> ResponseReturnValue:
    body = _body(live_site(site_id), event_id)
    text = json.dumps(body, indent=2) + "\n"
    return _download(text, "application/json", f"consent-receipt-{event_id}.json")


def _body(site: LiveSite, event_id: str) -> dict[str, Any]:
    if not is_uuid(event_id):
        raise NotFoundError("there is nothing here for this browser")
    running = service()
    found = find_receipt_event(
        db.session,
        site,
        event_id,
        presented=presented(site),
        act=request.args.get("act", ""),
        keys=running.keys,
        now=running.now_ms(),
    )
    return stored_body(site, running.keys, found)


def _download(text: str, mimetype: str, name: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return private(response)
