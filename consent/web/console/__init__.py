"""The officers' console: pages for people who sign in, on a host of its own.

Each module has the pages of one area and registers them with `console_route`.
"""

from __future__ import annotations

from consent.web.console import (
    account,
    assets,
    overview,
    people,
    proof,
    proof_downloads,
    provider,
    records,
    search,
    sign_in,
)
from consent.web.console.errors import answer_error
from consent.web.console.guard import init, is_asked_for
from consent.web.console.routing import blueprint

__all__ = [
    "account",
    "answer_error",
    "assets",
    "blueprint",
    "init",
    "is_asked_for",
    "overview",
    "people",
    "proof",
    "proof_downloads",
    "provider",
    "records",
    "search",
    "sign_in",
]
