"""Why somebody's records are erased, and what is told of a request that was carried out."""

from __future__ import annotations

from enum import StrEnum

from consent.core.ids import parse_reference_code, reference_code

CONFIRMED_LETTERS = 4  # of a code, typed once more before it is acted upon


class Ground(StrEnum):
    """The ground of a request to erase, GDPR 17(1): a closed list, as notes could name somebody."""

    WITHDRAWN = "withdrawn"  # (b)
    NOT_NEEDED = "not_needed"  # (a)
    OBJECTED = "objected"  # (c)
    UNLAWFUL = "unlawful"  # (d)
    OBLIGED = "obliged"  # (e)
    CHILD = "child"  # (f)


class Result(StrEnum):
    """What was done at a request."""

    REMOVED = "removed"
    LOCKED = "locked"  # kept out of sight until the time of the proof ends
    ANSWERED = "answered"  # everything that is held was handed out


def confirms(code: str, letters: str) -> bool:
    """Say whether these are the last letters of a code, written as people write them."""
    try:
        spelt = reference_code(f"{parse_reference_code(code)}0").replace("-", "")
        begun = spelt[:-CONFIRMED_LETTERS]
        return parse_reference_code(f"{begun}{letters}") == parse_reference_code(code)
    except ValueError:
        return False
