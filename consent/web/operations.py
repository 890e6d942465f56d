"""What operators and other machines ask: health, readiness, the GPC document, styles."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from consent.bundled import bundled
from consent.errors import NotFoundError
from consent.store.database import db

GPC_SUPPORT_SINCE = "2026-11-22"

blueprint = Blueprint("operations", __name__)


@lru_cache(maxsize=1)
def stylesheet() -> bytes:
    """Return the pages' style sheet."""
    return (bundled("static/css") / "pages.css").read_bytes()


@lru_cache(maxsize=1)
def stylesheet_digest() -> str:
    return hashlib.sha256(stylesheet()).hexdigest()[:16]


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify({"status": "ok"})


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
    if digest != stylesheet_digest():
        raise NotFoundError("there is no such style sheet")
    response = Response(stylesheet(), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.set_etag(digest)
    response.make_conditional(request)
    return response
