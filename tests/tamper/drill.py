"""What somebody with every right on the database can do, by name, and how each is to be told."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from consent.audit.entry import commitment
from consent.core.canonical import record_bytes
from consent.core.ids import uuid7
from consent.store.database import AnySession
from consent.store.tables import (
    ConsentEventRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
)
from consent.verify.findings import Kind
from tests.tamper.history import UNIVERSITY, History

Manipulation = Callable[["Tamperer"], None]

Drills = dict[str, tuple[Kind, Manipulation]]


def teller(drills: Drills) -> Callable[[Kind], Callable[[Manipulation], Manipulation]]:
    """Return what registers manipulations by name, with the finding that has to tell of each."""

    def told_as(kind: Kind) -> Callable[[Manipulation], Manipulation]:
        def register(manipulation: Manipulation) -> Manipulation:
            drills[manipulation.__name__] = kind, manipulation
            return manipulation

        return register

    return told_as


@dataclass
class Tamperer:
    """Somebody with a database without triggers, the service's code, and a choice of victims."""

    history: History
    chance: random.Random

    @property
    def session(self) -> AnySession:
        return self.history.session

    @property
    def now(self) -> int:
        return self.history.world.now

    def run(self, *statements: Any) -> None:
        for statement in statements:
            self.session.execute(statement)
        self.session.commit()

    def event(self, *conditions: Any, log_id: str | None = None) -> ConsentEventRow:
        """Return a sealed event by chance."""
        query = select(ConsentEventRow).join(
            LogIndexRow, LogIndexRow.event_id == ConsentEventRow.id
        )
        if log_id is not None:
            query = query.where(LogIndexRow.log_id == log_id)
        row: ConsentEventRow = self.one_of(query.where(*conditions).order_by(ConsentEventRow.id))
        return row

    def one_of(self, query: Any) -> Any:
        return self.chance.choice(self.session.scalars(query).all())

    def leaf_of(self, event_id: str) -> int:
        query = select(LogIndexRow.leaf_index).where(LogIndexRow.event_id == event_id)
        return self.session.scalars(query).one()

    def log_of(self, event_id: str) -> str:
        query = select(LogIndexRow.log_id).where(LogIndexRow.event_id == event_id)
        return self.session.scalars(query).one()

    def change(self, row: Any, **values: Any) -> None:
        table = type(row)
        self.run(update(table).where(table.id == row.id).values(**values))

    def remove(self, event_id: str, *, index: bool = True) -> None:
        self.run(delete(ConsentEventRow).where(ConsentEventRow.id == event_id))
        if index:
            self.run(delete(LogIndexRow).where(LogIndexRow.event_id == event_id))

    def insert_event(self, like: ConsentEventRow, *, log_id: str, **changes: Any) -> str:
        """Insert an event that is forged after another one, and stage it as the service does."""
        record = json.loads(like.payload) | changes
        record = {key: value for key, value in record.items() if value is not None}
        at = int(record["at"])
        record["id"] = uuid7(at, self.chance.randbytes(10))
        payload, salt = record_bytes(record), self.chance.randbytes(64)
        columns = {
            column.name: record.get(column.name)
            for column in ConsentEventRow.__table__.columns
            if column.name not in ("payload", "salt", "entry", "choices", "gpc")
        }
        entry = commitment(payload, salt)
        self.run(
            insert(ConsentEventRow).values(
                **columns,
                choices=json.dumps(record["choices"]),
                gpc="signals" in record,
                payload=payload.decode(),
                salt=salt,
                entry=entry,
            ),
            insert(LogPendingRow).values(
                event_id=record["id"], log_id=log_id, entry=entry, enqueued_at=at
            ),
        )
        return str(record["id"])

    def stage(self, kind: str, *, log_id: str = UNIVERSITY, **values: Any) -> str:
        """Stage a record of the log's own that the service never made."""
        at = values.pop("at", self.now)
        record_id = uuid7(at, os.urandom(10))
        payload = record_bytes({"v": 1, "type": kind, "id": record_id, "at": at, **values})
        salt = self.chance.randbytes(64)
        entry = commitment(payload, salt)
        self.run(
            insert(LogRecordRow).values(
                id=record_id,
                log_id=log_id,
                type=kind,
                at=at,
                payload=payload.decode(),
                salt=salt,
                entry=entry,
            ),
            insert(LogPendingRow).values(
                event_id=record_id, log_id=log_id, entry=entry, enqueued_at=at
            ),
        )
        return record_id

    def dispose(self, reason: str, *leaves: int, log_id: str = UNIVERSITY, **values: Any) -> str:
        """Stage a false disposal."""
        ranges = [[leaf, leaf] for leaf in sorted(leaves)]
        return self.stage(
            "disposal",
            log_id=log_id,
            reason=reason,
            policy="kept as promised",
            role="service",
            leaves=ranges,
            count=len(leaves),
            **values,
        )

    def seal(self) -> None:
        """Let the service's own sealer seal what is staged; it asks nothing about records."""
        self.history.world.now += 60_000
        self.history.seal()
