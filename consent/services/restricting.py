"""Keep erased records unchanged and out of sight, where a site has decided so in writing.

What holds for an erasure is what its visitor was told: the rule that was in force when it was asked
for. While a change of the rule spreads among the processes, records are rather removed than kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consent.core.model import ErasureMode
from consent.store import restriction as store
from consent.store.database import AnySession, write_transaction
from consent.store.publications import list_publications

SPREADING_MS = 60_000  # a page that was read before a change of the rule may still be pressed


@dataclass(frozen=True, slots=True)
class _Period:
    """When a site told its visitors that erased records are kept; `to` is None if it still does."""

    site: str
    from_: int
    to: int | None


def restrict_erased(session: AnySession, *, until: int, now: int) -> int:
    """Restrict what was erased, up to an instant, under the rule to keep it; return how much."""
    restricted = 0
    for period in _periods(session):
        with write_transaction(session):
            restricted += store.restrict_erased(
                session,
                period.site,
                asked_from=period.from_,
                asked_until=until if period.to is None else min(until, period.to),
                now=now,
            )
    session.rollback()
    return restricted


def count_to_restrict(session: AnySession, *, until: int) -> dict[str, int]:
    """Return how many records of each site a run would restrict."""
    counts: dict[str, int] = {}
    for period in _periods(session):
        asked_until = until if period.to is None else min(until, period.to)
        count = store.count_erased(
            session, period.site, asked_from=period.from_, asked_until=asked_until
        )
        if count:
            counts[period.site] = counts.get(period.site, 0) + count
    return counts


def _periods(session: AnySession) -> Iterator[_Period]:
    began: dict[str, int] = {}
    for publication in list_publications(session):
        site, at = publication.site, publication.published_at
        keeps = publication.deployment.erasure is ErasureMode.UNLINK
        if keeps and site not in began:
            began[site] = at + SPREADING_MS
        elif not keeps and site in began:
            yield _Period(site, began.pop(site), at - 1)
    for site, since in began.items():
        yield _Period(site, since, None)
