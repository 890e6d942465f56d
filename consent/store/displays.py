"""How often the banner was shown, by site, day, notice and language, and how often acts came late.

These are totals about nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from consent.core.totals import Place
from consent.store.database import AnySession
from consent.store.tables import DisplayTotalRow, LateTotalRow

_Row = DisplayTotalRow


def add_displays(session: AnySession, counts: Mapping[tuple[str, Place], int]) -> None:
    """Add to the totals, in one order, so that processes never wait for each other in a ring."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for (site, place), count in sorted(counts.items()):
        added = dialect.insert(_Row).values(
            site=site, day=place.day, notice=place.notice, language=place.language, count=count
        )
        session.execute(
            added.on_conflict_do_update(
                index_elements=["site", "day", "notice", "language"],
                set_={"count": _Row.count + added.excluded.count},
            )
        )


def add_late(session: AnySession, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to the totals of acts that came late, by site and day."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    for (site, day), count in sorted(counts.items()):
        added = dialect.insert(LateTotalRow).values(site=site, day=day, count=count)
        session.execute(
            added.on_conflict_do_update(
                index_elements=["site", "day"],
                set_={"count": LateTotalRow.count + added.excluded.count},
            )
        )


def list_late(session: AnySession, site: str, from_: str, to: str) -> list[int]:
    """Return the totals of the days [from_, to) on which acts of a site came late."""
    query = select(LateTotalRow.count).where(
        LateTotalRow.site == site, LateTotalRow.day >= from_, LateTotalRow.day < to
    )
    return [int(count) for count in session.scalars(query)]


def list_displays(session: AnySession, site: str, from_: str, to: str) -> list[tuple[Place, int]]:
    """Return the totals of a site in the days [from_, to)."""
    query = select(_Row.day, _Row.notice, _Row.language, _Row.count).where(
        _Row.site == site, _Row.day >= from_, _Row.day < to
    )
    return [
        (Place(day, notice, language), n) for day, notice, language, n in session.execute(query)
    ]
