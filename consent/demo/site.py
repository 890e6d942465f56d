"""One WSGI application for the demonstration: the website, its consent service and the trackers.

A browser keeps cookies by host and not by port, so one process on one port can play all parts
as long as each has a host name of its own. Names under `localhost` never leave the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from consent.demo.pages import create_website
from consent.demo.tracker import TRACKER_HOST, create_tracker

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST_HEADER = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
SITE_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SERVICE_MOUNT = "/consent"
WELL_KNOWN = "/.well-known/"
HTTP_PORT = 80


def create_site(service: WSGIApplication, port: int, assets: Path) -> WSGIApplication:
    """Return the whole demonstration, to be served on `port` of the loopback interface.

    `service` is the consent service, which expects its paths with the `/consent` mount.
    `assets` is the folder with `templates/`, `static/` and `tracker/`.
    """
    website = create_website(origin_of(TRACKER_HOST, port), assets)
    tracker = create_tracker(assets / "tracker")

    def dispatch(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = host_name(environ.get("HTTP_HOST", ""))
        if host == TRACKER_HOST:
            return tracker(environ, start_response)
        if not is_site_host(host):
            return misdirected()(environ, start_response)
        if is_service_path(environ.get("PATH_INFO", "")):
            return service(environ, start_response)
        return website(environ, start_response)

    return dispatch


def origin_of(host: str, port: int) -> str:
    """Return the origin as a browser writes it, which leaves out the default port."""
    return f"http://{host}" if port == HTTP_PORT else f"http://{host}:{port}"


def host_name(header: str) -> str:
    """Return the name in a Host header, lower case and without port; empty when malformed."""
    match = HOST_HEADER.fullmatch(header.lower())
    return match["name"].removesuffix(".") if match else ""


def is_site_host(name: str) -> bool:
    """Say whether a name means this machine; any other could be DNS rebinding."""
    return name in SITE_HOSTS or name.endswith(".localhost")


def is_service_path(path: str) -> bool:
    return path == SERVICE_MOUNT or path.startswith((f"{SERVICE_MOUNT}/", WELL_KNOWN))


def misdirected() -> Response:
    return Response(
        "This demonstration answers only on localhost and names under it.\n",
        HTTPStatus.MISDIRECTED_REQUEST,
        mimetype="text/plain",
    )
