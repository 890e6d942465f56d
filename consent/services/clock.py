"""The only clock. Everything below takes the time as an argument."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the instant now, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
