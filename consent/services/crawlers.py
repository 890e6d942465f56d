"""Tell programs that crawl the web by what they call themselves.

The name is looked at and forgotten: it is neither stored nor logged, nor kept in a cache, which is
why the library is asked anew each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LENGTH = 512  # of what is looked at; browsers' names are far shorter


def is_crawler(user_agent: str) -> bool:
    """Say whether a program says that it is a crawler, or a tool that is no browser.

    A browser without a window is a browser: people automate theirs, and tests count.
    """
    name = user_agent[:MAX_LENGTH].replace("HeadlessChrome", "Chrome")
    return bool(name) and _patterns()(name)


@lru_cache(maxsize=1)
def _patterns() -> Callable[[str], bool]:
    """Load the list when it is first needed: it is long, and commands have no use for it."""
    from crawleruseragents import is_crawler as matches  # noqa: PLC0415

    found: Callable[[str], bool] = matches
    return found
