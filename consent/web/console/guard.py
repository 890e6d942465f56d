"""Where the console is: only on its own host, and only for forms of its own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.exceptions import Forbidden, NotFound

from consent.core.times import rfc3339
from consent.web.context import service

ORIGIN = "CONSENT_CONSOLE_ORIGIN"
PREFIX = "/console"

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def init(app: Flask, origin: str | None) -> None:
    """Put the guard before every request of an application."""
    app.config[ORIGIN] = origin
    app.before_request(require_own_host)
    app.add_template_filter(rfc3339, "iso_instant")


def console_origin() -> str:
    """Return the console's origin; raise NotFound where there is no console."""
    origin: str | None = current_app.config[ORIGIN]
    if origin is None:
        raise NotFound
    return origin


def is_secure() -> bool:
    return console_origin().startswith("https://")


def is_asked_for() -> bool:
    """Say whether a request is for the console, and on its host."""
    return _is_console_path() and _is_own_host()


def require_own_host() -> None:
    """Answer 404 to the console's paths on every other host.

    On the origin of a website, any script that a visitor has allowed could act as the officer who
    is signed in. So a console that is configured onto such an origin answers nowhere.
    """
    if _is_console_path() and not _is_own_host():
        raise NotFound


def require_own_form() -> None:
    """Refuse a form that was not sent from a page of the console."""
    origin = request.headers.get("Origin")
    if origin is not None and origin == console_origin():
        return
    if origin is None and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    raise Forbidden("the form was not sent from this page")


def _is_console_path() -> bool:
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


def _is_own_host() -> bool:
    origin: str | None = current_app.config[ORIGIN]
    if origin is None:
        return False
    parts = urlsplit(origin)
    asked = request.headers.get("Host", "").lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
    return asked == parts.netloc and not _is_a_websites(parts.hostname or "")


def _is_a_websites(host: str) -> bool:
    deployments = [site.deployment for site in service().sites.all()]
    origins = {one for each in deployments for one in (*each.origins, each.service_origin)}
    return host in {urlsplit(one).hostname for one in origins}
