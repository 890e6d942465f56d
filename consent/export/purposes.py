"""What an export is for, as the access log keeps it and an evidence pack tells its recipient."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """The texts are in the catalogues of the console and of the pack, under these names."""

    REGULATOR = "regulator"
    COMPLAINT = "complaint"
    AUDIT = "audit"
    COURT = "court"
    OTHER = "other"
