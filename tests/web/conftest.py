"""The demo's site behind the whole service, and visitors whose browsers run no script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consent.bundled import bundled
from consent.core.config import load_site
from consent.core.model import Site
from tests.service import Clock, make_app
from tests.web.sealing import seal_and_publish
from tests.web.visitor import ORIGIN, Visitor


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def demo_site() -> Site:
    """The programme's site at https://site.example, the service under /consent."""
    source = bundled("sites") / "programme.toml"
    site = load_site(source.read_text(encoding="utf-8"), source.name)
    return replace(site, origins=(ORIGIN,), service_url=f"{ORIGIN}/consent")


@pytest.fixture
def serve(database_url: str, tmp_path: Path, clock: Clock) -> Callable[..., Flask]:
    """Return the application with some sites published."""

    def make(*sites: Site, sealing: bool = False, **settings: str) -> Flask:
        return make_app(
            database_url,
            tmp_path,
            *sites,
            clock=clock,
            sealing=sealing,
            CONSENT_MOUNT="/consent",
            **settings,
        )

    return make


@pytest.fixture
def service_app(serve: Callable[..., Flask], demo_site: Site) -> Flask:
    return serve(demo_site)


@pytest.fixture
def seal(service_app: Flask, tmp_path: Path, clock: Clock) -> Callable[[], None]:
    """Return what has everything recorded so far in the published log."""
    return lambda: seal_and_publish(service_app, tmp_path, clock)


@pytest.fixture
def client(service_app: Flask) -> FlaskClient:
    return service_app.test_client()


@pytest.fixture
def alice(service_app: Flask) -> Visitor:
    return Visitor(service_app)


@pytest.fixture
def bob(service_app: Flask) -> Visitor:
    return Visitor(service_app)
