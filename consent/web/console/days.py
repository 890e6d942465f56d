"""The period that a form asks for by its first and its last day."""

from __future__ import annotations

from collections.abc import Mapping

from consent.core.times import MILLIS_PER_DAY, parse_rfc3339, read_day


def read_days(given: Mapping[str, str], faults: dict[str, str]) -> tuple[int | None, int | None]:
    """Return the first instant of the day `from`, and the first one after the day `to`.

    Either may be left empty. What cannot be meant is added to the faults, with the key of a
    text.
    """
    begins, ends = _day(given, "from", faults), _day(given, "to", faults)
    if begins is not None and ends is not None and begins > ends:
        faults["to"] = "frame.fault.period"
    return begins, None if ends is None else ends + MILLIS_PER_DAY


def _day(given: Mapping[str, str], name: str, faults: dict[str, str]) -> int | None:
    if not given[name]:
        return None
    try:
        return parse_rfc3339(read_day(given[name]).isoformat())
    except ValueError:
        faults[name] = "frame.fault.day"
        return None
