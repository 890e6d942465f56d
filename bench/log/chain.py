"""The peer: a linear hash chain in a table of the same database, as audit logs mostly have it.

Each link is the SHA-256 of the one before and the entry. It has one head and no tree: who is to be
convinced of one entry needs every link after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, insert, select
from sqlalchemy.orm import Session

from consent.store.database import write_transaction

FIRST = bytes(32)
ROWS_AT_ONCE = 10_000

CHAIN = Table(
    "bench_chain",
    MetaData(),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
)


class BrokenChainError(Exception):
    """A link does not follow from the one before."""


def make_chain(session: Session) -> None:
    CHAIN.create(session.get_bind())


def append(session: Session, entries: Sequence[bytes]) -> None:
    """Add one batch of entries at the end, in one transaction."""
    with write_transaction(session):
        last = session.execute(
            select(CHAIN.c.n, CHAIN.c.link).order_by(CHAIN.c.n.desc()).limit(1)
        ).first()
        n, link = (-1, FIRST) if last is None else last
        rows = []
        for entry in entries:
            n, link = n + 1, hashlib.sha256(link + entry).digest()
            rows.append({"n": n, "entry": entry, "link": link})
        session.execute(insert(CHAIN), rows)


def verify(session: Session, first: int = 0) -> int:
    """Compute every link from `first` to the head anew; return how many there are."""
    before = session.scalar(select(CHAIN.c.link).where(CHAIN.c.n == first - 1))
    query = select(CHAIN.c.entry, CHAIN.c.link).where(CHAIN.c.n >= first).order_by(CHAIN.c.n)
    rows = session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    return _follow(FIRST if before is None else before, rows.tuples())


def _follow(link: bytes, rows: Iterable[tuple[bytes, bytes]]) -> int:
    count = 0
    for entry, stored in rows:
        link = hashlib.sha256(link + entry).digest()
        if link != stored:
            raise BrokenChainError(count)
        count += 1
    return count
