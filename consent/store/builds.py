"""The scripts and pages that records name as their build; rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from consent.store.database import AnySession
from consent.store.tables import BuildRow


@dataclass(frozen=True, slots=True)
class Build:
    """The bytes a digest stands for; `kind` is script or page. `stored_at` is in milliseconds."""

    digest: str
    kind: str
    content: bytes
    stored_at: int


def find_build(session: AnySession, digest: str) -> Build | None:
    row = session.get(BuildRow, digest)
    return None if row is None else Build(row.digest, row.kind, row.content, row.stored_at)


def builds_beginning(session: AnySession, digits: str) -> list[str]:
    """Return the digests of all builds that begin with some digits."""
    return list(
        session.scalars(
            select(BuildRow.digest).where(BuildRow.digest.startswith(digits, autoescape=True))
        )
    )


def list_builds(session: AnySession) -> list[tuple[str, str, int]]:
    """Return digest, kind and age of every build, oldest first."""
    columns = (BuildRow.digest, BuildRow.kind, BuildRow.stored_at)
    rows = session.execute(select(*columns).order_by(BuildRow.stored_at, BuildRow.digest))
    return [(row.digest, row.kind, row.stored_at) for row in rows]


def insert_build(session: AnySession, build: Build) -> None:
    """Store a build once; the same digest again is the same build."""
    if session.scalar(select(1).where(BuildRow.digest == build.digest)) is not None:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(BuildRow).values(
        digest=build.digest, kind=build.kind, content=build.content, stored_at=build.stored_at
    )
    session.execute(statement.on_conflict_do_nothing())
