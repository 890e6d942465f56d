"""What operators and other machines ask: health, readiness, the GPC document, styles."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from consent.bundled import bundled
from consent.errors import NotFoundError
from consent.services.health import find_health
from consent.store.database import db
from consent.web.context import service

GPC_SUPPORT_SINCE = "2026-11-22"

blueprint = Blueprint("operations", __name__)


@lru_cache(maxsize=1)
def stylesheet() -> bytes:
    """Return the pages' style sheet."""
    return (bundled("static/css") / "pages.css").read_bytes()


@lru_cache(maxsize=1)
def settled_script() -> bytes:
    """Return the script of the preference page that ends an older unsent act."""
    return (bundled("static/js/pages") / "settled.js").read_bytes()


def stylesheet_digest() -> str:
    return _digest(stylesheet())


def settled_digest() -> str:
    return _digest(settled_script())


@lru_cache(maxsize=8)
def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers, and whether the logs can be signed; choices are another matter.

    `degraded` is not down: consent is accepted while a log is not signed.
    """
    health = find_health(db.session, service().now_ms())
    body: dict[str, Any] = {"status": "ok" if health.is_ok else "degraded"}
    if not health.reaches_database:
        body["database"] = "out of reach"
    if health.logs:
        body["logs"] = [
            {"log": log.log_id, "status": log.status, "anchored": log.anchored}
            for log in health.logs
        ]
    return jsonify(body)


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether choices can be recorded: the database answers."""
    db.session.execute(text("SELECT 1"))
    return jsonify({"status": "ready"})


@blueprint.get("/.well-known/gpc.json")
def gpc() -> ResponseReturnValue:
    """State that Global Privacy Control is honoured (W3C GPC, section on well-known URIs)."""
    response = jsonify({"gpc": True, "lastUpdate": GPC_SUPPORT_SINCE})
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/assets/<digest>/pages.css")
def styles(digest: str) -> ResponseReturnValue:
    """Serve the pages' styles at an address that changes with them."""
    return _asset(stylesheet(), digest, "text/css")


@blueprint.get("/assets/<digest>/settled.js")
def settled(digest: str) -> ResponseReturnValue:
    """Serve the preference page's script at an address that changes with it."""
    return _asset(settled_script(), digest, "text/javascript")


def _asset(content: bytes, digest: str, mimetype: str) -> Response:
    if digest != _digest(content):
        raise NotFoundError("there is no such file")
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.set_etag(digest)
    response.make_conditional(request)
    return response
