"""Rows of any number, by pages in the order of a key: nothing is held or sorted as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, or_

from consent.store.database import AnySession

ROWS_AT_ONCE = 1_000


def by_pages(
    session: AnySession, query: Any, keys: tuple[Any, ...], size: int = ROWS_AT_ONCE
) -> Iterator[Any]:
    """Give the rows of a query in the order of keys that it selects first."""
    ordered = query.add_columns(*(key.label(f"key_{n}") for n, key in enumerate(keys)))
    ordered = ordered.order_by(*keys).limit(size)
    after: tuple[Any, ...] | None = None
    while True:
        page = ordered if after is None else ordered.where(_follows(keys, after))
        rows = session.execute(page).all()
        yield from rows
        if len(rows) < size:
            return
        after = tuple(getattr(rows[-1], f"key_{n}") for n in range(len(keys)))


def _follows(keys: tuple[Any, ...], after: tuple[Any, ...]) -> Any:
    """Say that keys come behind given ones, in a form that indexes serve on both engines."""
    conditions = [
        and_(*(keys[m] == after[m] for m in range(n)), keys[n] > after[n]) for n in range(len(keys))
    ]
    return and_(keys[0] >= after[0], or_(*conditions))
