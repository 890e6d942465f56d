"""How often officers did what, in totals."""

from __future__ import annotations

from sqlalchemy import func, select

from consent.core.ids import uuid7
from consent.core.roles import ALL_SITES
from consent.store.database import AnySession
from consent.store.officers import led_to_nothing
from consent.store.tables import OfficerActionRow

_Row = OfficerActionRow


def count_actions(session: AnySession, site: str, from_: int, to: int) -> dict[str, int]:
    """Return the actions on a site, or on several sites at once, in a period [from_, to) (ms).

    Ids begin with their instants, so a range of ids is a period.
    """
    query = (
        select(_Row.action, func.count())
        .where(
            _Row.site.in_((site, ALL_SITES)),
            _Row.id >= uuid7(from_, bytes(10)),
            _Row.id < uuid7(to, bytes(10)),
            ~led_to_nothing(),
        )
        .group_by(_Row.action)
    )
    return {action: int(count) for action, count in session.execute(query)}
