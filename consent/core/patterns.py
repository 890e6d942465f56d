"""Names with * for any characters, as trackers are declared."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, name: str) -> bool:
    """Say whether `name` is what `pattern` stands for; * is the only wildcard."""
    return _expression(pattern).fullmatch(name) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    literals = [re.escape(part) for part in re.split(r"\*+", pattern)]
    return re.compile(".*".join(literals), re.DOTALL)
