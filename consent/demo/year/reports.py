"""What browsers reported to have kept out of the pages: a widget that nobody had declared."""

from __future__ import annotations

import json
from random import Random

from sqlalchemy.orm import Session

from consent.core.policy_reports import REPORTING_API
from consent.services.content_policies import record_reports
from consent.services.sites import LiveSite

# Days before the end of the year: a chat window that was tried, and a font since last week.
_KEPT_OUT = (
    ("https://chat.helpdesk.example/window.js", "script-src-elem", range(33, 48), 14),
    ("https://type.fonts.example/sans.woff2", "font-src", range(6), 9),
    ("https://tracker.localhost/pixel.gif", "img-src", range(90), 3),
)


def report_hosts(
    session: Session, site: LiveSite, *, days_left: int, dice: Random, now: int
) -> None:
    """Have browsers report what they kept out on a day."""
    reports = [
        _report(site.deployment.origins[0], address, directive)
        for address, directive, days, most in _KEPT_OUT
        if days_left in days
        for _ in range(dice.randrange(1, most))
    ]
    if reports:
        record_reports(session, site, json.dumps(reports).encode(), REPORTING_API, now=now)


def _report(origin: str, blocked: str, directive: str) -> dict[str, object]:
    return {
        "type": "csp-violation",
        "age": 10,
        "url": f"{origin}/programme",
        "body": {
            "documentURL": f"{origin}/programme",
            "blockedURL": blocked,
            "effectiveDirective": directive,
            "disposition": "report",
        },
    }
