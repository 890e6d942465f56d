"""Wait a moment until a record is in a head that others can see."""

from __future__ import annotations

import time
from collections.abc import Callable

from consent.store.database import AnySession
from consent.store.log import find_leaf
from consent.store.log_heads import StoredCheckpoint, latest_published

LONGEST_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.02


def wait_until_published(
    session: AnySession,
    event_id: str,
    *,
    wake: Callable[[], None],
    seconds: float = LONGEST_SECONDS,
) -> StoredCheckpoint | None:
    """Return a published head that includes a stored record; None if there is none in time.

    `wake` asks this process's sealer for a round now; where another process seals, it does nothing.
    """
    wake()
    deadline = time.monotonic() + seconds
    while True:
        leaf = find_leaf(session, event_id)
        found = None
        if leaf is not None:
            found = latest_published(session, leaf.log_id, min_size=leaf.index + 1)
        session.rollback()  # the next look is at what others have committed since
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(LOOK_EVERY_SECONDS)
