"""The demo in one process: the programme's website, the tracker host and the service."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from consent.app import app_from_environment
from consent.bundled import bundled
from consent.demo.site import create_site


def demo_from_environment() -> Callable[..., Any]:
    """Return the WSGI application of the demo; the port comes from DEMO_PORT."""
    port = int(os.environ["DEMO_PORT"])
    return create_site(app_from_environment(), port, bundled("sites") / "programme")
