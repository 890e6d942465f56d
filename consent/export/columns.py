"""The columns of an export: a closed list, in a fixed order, and the row an event becomes.

A new field of an event reaches no export before it is named here.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from consent.core.model import ConsentEvent
from consent.core.times import rfc3339

COLUMNS = (
    "id",
    "at",
    "site",
    "event",
    "choices",
    "control",
    "layer",
    "language",
    "notice",
    "scope",
    "build",
    "valid_until",
    "page_group",
    "prev",
    "subject",
    "gpc",
    "dnt",
    "test",
)

Cell = str | bool | Mapping[str, bool] | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class OriginalLinks:
    """Show pseudonyms and links between events as they are stored."""

    def subject_of(self, event: ConsentEvent) -> str | None:
        return event.subject

    def prev_of(self, event: ConsentEvent) -> str | None:
        return event.prev


@dataclass(frozen=True, slots=True)
class RekeyedLinks:
    """Keep two exports from being joined by person (GDPR 4(5), 25).

    Within the export one person has one pseudonym; in the next one, with another key, a different
    one. The id in `prev` would lead from one export into another just the same, so it is shown
    only when that event is part of this export for certain: `first_id` is the lowest id in it,
    or None when a narrower filter than site and period leaves that open.
    """

    key: bytes
    first_id: str | None

    def subject_of(self, event: ConsentEvent) -> str | None:
        if event.subject is None:
            return None
        return hmac.digest(self.key, event.subject.encode(), "sha256").hex()

    def prev_of(self, event: ConsentEvent) -> str | None:
        if event.prev is None or self.first_id is None or event.prev < self.first_id:
            return None
        return event.prev


Links = OriginalLinks | RekeyedLinks


def row_of(event: ConsentEvent, links: Links) -> Row:
    """Return the cells of an event, in the order of COLUMNS."""
    return (
        event.id,
        rfc3339(event.at),
        event.site,
        event.event.value,
        event.choices,
        event.control.value,
        event.layer.value,
        event.language,
        event.notice,
        event.scope,
        event.build,
        rfc3339(event.valid_until),
        event.page_group,
        links.prev_of(event),
        links.subject_of(event),
        event.gpc,
        event.dnt,
        event.test,
    )
