"""The console of a service with one published site, `programme`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from consent.core.model import Site
from tests.service import Clock
from tests.web.console.people import CONSOLE, Console


@pytest.fixture
def console_app(serve: Callable[..., Flask], demo_site: Site) -> Flask:
    """The application; on SQLite unless a test asks for `database_url` on both engines itself."""
    return serve(demo_site, CONSENT_CONSOLE_ORIGIN=CONSOLE)


@pytest.fixture
def console(console_app: Flask, clock: Clock) -> Console:
    """Who works with the console: `console.officer.get("/console/")` and so on, by role."""
    return Console(console_app, clock)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite, where the engine makes no difference: most pages of the console."""
    return sqlite_url
