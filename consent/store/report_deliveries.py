"""Which regular report went to whom: each is claimed by one process at a time, then marked.

A claim is a compare-and-swap of one row, so that it holds between processes on both engines and
nothing stays locked while a slow mail server is spoken to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects import postgresql, sqlite

from consent.store.database import AnySession
from consent.store.tables import ReportDeliveryRow

MAIL, WEBHOOK = "mail", "webhook"

_Row = ReportDeliveryRow


@dataclass(frozen=True, slots=True, order=True)
class DeliveryKey:
    """One report for one recipient; `month` is written as 2026-10."""

    month: str
    site: str
    kind: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a report has come. Instants are in milliseconds.

    It is sent when there is `sent_at`; until then `error` says why the last of `tries` failed.
    """

    key: DeliveryKey
    tries: int
    next_try_at: int
    sent_at: int | None
    error: str


def claim_delivery(
    session: AnySession,
    key: DeliveryKey,
    *,
    now: int,
    until: int,
    most_tries: int | None = None,
    again: bool = False,
) -> bool:
    """Say whether this process is the one to send a report now; others leave it until then.

    Without `most_tries` neither the number of tries nor the wait after a failure counts. With
    `again` it is claimed even if it was sent before.
    """
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    first = dialect.insert(_Row).values(
        month=key.month,
        site=key.site,
        kind=key.kind,
        recipient=key.recipient,
        tries=0,
        next_try_at=0,
        error="",
    )
    session.execute(first.on_conflict_do_nothing())
    wanted = [_is(key), _Row.claimed_until.is_(None) | (_Row.claimed_until <= now)]
    if not again:
        wanted.append(_Row.sent_at.is_(None))
    if most_tries is not None:
        wanted += [_Row.tries < most_tries, _Row.next_try_at <= now]
    claimed = update(_Row).where(*wanted).values(claimed_until=until, tries=_Row.tries + 1)
    return getattr(session.execute(claimed), "rowcount", 0) == 1


def mark_sent(session: AnySession, key: DeliveryKey, now: int) -> None:
    """Note that a report has reached its recipient's server."""
    session.execute(
        update(_Row).where(_is(key)).values(sent_at=now, claimed_until=None, error="", tries=0)
    )


def mark_failed(session: AnySession, key: DeliveryKey, error: str, next_try_at: int) -> None:
    """Note why a report could not be sent, and from when on it may be tried again."""
    session.execute(
        update(_Row)
        .where(_is(key))
        .values(claimed_until=None, error=error, next_try_at=next_try_at)
    )


def find_tries(session: AnySession, key: DeliveryKey) -> int:
    """Return how often a report was tried since it was last sent."""
    return session.scalar(select(_Row.tries).where(_is(key))) or 0


def list_deliveries(session: AnySession, sites: Collection[str] | None = None) -> list[Delivery]:
    """Return all that is known, or that of some sites, the newest month first."""
    query = select(_Row).order_by(_Row.month.desc(), _Row.site, _Row.kind, _Row.recipient)
    if sites is not None:
        query = query.where(_Row.site.in_(sites))
    return [
        Delivery(
            DeliveryKey(row.month, row.site, row.kind, row.recipient),
            row.tries,
            row.next_try_at,
            row.sent_at,
            row.error,
        )
        for row in session.scalars(query)
    ]


def _is(key: DeliveryKey) -> ColumnElement[bool]:
    return (
        (_Row.month == key.month)
        & (_Row.site == key.site)
        & (_Row.kind == key.kind)
        & (_Row.recipient == key.recipient)
    )
