"""Instants as a report shows them, whatever number stands where one should be."""

from __future__ import annotations

from consent.core.times import rfc3339

MAX_INSTANT = 2**47  # milliseconds; the year 6429


def instant(millis: int) -> str:
    """Return an instant in milliseconds as RFC 3339, or as a number if it can be none."""
    return rfc3339(millis) if 0 <= millis < MAX_INSTANT else f"{millis} ms"
