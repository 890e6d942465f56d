"""The month of a site in one page: what is in it, whatever it is shown as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consent.core.months import Month
from consent.core.suppression import Cell

AUTHORITY, HTTPS = "authority", "https"  # whose certificate ends


class Weight(StrEnum):
    """How much a point matters."""

    BAD = "bad"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Point:
    """Something that somebody should look at; `name` and `values` are those of its text."""

    weight: Weight
    name: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One count as it is told, of the month and of the one before.

    `label` is what people call it where that is the site's own word, as of a category.
    """

    name: str
    now: Cell
    before: Cell
    label: str = ""

    @property
    def change(self) -> float | None:
        """The change as a share of the month before; None where either is not told exactly."""
        if not (self.now.is_exact and self.before.is_exact and self.before.number):
            return None
        return self.now.number / self.before.number - 1


@dataclass(frozen=True, slots=True)
class Publication:
    """A notice that came into force. `changes` begin with +, - or ~; `asks_again` names categories.

    `is_first`: before it there was none.
    """

    at: int
    notice: str
    changes: tuple[str, ...]
    asks_again: tuple[str, ...]
    is_first: bool


@dataclass(frozen=True, slots=True)
class Host:
    """A host that pages tried and nothing declares, and how often browsers kept it out."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What the log was told to be removed in the month, for one reason."""

    reason: str
    records: int
    disposals: int


@dataclass(frozen=True, slots=True)
class Check:
    """The last verification of all logs, and whether it found that something is wrong."""

    at: int
    is_ok: bool


@dataclass(frozen=True, slots=True)
class Head:
    """A published head: the signed note, verbatim."""

    size: int
    at: int
    note: str


@dataclass(frozen=True, slots=True)
class LogMonth:
    """A log that the site's records go into, as it stands when the report is made.

    `status` is ok, tampered, rolled_back or forked, `since` is of that. `vouched_at` is the newest
    instant that somebody outside names; `unanchored_since` is None while that is recent enough.
    `stamps` and `cosignatures` are those of the month.
    """

    log_id: str
    origin: str
    is_in_force: bool
    status: str
    since: int
    size: int
    vouched_at: int | None
    unanchored_since: int | None
    stamps: int
    cosignatures: int
    removals: tuple[Removal, ...]
    head: Head | None


@dataclass(frozen=True, slots=True)
class Expiry:
    """A certificate that ends soon or has ended, by the kind and name of what it is of."""

    kind: str
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """The report of one site; texts are in the report's language. Instants are in milliseconds.

    `figures` are displays and decisions, `granted` how often each category was allowed. `acts`
    counts what officers did, and requests of visitors for their data, by kind.
    """

    month: Month
    site: str
    site_name: str
    controller: str
    address: str
    made_at: int
    minimum: int
    figures: tuple[Figure, ...]
    granted: tuple[Figure, ...]
    publications: tuple[Publication, ...]
    hosts: tuple[Host, ...]
    logs: tuple[LogMonth, ...]
    check: Check | None
    acts: Mapping[str, int]
    expiries: tuple[Expiry, ...]
    points: tuple[Point, ...]
    console: str | None

    @property
    def weight(self) -> Weight | None:
        """How much the weightiest point matters; None where nothing needs anybody."""
        weights = {point.weight for point in self.points}
        return next((weight for weight in Weight if weight in weights), None)

    @property
    def heads(self) -> tuple[Head, ...]:
        return tuple(log.head for log in self.logs if log.head is not None)
