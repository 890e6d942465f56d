"""A running service behind a proxy that a test sets up badly, on a free loopback port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from consent.core.model import Site
from consent.services.clock import now_ms
from tests.cli.installations import Home
from tests.make import make_site, make_site_text
from tests.service import Clock, make_app

if TYPE_CHECKING:
    from ssl import SSLContext

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass
class Proxy:
    """Passes everything on, but for what a test changes; `date` is what its answers say."""

    service: WSGIApplication | None = None
    date: str | None = None
    change_request: Callable[[WSGIEnvironment], object] = field(default=lambda _environ: None)
    change_answer: Callable[[Request, Response], object] = field(
        default=lambda _request, _answer: None
    )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        request = Request(environ.copy())
        self.change_request(environ)
        if self.service is None:
            answer = Response("nobody is at home", 502)
        else:
            answer = Response.from_app(self.service, environ, buffered=True)
        self.change_answer(request, answer)
        return answer(environ, start_response)


@dataclass(frozen=True)
class Behind:
    """A service behind a proxy."""

    proxy: Proxy
    home: Home
    port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/consent"


def site_at(origin: str, **options: Any) -> Site:
    return make_site(text=make_site_text(origin=origin, **options))


def publish_in(home: Home, *sites: Site, **settings: Any) -> Any:
    """Publish sites in a home's database; return the application."""
    url = f"sqlite:///{home.database}"
    return make_app(
        url, home.path, *sites, clock=Clock(now_ms()), CONSENT_MOUNT="/consent", **settings
    )


class Handler(WSGIRequestHandler):
    """Keeps no access log, and says the date that the proxy says."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 -- the name it has
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        date = getattr(self.server.app, "date", None)
        return super().date_time_string(timestamp) if date is None else str(date)


@contextmanager
def serving(application: Any, ssl_context: SSLContext | None = None) -> Iterator[int]:
    """Serve a WSGI application on a free port of this machine; give the port."""
    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, application, threaded=True, request_handler=Handler, ssl_context=ssl_context
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def behind_a_proxy(home: Home, **options: Any) -> Iterator[Behind]:
    """Run the programme's site on localhost, behind a proxy."""
    proxy = Proxy()
    with serving(proxy) as port:
        proxy.service = publish_in(home, site_at(f"http://localhost:{port}", **options))
        yield Behind(proxy, home, port)
