"""Why a report did not reach its recipient."""

from __future__ import annotations

from consent.errors import ConsentError

LONGEST_ERROR = 200


class DeliveryError(ConsentError):
    """A server did not take a report; the message says why in a few words, for the operator."""

    def __init__(self, reason: str) -> None:
        printable = "".join(one if one.isprintable() else " " for one in reason)
        super().__init__(" ".join(printable.split())[:LONGEST_ERROR])
