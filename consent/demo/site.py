"""One WSGI application for the demonstration: the website, its consent service and the trackers.

A browser keeps cookies by host and not by port, so one process on one port can play all parts
as long as each has a host name of its own. Names under `localhost` never leave the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from consent.core.config import load_site
from consent.core.content_policy import content_policy
from consent.core.content_policy_document import content_policy_document
from consent.core.deployment import deployment_of
from consent.core.model import Site
from consent.core.notice import Notice, notice_document
from consent.core.state import Scope
from consent.demo.pages import Policies, create_website
from consent.demo.tracker import TRACKER_HOST, create_tracker
from consent.services.publishing import SiteFile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST_HEADER = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
SITE_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SERVICE_MOUNT = "/consent"
CONSOLE_HOST = "console.localhost"
WELL_KNOWN = "/.well-known/"
HTTP_PORT = 80


def create_site(
    service: WSGIApplication, port: int, assets: Path, policies: Policies | None = None
) -> WSGIApplication:
    """Return the whole demonstration, to be served on `port` of the loopback interface.

    `service` is the consent service, which expects its paths with the `/consent` mount.
    `assets` is the folder with `templates/`, `static/` and `tracker/`. `policies` gives what the
    service publishes of the site's Content-Security-Policy; without it, it is made from the site's
    file. A page's policy has only the hosts that its visitor allows.
    """
    if policies is None:
        written = policies_of(demo_site(assets.with_suffix(".toml"), port))
        policies = lambda: written  # noqa: E731
    website = create_website(origin_of(TRACKER_HOST, port), assets, policies)
    tracker = create_tracker(assets / "tracker")

    def console(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/console/"):
            return service(environ, start_response)
        return redirect("/console/", HTTPStatus.SEE_OTHER)(environ, start_response)

    def dispatch(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = host_name(environ.get("HTTP_HOST", ""))
        if host == TRACKER_HOST:
            return tracker(environ, start_response)
        if host == CONSOLE_HOST:
            return console(environ, start_response)
        if not is_site_host(host):
            return misdirected()(environ, start_response)
        if is_service_path(environ.get("PATH_INFO", "")):
            return service(environ, start_response)
        return website(environ, start_response)

    return dispatch


def demo_site(file: Path, port: int) -> Site:
    """Return the site that a file describes, as it stands on a port of this machine."""
    own = demo_file(file, origin_of("localhost", port))
    return load_site(own.text, own.name)


def demo_file(file: Path, origin: str) -> SiteFile:
    """Return the file of a site, written for another origin."""
    text = file.read_text(encoding="utf-8")
    written = load_site(text, file.name).origins[0]
    return SiteFile(file.name, text.replace(written, origin))


def policies_of(site: Site) -> Mapping[str, Any]:
    """Return the policies of a site that is not published yet."""
    notice, deployment = Notice(notice_document(site)), deployment_of(site)
    policy = content_policy(notice.document, deployment)
    scope = Scope(notice.scope, notice.categories, {})
    return content_policy_document(policy, scope, deployment, site.id)


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
