"""An inspection: what a browser was seen to do on the site in each state of a choice.

It is made by somebody who inspects, with the EDPS Website Evidence Collector or any program that
writes HAR, and goes into an evidence pack as it is. What it says of itself is read for two things
only: when it was made, and of which site.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from consent.core.times import rfc3339
from consent.errors import InspectionError

FOLDER = "inspection/"
STATES = ("undecided", "refused", "accepted", "withdrawn")  # in the order of a visit
HAR = ".har"
REPORT = "inspection.json"  # of the EDPS Website Evidence Collector


@dataclass(frozen=True, slots=True)
class Observed:
    """What a file says of itself: its first and last instant (ms), and the origins it was at."""

    first: int
    last: int
    origins: frozenset[str]


@dataclass(frozen=True, slots=True)
class InspectionFile:
    """A file as it was found; `observed` is None for the kinds that say nothing of that."""

    name: str
    content: bytes
    observed: Observed | None

    @property
    def state(self) -> str | None:
        """The state it shows: by its folder, or by what its name begins with."""
        folder, _, name = self.name.rpartition("/")
        said = folder or name.partition(".")[0]
        return said if said in STATES else None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The files of an inspection, by name."""

    files: tuple[InspectionFile, ...]

    @property
    def dated(self) -> Iterator[tuple[str, Observed]]:
        return ((one.name, one.observed) for one in self.files if one.observed is not None)

    @property
    def first(self) -> int:
        return min(observed.first for _, observed in self.dated)

    @property
    def last(self) -> int:
        return max(observed.last for _, observed in self.dated)

    @property
    def states(self) -> tuple[str, ...]:
        """The states that a dated file shows, in the order of a visit."""
        shown = {one.state for one in self.files if one.observed is not None}
        return tuple(state for state in STATES if state in shown)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(state for state in STATES if state not in self.states)


@dataclass(frozen=True, slots=True)
class Attached:
    """An inspection, the site it is of, and since when (ms) that has what it shows."""

    inspection: Inspection
    site: str
    published_at: int

    def as_record(self) -> dict[str, Any]:
        inspection = self.inspection
        return {
            "site": self.site,
            "from": rfc3339(inspection.first),
            "to": rfc3339(inspection.last),
            "shows_what_is_in_force_since": rfc3339(self.published_at),
            "states": list(inspection.states),
            "states_missing": list(inspection.missing),
        }


def observed_in_har(name: str, content: bytes) -> Observed:
    """Read an HTTP Archive (HAR 1.2): `log.entries`, each with a request and a date."""
    entries = _member(_parse(name, content), "log", "entries")
    if not isinstance(entries, list):
        raise InspectionError(f"{name} is no HAR: it has no log.entries")
    if not entries:
        raise InspectionError(f"{name} has no request: nothing was recorded")
    instants, origins = [], set()
    for number, entry in enumerate(entries):
        place = f"{name}: log.entries[{number}]"
        instants.append(_instant(place, _member(entry, "startedDateTime")))
        origins.add(_origin(place, _member(entry, "request", "url")))
    return Observed(min(instants), max(instants), frozenset(origins))


def observed_in_report(name: str, content: bytes) -> Observed:
    """Read the `inspection.json` of the EDPS Website Evidence Collector."""
    report = _parse(name, content)
    first = _instant(f"{name}: start_time", _member(report, "start_time"))
    last = _instant(f"{name}: end_time", _member(report, "end_time"))
    return Observed(first, last, frozenset({_origin(name, _member(report, "uri_ins"))}))


def _parse(name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InspectionError(f"{name} is not JSON: {error}") from error


def _member(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _instant(place: str, text: Any) -> int:
    """Read an instant of ISO 8601, as far as milliseconds."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise InspectionError(f"{place} has no date that can be read: {text!r}") from error
    if moment.tzinfo is None:
        raise InspectionError(f"{place} has a date without a time zone: {text!r}")
    return int(moment.timestamp() * 1000)


def _origin(place: str, address: Any) -> str:
    """Return the origin of an address, without the port that its scheme has anyway."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
        host, port = (parts.hostname, parts.port) if parts else (None, None)
    except ValueError:
        parts = host = port = None
    if parts is None or (parts.scheme in ("http", "https") and not host):
        raise InspectionError(f"{place} has no address that can be read: {address!r}")
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    shown = f"[{host}]" if host and ":" in host else host or ""
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")
