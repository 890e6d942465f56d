"""Pick what a check found out of a diagnosis."""

from __future__ import annotations

from typing import Any

from consent.services.clock import now_ms
from consent.services.diagnosing import diagnose
from consent.services.diagnosis.findings import Finding
from consent.services.diagnosis.installation import Clock, Installation, Secret
from consent.settings import SECRETS
from tests.cli.installations import Home


def levels(findings: list[dict[str, str]], group: str, check: str) -> list[str]:
    return [one["level"] for one in findings if (one["group"], one["check"]) == (group, check)]


def sentence(findings: list[dict[str, str]], group: str, check: str, level: str) -> str:
    """Return the one thing that a check found at a level, with its advice."""
    chosen = [
        f"{one['found']} {one['advice']}"
        for one in findings
        if (one["group"], one["check"], one["level"]) == (group, check, level)
    ]
    assert len(chosen) == 1, findings
    return chosen[0]


def installation_at(home: Home, database_url: str | None = None, **changes: Any) -> Installation:
    values: dict[str, Any] = {
        "home": home.path,
        "database_url": database_url or f"sqlite:///{home.database}",
        "secrets": tuple(Secret(name, None, home.keys / file) for name, file in SECRETS.items()),
        "faults": (),
        "writes_per_minute": 60,
        "widest_proxy_prefix": None,
        "mount": "",
        "clock": Clock(now_ms, now_ms),
    }
    return Installation(**(values | changes))


def diagnosed(installation: Installation, group: str) -> dict[str, Finding]:
    """Return what is found in a group whose checks find one thing each, by check."""
    found = diagnose(installation, "http://127.0.0.1:1")
    return {finding.check: finding for finding in found if finding.group == group}
