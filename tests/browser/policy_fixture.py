"""A site whose pages guard nothing: third parties' tags stand in them as they came.

Only the header holds them, computed by the library for each request's cookie. Our own script is
not there at all (404). Each third party has a name under localhost; one server plays all parts,
and remembers who was asked for what.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from consent.audit.signed import Keyring
from consent.audit.tokens import sign_answer
from consent.content_security import policy_headers
from consent.core.answer import Answer
from consent.core.config import load_site
from consent.core.content_policy import content_policy
from consent.core.content_policy_document import content_policy_document
from consent.core.deployment import deployment_of
from consent.core.model import Site
from consent.core.state import Scope
from consent.core.times import add_days, day_of
from consent.services.clock import now_ms
from tests.browser.demo_fixture import QuietHandler
from tests.make import make_notice, make_site_text

NONCE = "R4nd0mEnoughForATest"
KEYRING = Keyring([b"k" * 32])
HOSTS = {
    "functional": {"map.localhost"},
    "personalisation": {"viewed.localhost"},
    "ads": {"ads.localhost", "pixel.localhost"},
}
STRANGER = "stranger.localhost"  # declared nowhere

_TRACKERS = """
[[trackers]]
name = "List of viewed pages"
category = "personalisation"
provider = "controller"
kind = "script"
hosts = ["viewed.localhost"]
purpose = { en = "Lists what you viewed.", nl = "Toont wat u bekeek." }

[[trackers]]
name = "Ads script"
category = "ads"
provider = "study-ads"
kind = "script"
hosts = ["ads.localhost"]
purpose = { en = "Shows ads.", nl = "Toont advertenties." }

[content_policy]
script = ["'self'", "'nonce'"]
img = ["'self'"]
"""

_PAGE = """<!doctype html><html lang="en"><title>Programme</title>
<script src="/consent/sites/programme/banner.js" defer></script>
<script src="http://viewed.localhost:{port}/tag.js"></script>
<script src="http://ads.localhost:{port}/tag.js" async></script>
<script nonce="{nonce}" src="http://ads.localhost:{port}/with-the-nonce.js"></script>
<script nonce="{nonce}">
  const late = document.createElement("script");
  late.src = "http://ads.localhost:{port}/inserted.js";
  document.head.append(late);
  fetch("http://pixel.localhost:{port}/fetched", {{ mode: "no-cors" }}).catch(() => 0);
  navigator.sendBeacon("http://ads.localhost:{port}/beacon");
</script>
<script src="http://stranger.localhost:{port}/tag.js"></script>
<script src="/own.js"></script>
<iframe src="http://map.localhost:{port}/frame" title="Map"></iframe>
<iframe src="http://stranger.localhost:{port}/frame" title="Other"></iframe>
<img src="http://pixel.localhost:{port}/pixel.png" alt="">
<link rel="stylesheet" href="http://ads.localhost:{port}/style.css">
<h1>Programme</h1></html>
"""


@dataclass
class OpenSite:
    """A running site. `extra` goes to `policy_headers`; a proxy may send the headers instead."""

    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    sends_headers: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    nonce: str = NONCE
    service: Any = None  # a WSGI application for what is under /consent/api

    def url(self, path: str = "/") -> str:
        return f"http://localhost:{self.port}{path}"

    def hosts(self) -> set[str]:
        """Return the third parties that were asked for anything."""
        return {host for host, _ in self.asked} - {"localhost"}

    def paths(self, host: str) -> set[str]:
        return {path for asked, path in self.asked if asked == host}

    def cookie(self, *allowed: str) -> dict[str, str]:
        """Return the choice cookie of somebody who answered today, as Playwright takes it."""
        today = day_of(now_ms())
        choices = {name: name in allowed for name in HOSTS}
        answer = Answer(self.document["scope"], choices, today, add_days(today, 180))
        value = sign_answer(KEYRING, "programme", answer)
        return {"name": "consent", "value": value, "url": self.url()}

    def answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.service is not None and environ["PATH_INFO"].startswith("/consent/api/"):
            return self.service(environ, start_response)
        return self._response(Request(environ))(environ, start_response)

    def _response(self, request: Request) -> Response:
        host = request.host.partition(":")[0]
        if request.path != "/favicon.ico":
            self.asked.append((host, request.path))
        if host != "localhost" or request.path == "/own.js":
            return _thing(request.path)
        if request.path != "/":
            return Response("there is no script", 404)
        response = Response(_PAGE.format(port=self.port, nonce=self.nonce), mimetype="text/html")
        if self.sends_headers:
            cookie = request.headers.get("Cookie")
            given: dict[str, Any] = {"keyring": KEYRING, "nonce": self.nonce, **self.extra}
            response.headers.extend(policy_headers(self.document, cookie, **given))
        return response


def _thing(path: str) -> Response:
    """Return something of the kind that a path asks for; a script notes that it ran."""
    if path.endswith(".js"):
        note = f"(self.ran = self.ran || []).push({json.dumps(path)})"
        return Response(note, mimetype="text/javascript")
    if path.endswith(".css"):
        return Response("h1 { color: red }", mimetype="text/css")
    if path.endswith(".png"):
        return Response(b"", mimetype="image/png")
    return Response("<!doctype html><title>Frame</title>", mimetype="text/html")


def open_site(port: int) -> Site:
    text = make_site_text(origin=f"http://localhost:{port}", extra=_TRACKERS)
    text = text.replace("map.example", "map.localhost").replace("ads.example", "pixel.localhost")
    return load_site(text, "site.toml")


def document_for(port: int, **changes: Any) -> dict[str, Any]:
    """Return the policies of the site, written down."""
    site = replace(open_site(port), **changes)
    notice, deployment = make_notice(site), deployment_of(site)
    policy = content_policy(notice.document, deployment)
    assert policy.faults() == []
    return content_policy_document(
        policy, Scope(notice.scope, notice.categories, {}), deployment, site.id
    )


@contextmanager
def running_open_site() -> Iterator[OpenSite]:
    site = OpenSite()
    server = make_server("127.0.0.1", 0, site.answer, threaded=True, request_handler=QuietHandler)
    site.port = server.server_port
    site.document = document_for(site.port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
