"""Limits on writes, counted by a key that says nothing about the visitor."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask_limiter import Limiter

from consent.web.context import service
from consent.web.proxies import client_address, limit_key

MAX_BODY_BYTES = 16 * 1024

WRITES_PER_MINUTE = "CONSENT_WRITES_PER_MINUTE"
DISPLAYS_PER_WRITE = 10


def _key() -> str:
    address = client_address(
        request.remote_addr or "",
        request.headers.get("X-Forwarded-For", ""),
        service().trusted_proxies,
    )
    return limit_key(address)


def _writes() -> str:
    return f"{current_app.config[WRITES_PER_MINUTE]} per minute"


def _displays() -> str:
    return f"{DISPLAYS_PER_WRITE * current_app.config[WRITES_PER_MINUTE]} per minute"


_limiter = Limiter(key_func=_key, storage_uri="memory://", headers_enabled=False)


def limit_writes(view: Any) -> Any:
    """Limit a view by the setting for writes; all such views share one count."""
    return _limiter.shared_limit(
        _writes, scope="writes", exempt_when=lambda: current_app.config[WRITES_PER_MINUTE] == 0
    )(view)


def limit_reports(view: Any) -> Any:
    """Limit browsers' reports by a count of their own, so that they use up nobody's writes."""
    return _limiter.shared_limit(
        _writes, scope="reports", exempt_when=lambda: current_app.config[WRITES_PER_MINUTE] == 0
    )(view)


def limit_displays(view: Any) -> Any:
    """Limit displays by a count of their own; many pages are read behind one address."""
    return _limiter.shared_limit(
        _displays, scope="displays", exempt_when=lambda: current_app.config[WRITES_PER_MINUTE] == 0
    )(view)


def init_limits(app: Flask, writes_per_minute: int) -> None:
    app.config[WRITES_PER_MINUTE] = writes_per_minute
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = 64
    _limiter.init_app(app)
