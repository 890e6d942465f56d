"""Counts of what the policy of a site's pages kept out, by day: all that is kept of reports."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from consent.store.database import AnySession
from consent.store.tables import PolicyReportRow

_Row = PolicyReportRow
_LOCK_NAMESPACE = b"policy reports of "


@dataclass(frozen=True, slots=True, order=True)
class Blocked:
    """What was kept out: a host or, in brackets, a kind of thing, and by which directive."""

    directive: str
    name: str


@dataclass(frozen=True, slots=True)
class DayCount:
    """How often something was kept out on a day (YYYYMMDD)."""

    day: str
    blocked: Blocked
    count: int


def take_turn(session: AnySession, site: str) -> bool:
    """Say whether this transaction is the one that writes a site's counts; it is until it ends.

    Nobody waits for it. On SQLite writers take turns by themselves.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    digest = hashlib.sha256(_LOCK_NAMESPACE + site.encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}))


def list_names(session: AnySession, site: str, day: str) -> set[str]:
    """Return the names that were counted on a day."""
    query = select(_Row.blocked).where(_Row.site == site, _Row.day == day).distinct()
    return set(session.scalars(query))


def add_counts(session: AnySession, site: str, day: str, counts: Mapping[Blocked, int]) -> None:
    """Add to the counts of a day."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for blocked, count in sorted(counts.items()):
        added = dialect.insert(_Row).values(
            site=site, day=day, directive=blocked.directive, blocked=blocked.name, count=count
        )
        session.execute(
            added.on_conflict_do_update(
                index_elements=["site", "day", "directive", "blocked"],
                set_={"count": _Row.count + added.excluded.count},
            )
        )


def list_counts(session: AnySession, site: str, since: str) -> list[DayCount]:
    """Return the counts of a site from a day on, the newest day first, the highest before."""
    query = (
        select(_Row.day, _Row.directive, _Row.blocked, _Row.count)
        .where(_Row.site == site, _Row.day >= since)
        .order_by(_Row.day.desc(), _Row.count.desc(), _Row.blocked, _Row.directive)
    )
    return [
        DayCount(day, Blocked(directive, name), count)
        for day, directive, name, count in session.execute(query)
    ]


def list_recent_names(session: AnySession, sites: Collection[str], since: str) -> dict[str, int]:
    """Return how often each name was counted on some sites from a day on."""
    query = (
        select(_Row.blocked, func.sum(_Row.count))
        .where(_Row.site.in_(sites), _Row.day >= since)
        .group_by(_Row.blocked)
    )
    return {name: int(count) for name, count in session.execute(query)}


def drop_counts(session: AnySession, before: str) -> int:
    """Forget the counts of the days before one; return how many there were."""
    result = session.execute(delete(_Row).where(_Row.day < before))
    return int(getattr(result, "rowcount", 0))
