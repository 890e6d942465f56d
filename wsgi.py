"""The service for any WSGI server: `granian --interface wsgi wsgi:app`, for example."""

from __future__ import annotations

from consent.app import app_from_environment

app = app_from_environment()
