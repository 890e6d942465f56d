"""The log as others read it: heads, tiles, keys and the proof that it only grew.

Heads, keys and consistency are for everyone. Tiles tell how much is recorded and when, which is the
controller's business: they are the officers', unless the operator opens them to all.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnprocessableEntity

from consent.audit.policies import format_policy
from consent.audit.tiles import TILE_WIDTH, parse_tile_path
from consent.core.times import rfc3339
from consent.errors import NotFoundError, NotPermittedError, RecordFormatError
from consent.services.anchoring import anchored_state
from consent.services.proving import find_consistency, find_head, find_tile, log_policy
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.log_keys import list_keys
from consent.web.audit import signed_in_officer
from consent.web.context import service

HEAD_CACHING = "public, max-age=10"
POLICY_CACHING = "public, max-age=300"
PROOF_CACHING = "public, max-age=86400"
FOR_EVER = "max-age=31536000, immutable"
A_WHILE = "max-age=3600, immutable"  # nobody asks for a partial tile once it is full

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")

blueprint = Blueprint("log", __name__)


@blueprint.get("/log/<name>/<epoch>/checkpoint")
def checkpoint(name: str, epoch: str) -> ResponseReturnValue:
    """Serve the newest published head (C2SP tlog-checkpoint)."""
    head = find_head(db.session, f"{name}/{epoch}")
    if head is None:
        raise NotFoundError("nothing of this log is published yet")
    return _public(head.note, HEAD_CACHING)


@blueprint.get("/log/<name>/<epoch>/policy")
def policy(name: str, epoch: str) -> ResponseReturnValue:
    """Serve whose signatures make a head valid (C2SP tlog-policy)."""
    found = log_policy(db.session, f"{name}/{epoch}", service().log.witnesses)
    return _public(format_policy(found), POLICY_CACHING)


@blueprint.get("/log/<name>/<epoch>/consistency")
def consistency(name: str, epoch: str) -> ResponseReturnValue:
    """Prove that one size of the log is the beginning of a later one: a base64 hash a line."""
    old = _size("old")
    if old is None:
        raise UnprocessableEntity("say how many entries the older size has: ?old=")
    new = _size("new")
    hashes = find_consistency(db.session, f"{name}/{epoch}", old=old, new=new)
    lines = "".join(f"{base64.b64encode(value).decode()}\n" for value in hashes)
    return _public(lines, HEAD_CACHING if new is None else PROOF_CACHING)


@blueprint.get("/log/<name>/<epoch>/<path:path>")
def tile(name: str, epoch: str, path: str) -> ResponseReturnValue:
    """Serve a tile or a bundle of entries (C2SP tlog-tiles)."""
    log_id = f"{name}/{epoch}"
    try:
        wanted = parse_tile_path(path)
    except RecordFormatError as error:
        raise NotFoundError("a log has no such address") from error
    is_public = service().log.public_tiles
    if not is_public:
        _require_officer(log_id)
    content = find_tile(db.session, log_id, wanted)
    response = Response(content, mimetype="application/octet-stream")
    lifetime = FOR_EVER if wanted.width == TILE_WIDTH else A_WHILE
    response.headers["Cache-Control"] = f"{'public' if is_public else 'private'}, {lifetime}"
    if is_public:
        open_to_all(response)
    else:
        response.headers["Vary"] = "Authorization"
    return response


@blueprint.get("/.well-known/consent-log.json")
def well_known() -> ResponseReturnValue:
    """Say where the logs of this host's sites stand, for whoever keeps what they were told."""
    sites = [site for site in service().sites.all() if request.host in _hosts(site)]
    if not sites:
        raise NotFoundError("no site of this host has a log here")
    response = jsonify({"v": 1, "sites": [_anchor(site) for site in sites]})
    response.headers["Cache-Control"] = HEAD_CACHING
    return open_to_all(response)


def _anchor(site: LiveSite) -> dict[str, object]:
    """Return what is said of one site's log: its head, its keys, and how far others vouch."""
    log_id = site.deployment.log_id
    head = find_head(db.session, log_id)
    state = anchored_state(db.session, log_id, service().now_ms())
    address = log_address(site, log_id)
    unanchored = state.unanchored_since
    return {
        "site": site.id,
        "log": log_id,
        "origin": site.log_origin,
        "checkpoint": None if head is None else head.note,
        "checkpoint_url": f"{address}/checkpoint",
        "policy_url": f"{address}/policy",
        "keys": [
            {
                "vkey": key.vkey,
                "role": key.role,
                "added_at": rfc3339(key.added_at),
                "retired_at": None if key.retired_at is None else rfc3339(key.retired_at),
            }
            for key in list_keys(db.session, log_id)
        ],
        "anchored_by": list(state.kinds),
        "anchored_at": None if state.last_at is None else rfc3339(state.last_at),
        "unanchored_since": None if unanchored is None else rfc3339(unanchored),
    }


def log_address(site: LiveSite, log_id: str) -> str:
    """Return where others reach a log."""
    return f"{site.deployment.service_url}/log/{log_id}"


def _hosts(site: LiveSite) -> set[str]:
    origins = (*site.deployment.origins, site.deployment.service_origin)
    return {urlsplit(origin).netloc for origin in origins}


def _require_officer(log_id: str) -> None:
    """Ask for an officer of a site whose records go into this log, in whichever epoch."""
    officer = signed_in_officer()
    name = log_id.rpartition("/")[0]
    sites = [site.id for site in service().sites.all() if _log_name(site) == name]
    if not officer.sees_all_sites and not any(officer.may_see([site]) for site in sites):
        raise NotPermittedError("this officer has no site in this log")


def _log_name(site: LiveSite) -> str:
    return site.deployment.log_id.rpartition("/")[0]


def _size(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not _SIZE.fullmatch(text):
        raise UnprocessableEntity(f"{name} is a number of entries, in digits")
    return int(text)


def _public(text: str, caching: str) -> Response:
    response = Response(text, mimetype="text/plain")
    response.headers["Cache-Control"] = caching
    response.set_etag(sha256(text.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return open_to_all(response)


def open_to_all(response: Response) -> Response:
    """Let pages of any origin read an answer that is the same for everyone."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
