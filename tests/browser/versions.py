"""Head a test run with the versions of the browser engines, which the system moves by itself."""

from __future__ import annotations

import re
import subprocess

import pytest

# WebKit's driver does not tell its version without a screen; Debian's package does.
ENGINES = {
    "Chromium": ["chromium", "--version"],
    "Firefox": ["firefox-esr", "--version"],
    "WebKit": ["dpkg-query", "--show", "--showformat=${Version}", "webkit2gtk-driver"],
}


def version_told_by(command: list[str]) -> str:
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "not found"
    number = re.search(r"[0-9]+(\.[0-9]+)+", told.stdout)
    return number[0] if number else "not found"


def pytest_report_header(config: pytest.Config) -> str | None:
    """Return the line, unless this run leaves the browsers out."""
    if "not browser" in config.option.markexpr:
        return None
    versions = (f"{name} {version_told_by(command)}" for name, command in ENGINES.items())
    return f"browser engines: {', '.join(versions)}"
