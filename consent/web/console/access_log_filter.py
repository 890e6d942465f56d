"""The form above the access log: which acts are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.core.actions import KINDS
from consent.store.action_lists import ActionFilter
from consent.web.console.days import read_days

FIELDS = ("from", "to", "officer", "kind")
MOST_LETTERS = 120  # in a name


@dataclass(frozen=True, slots=True)
class AskedFilter:
    """What was asked for as it was written, what it means, and the fields that mean nothing."""

    given: Mapping[str, str]
    wanted: ActionFilter
    faults: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, str]:
        """Return the filter as it is written down: whose acts somebody asked for as well."""
        return {name: text for name, text in self.given.items() if text and name not in self.faults}


def read_filter(site: str | None, args: Mapping[str, Any]) -> AskedFilter:
    """Return the filter of an address. The last day that is named is part of the period."""
    given = {name: str(args.get(name, "")).strip()[:MOST_LETTERS] for name in FIELDS}
    faults: dict[str, str] = {}
    begins, ends = read_days(given, faults)
    if given["kind"] and given["kind"] not in KINDS:
        faults["kind"] = "access_log.fault.kind"
    if faults:
        return AskedFilter(given, ActionFilter(site), faults)
    wanted = ActionFilter(
        site=site,
        officer=given["officer"] or None,
        kind=given["kind"] or None,
        from_=begins,
        to=ends,
    )
    return AskedFilter(given, wanted)
