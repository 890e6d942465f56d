"""The real demo on a real HTTP server: programme's website, tracker host and service together.

The service's clock can be moved; everything else is what `make run` starts.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext, Page, Response
from sqlalchemy import select
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from consent.bundled import bundled
from consent.core.config import load_site
from consent.core.model import Site
from consent.demo.server import published_policies
from consent.demo.site import create_site
from consent.services.clock import now_ms
from consent.services.publishing import propose, publish
from consent.store.database import db
from consent.store.tables import ConsentEventRow
from tests.service import Clock, engine_session, make_app

SITE_FILE = "programme.toml"


class MovingClock(Clock):
    """The real time, moved by as much as a test says."""

    def __init__(self) -> None:
        super().__init__(0)

    def now_ms(self) -> int:
        return now_ms() + self.now


class QuietHandler(WSGIRequestHandler):
    """Keep requests out of the tests' output."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@dataclass
class Demo:
    """A running demo. `is_down` closes the service, not the website."""

    port: int
    app: Flask
    clock: MovingClock
    is_down: bool = False
    answers_get_lost: bool = False
    service_requests: list[tuple[str, str]] = field(default_factory=list)
    #: Acts that came and got no answer: nothing of them is on its way any more.
    unanswered_acts: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def preferences(self) -> str:
        return f"{self.url}/consent/sites/programme/preferences"

    def tracker_requests(self) -> dict[str, int]:
        """Return how often the tracker host was asked for each path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/log", headers={"Host": f"tracker.localhost:{self.port}"})
        requests: dict[str, int] = json.loads(connection.getresponse().read())["requests"]
        connection.close()
        return requests

    def events(self) -> list[dict[str, Any]]:
        """Return the records stored so far, oldest first."""
        with engine_session(self.app) as session:
            query = select(ConsentEventRow.payload).order_by(ConsentEventRow.id)
            return [json.loads(payload) for payload in session.scalars(query)]

    def publish(self, **changes: Any) -> None:
        """Publish the site again, changed; the service notices within a second."""
        with self.app.app_context():
            proposal = propose(db.session, replace(demo_site(self.port), **changes))
            publish(db.session, proposal, now=self.clock.now_ms())
            db.session.remove()


def demo_site(port: int) -> Site:
    text = (bundled("sites") / SITE_FILE).read_text(encoding="utf-8")
    origin = f"http://localhost:{port}"
    site = load_site(text, SITE_FILE)
    return replace(site, origins=(origin,), service_url=f"{origin}/consent")


def choice_cookie(context: BrowserContext) -> str | None:
    """Return the value of the choice cookie a browser keeps."""
    return next((one["value"] for one in context.cookies() if one["name"] == "consent"), None)


def stored_names(page: Page) -> dict[str, list[str]]:
    """Return what a page's own origin keeps on the device, by kind."""
    names: dict[str, list[str]] = page.evaluate(
        """async () => ({
            cookies: document.cookie.split("; ").filter(Boolean).map(c => c.split("=")[0]),
            local: Object.keys(localStorage),
            session: Object.keys(sessionStorage),
            databases: (await indexedDB.databases()).map(d => d.name),
            caches: await caches.keys(),
            workers: (await navigator.serviceWorker.getRegistrations()).map(r => r.scope),
        })"""
    )
    return names


def is_consent_post(method: str, path: str) -> bool:
    """Say whether a request brings an act of somebody; a page sends other things as well."""
    return method == "POST" and path.endswith("/consents")


def answers_act(response: Response) -> bool:
    """Say whether a response that a browser got answers an act."""
    return is_consent_post(response.request.method, response.url)


def hang_up(environ: dict[str, Any]) -> Any:
    """Close the connection without an answer."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


@contextmanager
def running_demo(database_url: str, home: Path) -> Iterator[Demo]:
    """Run the demo on a free port of the loopback interface."""
    clock = MovingClock()
    demo: Demo

    def dispatch(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path.startswith("/consent"):
            is_act = is_consent_post(environ["REQUEST_METHOD"], path)
            # As it is on arrival: a test may change it while the request is being answered.
            is_lost, is_down = demo.answers_get_lost and is_act, demo.is_down
            demo.service_requests.append((environ["REQUEST_METHOD"], path))
            if is_lost:
                list(website(environ, lambda *_: lambda _chunk: None))
            if is_lost or is_down:
                demo.unanswered_acts += is_act
                return hang_up(environ)
        return website(environ, start_response)

    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, dispatch, threaded=True, request_handler=QuietHandler
    )
    port = server.server_port
    app = make_app(
        database_url,
        home,
        demo_site(port),
        clock=clock,
        CONSENT_MOUNT="/consent",
        CONSENT_WRITES_PER_MINUTE="0",
    )
    website = create_site(app, port, bundled("sites") / "programme", published_policies(app))
    demo = Demo(port, app, clock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield demo
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
