"""What a site has shown, published: date and digest of each notice, policy and build.

Anyone can compare the script that is served with the list, and the list with the log: each entry
has its record's opening and proof, which hold nothing about any visitor.
"""

from __future__ import annotations

import base64

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from consent.core.ids import is_uuid
from consent.core.times import rfc3339
from consent.errors import NotFoundError
from consent.services.builds import script_build
from consent.services.sites import LiveSite
from consent.services.transparency import Shown, list_shown, prove_shown
from consent.store.database import db
from consent.web.context import live_site
from consent.web.downloads import proof_response, unsealed_response
from consent.web.log import open_to_all

CACHING = "public, max-age=300"

blueprint = Blueprint("transparency", __name__)


@blueprint.get("/sites/<site_id>/transparency.json")
def published(site_id: str) -> ResponseReturnValue:
    """List what the site has shown, newest first, and the digest of the script it serves now."""
    site = live_site(site_id)
    shown = list_shown(db.session, site)
    body = {
        "v": 1,
        "site": site.id,
        "origin": site.log_origin,
        "script": script_build(),
        "published": [_entry(site, one) for one in reversed(shown)],
    }
    response = jsonify(body)
    response.headers["Cache-Control"] = CACHING
    response.add_etag()
    response.make_conditional(request)
    return open_to_all(response)


@blueprint.get("/sites/<site_id>/transparency/<record_id>.tlog-proof")
def proof(site_id: str, record_id: str) -> ResponseReturnValue:
    """Prove from the log what the site showed."""
    site = live_site(site_id)
    if not is_uuid(record_id):
        raise NotFoundError("this site has no such record")
    text = prove_shown(db.session, site, record_id)
    if text is None:
        return unsealed_response()
    response = proof_response(text, record_id)
    response.headers["Cache-Control"] = CACHING
    return open_to_all(response)


def _entry(site: LiveSite, shown: Shown) -> dict[str, object]:
    base = f"{site.deployment.service_url}/sites/{site.id}"
    record = shown.record
    return {
        "since": rfc3339(shown.at),
        "notice": shown.notice,
        "notice_url": f"{base}/notices/{shown.notice}",
        "scope": shown.scope,
        "policy": shown.policy,
        "policy_url": f"{base}/policy/{shown.policy}",
        "builds": shown.builds,
        "log": record.log_id,
        "leaf": shown.leaf,
        "opening": {
            "record": record.payload.decode(),
            "salt": base64.b64encode(record.salt).decode(),
        },
        "proof_url": f"{base}/transparency/{record.id}.tlog-proof",
    }
