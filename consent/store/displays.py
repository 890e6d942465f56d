"""How often the banner was shown, by site, day, notice and language: totals about nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from consent.core.totals import Place
from consent.store.database import AnySession
from consent.store.tables import DisplayTotalRow

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


def list_displays(session: AnySession, site: str, from_: str, to: str) -> list[tuple[Place, int]]:
    """Return the totals of a site in the days [from_, to)."""
    query = select(_Row.day, _Row.notice, _Row.language, _Row.count).where(
        _Row.site == site, _Row.day >= from_, _Row.day < to
    )
    return [
        (Place(day, notice, language), n) for day, notice, language, n in session.execute(query)
    ]
