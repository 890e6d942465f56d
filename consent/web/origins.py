"""Whose pages may act: the site's own origins, and the service's own pages."""

from __future__ import annotations

from flask import Response, request
from werkzeug.exceptions import Forbidden

from consent.errors import NotFoundError
from consent.services.sites import LiveSite
from consent.web.context import live_site

_CORS_METHODS = "GET, POST, DELETE, OPTIONS"
_CORS_HEADERS = "Content-Type, Submission-Id, Notice-Token"
_CORS_MAX_AGE = "7200"


def _own_origins(site: LiveSite) -> set[str]:
    return {*site.deployment.origins, site.deployment.service_origin}


def require_own_origin(site: LiveSite) -> None:
    """Refuse an act that another site's page started.

    Browsers send `Origin` with every act; a client without it, and without `Sec-Fetch-Site`, is
    no browser and carries nobody's cookies.
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        if origin not in _own_origins(site):
            raise Forbidden("this site's choices cannot be changed from another origin")
    elif request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Forbidden("this site's choices cannot be changed from another site")


def require_form_origin(site: LiveSite) -> None:
    """Refuse a form that was not sent from the service's own page (there is no CSRF cookie).

    Stricter than for the API: a browser that sends no `Origin` must say `same-origin` itself.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin in _own_origins(site):
        return
    if origin is None and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    raise Forbidden("the form was not sent from this page")


def add_cors(response: Response) -> Response:
    """Let the site's own origins read the API; others get no such header."""
    site_id = (request.view_args or {}).get("site_id")
    origin = request.headers.get("Origin")
    if not request.path.startswith("/api/v1/sites/") or site_id is None:
        return response
    response.vary.add("Origin")
    try:
        site = live_site(site_id)
    except NotFoundError:
        return response
    if origin is None or origin not in site.deployment.origins:
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    if site.deployment.sets_cookies:
        response.headers["Access-Control-Allow-Credentials"] = "true"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = _CORS_METHODS
        response.headers["Access-Control-Allow-Headers"] = _CORS_HEADERS
        response.headers["Access-Control-Max-Age"] = _CORS_MAX_AGE
    return response
