"""The demo in one process: the programme's website, the tracker host and the service."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from flask import Flask

from consent.app import app_from_environment
from consent.bundled import bundled
from consent.demo.pages import Policies
from consent.demo.site import create_site
from consent.services.content_policies import document_of
from consent.web.context import EXTENSION, Service

SITE = "programme"


def demo_from_environment() -> Callable[..., Any]:
    """Return the WSGI application of the demo; the port comes from DEMO_PORT."""
    port = int(os.environ["DEMO_PORT"])
    app = app_from_environment()
    return create_site(app, port, bundled("sites") / "programme", published_policies(app))


def published_policies(app: Flask) -> Policies:
    """Return what gives the policies of the site as they are published now."""
    running: Service = app.extensions[EXTENSION]
    return lambda: document_of(running.sites.get(SITE))
