"""The officers' console: pages for people who sign in, on a host of its own.

Each module has the pages of one area and registers them with `console_route`.
"""

from __future__ import annotations

from consent.web.console import (
    access_log,
    account,
    assets,
    exports,
    notices,
    notices_proposals,
    notices_replay,
    overview,
    overview_site,
    people,
    proof,
    proof_downloads,
    provider,
    records,
    rights,
    rights_erase,
    rights_run,
    search,
    settings,
    sign_in,
)
from consent.web.console.errors import answer_error
from consent.web.console.guard import init, is_asked_for
from consent.web.console.routing import blueprint

__all__ = [
    "access_log",
    "account",
    "answer_error",
    "assets",
    "blueprint",
    "exports",
    "init",
    "is_asked_for",
    "notices",
    "notices_proposals",
    "notices_replay",
    "overview",
    "overview_site",
    "people",
    "proof",
    "proof_downloads",
    "provider",
    "records",
    "rights",
    "rights_erase",
    "rights_run",
    "search",
    "settings",
    "sign_in",
]
