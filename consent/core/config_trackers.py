"""Read the declared trackers, each with all that a visitor has to be told about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from consent.core import limits
from consent.core.config_addresses import host_fault
from consent.core.config_values import Table, shown
from consent.core.content_sources import TRACKER_DIRECTIVES
from consent.core.declared_hosts import declared_host_fault
from consent.core.exempt_statistics import KEYS as EXEMPTION_KEYS
from consent.core.exempt_statistics import read_exemption
from consent.core.model import NECESSARY, Kind, Lifetime, Tracker
from consent.core.own_trackers import OWN_NAMES
from consent.core.patterns import matches

_KEYS = (
    "name",
    "pattern",
    "category",
    "provider",
    "kind",
    "purpose",
    "lifetime",
    "domain",
    "path",
    "http_only",
    "hosts",
    "directives",
    "necessity_reason",
    *EXEMPTION_KEYS,
)
_KEPT = (Kind.COOKIE, Kind.LOCAL_STORAGE, Kind.SESSION_STORAGE, Kind.INDEXED_DB)
_AMOUNT = re.compile(r"([1-9][0-9]{0,5}) (minute|hour|day|month|year)s?")
_LITERALS_IN_PATTERN = 2  # so that no pattern matches nearly everything
_SESSION = Lifetime(0, "session")


def read_trackers(
    site: Table, categories: Collection[str], providers: Collection[str], languages: Sequence[str]
) -> list[Tracker]:
    """Read [[trackers]]; the same item may be declared only once."""
    found: dict[tuple[str, Kind, str | None, str], Tracker] = {}
    for table in site.array("trackers"):
        tracker = _read_tracker(table, categories, providers, languages)
        identity = (tracker.name, tracker.kind, tracker.domain, tracker.path)
        if tracker.name and identity in found:
            table.faults.add(table.path, f"{tracker.kind} {shown(tracker.name)} is there twice")
        found[identity] = tracker
    return list(found.values())


def _read_tracker(
    table: Table, categories: Collection[str], providers: Collection[str], languages: Sequence[str]
) -> Tracker:
    table.allow(_KEYS)
    kind_name = table.choice("kind", list(Kind))
    if kind_name in list(Kind):
        kind = Kind(kind_name)
        _refuse_keys_of_other_kinds(table, kind)
        lifetime = _read_lifetime(table, kind)
    else:  # what else the tracker needs depends on the kind, so it cannot be judged
        kind, lifetime = Kind.COOKIE, _SESSION
    category = table.choice("category", (*categories, NECESSARY))
    return Tracker(
        name=_read_name(table),
        category=category,
        provider=table.choice("provider", providers),
        kind=kind,
        purpose=table.local_text("purpose", languages),
        lifetime=lifetime,
        domain=table.judged("domain", _domain_fault, "").lstrip(".") or None,
        path=table.judged("path", _path_fault, "/"),
        http_only=table.boolean("http_only", default=False),
        hosts=table.judged_list("hosts", declared_host_fault, required=kind not in _KEPT),
        necessity_reason=_read_reason(table, category, categories, languages),
        directives=table.codes("directives", TRACKER_DIRECTIVES) if "directives" in table else (),
        exempt=read_exemption(table, category),
    )


def _read_reason(
    table: Table, category: str, categories: Collection[str], languages: Sequence[str]
) -> dict[str, str]:
    if category == NECESSARY:
        return table.local_text("necessity_reason", languages)
    if category in categories and "necessity_reason" in table:
        table.fault("necessity_reason", "only trackers that are necessary have a reason")
    return {}


def _read_name(table: Table) -> str:
    """Read `name`, or `pattern` with * for any characters."""
    if "pattern" in table and "name" in table:
        table.fault("pattern", "give a name or a pattern, not both")
    if "pattern" not in table:
        return table.judged("name", _name_fault)
    return table.judged("pattern", _pattern_fault)


def _read_lifetime(table: Table, kind: Kind) -> Lifetime:
    if kind not in _KEPT or kind is Kind.SESSION_STORAGE:
        return _SESSION
    written = table.text("lifetime")
    if written == "session" and kind is Kind.COOKIE:
        return _SESSION
    if written == "persistent" and kind is not Kind.COOKIE:
        return Lifetime(0, "persistent")
    match = _AMOUNT.fullmatch(written)
    if match is None:
        other = "session" if kind is Kind.COOKIE else "persistent"
        if written:
            table.fault("lifetime", f'is {shown(written)}; give "180 days" or "{other}"')
        return _SESSION
    lifetime = Lifetime(int(match[1]), f"{match[2]}s")
    if limits.days_of(lifetime.amount, lifetime.unit) > limits.MAX_DEVICE_DAYS:
        table.fault(
            "lifetime", f"is {shown(written)}; at most {limits.MAX_DEVICE_DAYS} days are allowed"
        )
    return lifetime


def _refuse_keys_of_other_kinds(table: Table, kind: Kind) -> None:
    """A pixel, script or embed keeps nothing by itself: what it keeps is a tracker of its own."""
    if kind is Kind.COOKIE:
        return
    misplaced = ["path", "http_only"]
    if kind is Kind.SESSION_STORAGE:
        misplaced.append("lifetime")
    if kind not in _KEPT:
        misplaced += ["lifetime", "domain", "pattern"]
    for key in misplaced:
        if key in table:
            table.fault(key, f"means nothing for kind {kind}; leave it out")


def _name_fault(name: str) -> str | None:
    if "*" in name:
        return "has a *; give it as a pattern"
    return "is the service's own; it is declared by itself" if name in OWN_NAMES else None


def _pattern_fault(pattern: str) -> str | None:
    if "*" not in pattern:
        return "has no *; give it as a name"
    if len(pattern.replace("*", "")) < _LITERALS_IN_PATTERN:
        return f"matches too much; give at least {_LITERALS_IN_PATTERN} characters beside *"
    if any(matches(pattern, name) for name in OWN_NAMES):
        return "matches the service's own cookies"
    return None


def _domain_fault(domain: str) -> str | None:
    return host_fault(domain.removeprefix("."))


def _path_fault(path: str) -> str | None:
    if re.fullmatch(r"/[!-:<-~]*", path):
        return None
    return "is not the path of a cookie, which begins with / and has no semicolon or blank"
