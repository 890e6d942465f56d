"""Downloads for the holder: a receipt, its proof, or everything that is held."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, json, request
from flask.typing import ResponseReturnValue

from consent.core.ids import is_uuid
from consent.errors import NotFoundError
from consent.services.accessing import Held, access_by_cookie
from consent.services.acknowledging import find_receipt_event
from consent.services.proving import prove
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.web.answers import stored_body
from consent.web.context import live_site, presented, service
from consent.web.downloads import download, proof_response, unsealed_response
from consent.web.frame import private
from consent.web.held import held_body
from consent.web.limits import limit_writes
from consent.web.script import requested_language

blueprint = Blueprint("receipts", __name__)


@blueprint.get("/sites/<site_id>/preferences/receipt/<event_id>")
def note(site_id: str, event_id: str) -> ResponseReturnValue:
    body = _body(live_site(site_id), event_id)
    return private(download(body["receipt"], "text/plain", f"consent-receipt-{event_id}.txt"))


@blueprint.get("/sites/<site_id>/preferences/receipt/<event_id>.json")
def stored(site_id: str, event_id: str) -> ResponseReturnValue:
    body = _body(live_site(site_id), event_id)
    text = json.dumps(body, indent=2) + "\n"
    return private(download(text, "application/json", f"consent-receipt-{event_id}.json"))


@blueprint.get("/sites/<site_id>/preferences/receipt/<event_id>.tlog-proof")
def proof(site_id: str, event_id: str) -> ResponseReturnValue:
    text = prove(db.session, _event(live_site(site_id), event_id))
    return private(unsealed_response() if text is None else proof_response(text, event_id))


@blueprint.get("/sites/<site_id>/preferences/data.json")
@limit_writes
def everything(site_id: str) -> ResponseReturnValue:
    site = live_site(site_id)
    running = service()
    now = running.now_ms()
    held = access_by_cookie(db.session, site, presented(site), keys=running.keys, now=now)
    return private(held_download(site, held, now))


def held_download(site: LiveSite, held: Held, now: int) -> Response:
    """Return everything that is held of a person as one file."""
    language = requested_language(site)
    body = held_body(site, service().keys, held, language=language, now=now)
    text = json.dumps(body, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
    return download(text, "application/json", f"consent-data-{site.id}.json")


def _body(site: LiveSite, event_id: str) -> dict[str, Any]:
    found = _event(site, event_id)
    proof = prove(db.session, found)
    return stored_body(site, service().keys, found, proof=proof)


def _event(site: LiveSite, event_id: str) -> StoredEvent:
    if not is_uuid(event_id):
        raise NotFoundError("there is nothing here for this browser")
    running = service()
    return find_receipt_event(
        db.session,
        site,
        event_id,
        presented=presented(site),
        act=request.args.get("act", ""),
        keys=running.keys,
        now=running.now_ms(),
    )
