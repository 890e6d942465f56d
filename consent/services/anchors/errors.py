"""What can go wrong with an anchor; no such error ever holds up the log itself."""

from __future__ import annotations

from consent.errors import ConsentError


class AnchorError(ConsentError):
    """Somebody outside did not say what was asked for; the message says why."""


class LargerElsewhereError(AnchorError):
    """A witness has signed more of this log than we have; `size` is how much."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it has signed a head of {size} entries, more than this log has")
        self.size = size


class OtherHistoryError(AnchorError):
    """A witness has signed a history of this log that ours does not continue."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it has signed another history of this log, of {size} entries")
        self.size = size
