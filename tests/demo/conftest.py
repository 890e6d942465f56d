"""The whole demonstration, asked by host as a browser would."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from consent.bundled import bundled
from consent.demo.site import create_site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PORT = 8000
SITE = f"http://localhost:{PORT}"
TRACKER = f"http://tracker.localhost:{PORT}"

Ask = Callable[..., TestResponse]


def service(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answer with the path it was asked for, so that tests can see what reached the service."""
    response = Response(f"service {environ['PATH_INFO']}", mimetype="text/plain")
    return list(response(environ, start_response))


@pytest.fixture
def site() -> WSGIApplication:
    return create_site(service, PORT, bundled("sites/programme"))


@pytest.fixture
def client(site: WSGIApplication) -> Client:
    return Client(site)


@pytest.fixture
def get(client: Client) -> Ask:
    def ask(path: str, base_url: str = SITE, **options: object) -> TestResponse:
        # Files are streamed; buffered, they are read and closed before the test goes on.
        return client.get(path, base_url=base_url, buffered=True, **options)

    return ask
