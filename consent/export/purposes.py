"""What an export is for, as the access log keeps it and an evidence pack tells its recipient."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    REGULATOR = "regulator"
    COMPLAINT = "complaint"
    AUDIT = "audit"
    COURT = "court"
    OTHER = "other"

    @property
    def in_words(self) -> str:
        """Return it as a statement says it; the console has words of its own in each language."""
        return _WORDS[self]


_WORDS = {
    Purpose.REGULATOR: "an authority asked for it",
    Purpose.COMPLAINT: "a complaint, or a request of a visitor",
    Purpose.AUDIT: "an audit of the organisation’s own",
    Purpose.COURT: "a court case",
    Purpose.OTHER: "something else",
}
