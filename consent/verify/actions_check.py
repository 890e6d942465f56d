"""What officers did: that each record of it is one, and that none was slipped in afterwards.

An act is sealed as it is done. Only what was done before there was a log to seal it into, or by
the version before, has a record of a later time, which says when it was done.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from consent.core.times import MILLIS_PER_DAY
from consent.errors import RecordFormatError
from consent.verify.findings import Findings, Kind
from consent.verify.instants import instant
from consent.verify.record import Record

CAUGHT_UP_WITHIN_MS = MILLIS_PER_DAY  # while a fleet is upgraded, an old process seals nothing


class ActionsCheck:
    """Takes the records of acts in the order of their leaves."""

    def __init__(self, findings: Findings, since: int | None = None) -> None:
        self._findings = findings
        self.leaves = array("q")  # of those that were opened
        self._began = since  # since when acts are sealed
        self._late = 0
        self._latest: int | None = None  # when the last of the late ones was sealed

    def take(self, leaf: int, record: Record) -> None:
        """Check one; raise RecordFormatError for one that the service does not write."""
        self.leaves.append(leaf)
        for key in ("officer", "action", "subject"):
            record.text(key)
        record.text_or_none("site")
        record.text("detail_sha256" if "detail_sha256" in record.values else "detail")
        if self._began is None:
            self._began = record.at
        acted_at = record.values.get("acted_at", record.at)
        if not isinstance(acted_at, int) or isinstance(acted_at, bool) or acted_at < 0:
            raise RecordFormatError("it does not say when that was done")
        if acted_at != record.at:
            self._take_late(leaf, record, acted_at)

    def notes(self) -> Iterator[str]:
        if self._late and self._latest is not None:
            yield (
                f"{self._late} acts of officers from before acts were sealed got into the log "
                f"afterwards, the last of them at {instant(self._latest)}: when they were done "
                "rests on what they say themselves."
            )

    def _take_late(self, leaf: int, record: Record, acted_at: int) -> None:
        self._late += 1
        self._latest = record.at
        began = record.at if self._began is None else self._began
        if began + CAUGHT_UP_WITHIN_MS < max(acted_at, record.at - CAUGHT_UP_WITHIN_MS):
            self._findings.add(
                Kind.BACKDATED,
                f"record {record.id} (leaf {leaf}) is of an act of {instant(acted_at)}, but was "
                f"sealed only at {instant(record.at)}, though acts were sealed since "
                f"{instant(began)}",
                leaf=leaf,
                record=record.id,
            )
