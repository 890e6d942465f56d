"""What was written past the service is sealed afterwards where it can be, and tells where not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, event, select, text
from sqlalchemy.orm import Session

from consent.core.ids import uuid7
from consent.services.sealing_actions import stage_stragglers
from consent.store.database import write_transaction
from consent.store.tables import LogIndexRow, LogPendingRow, SealedActionRow
from consent.verify.findings import Kind
from tests.log import WorldLog
from tests.services.test_sealed_actions import act, inserted, log
from tests.services.test_verifying import publish, tamper, verify
from tests.verify.make_log import kinds
from tests.world import World

__all__ = ["log"]

pytestmark = pytest.mark.legal("AE-06")


def test_two_processes_catch_up_the_same_act_once(database_url: str) -> None:
    """The other one comes in where it can: just before this one writes, or begins to."""
    engines = [create_engine(database_url) for _ in range(2)]
    with Session(engines[0]) as session, Session(engines[1]) as other:
        world = World(session)
        world.publish()
        with write_transaction(session):
            session.execute(inserted(world, world.now))
        now = world.now + 1000
        counts: list[int] = []
        first = "BEGIN IMMEDIATE" if session.get_bind().dialect.name == "sqlite" else "INSERT INTO"

        def come_in(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
            if sql.startswith(first) and not counts:
                counts.append(stage_stragglers(other, now=now))

        event.listen(engines[0], "before_cursor_execute", come_in)
        assert stage_stragglers(session, now=now) == 0
        assert counts == [1]
        sealed = select(SealedActionRow.entry).where(SealedActionRow.at == now)
        waiting = select(LogPendingRow.entry).where(LogPendingRow.enqueued_at == now)
        assert session.scalars(sealed).all() == session.scalars(waiting).all()
        assert len(session.scalars(sealed).all()) == 1
    for engine in engines:
        engine.dispose()


_UNFIT: list[dict[str, Any]] = [
    {"detail": "\x01" * 6000},  # six times as long in a record
    {"officer": "O" * 20_000},
    {"detail": text("CAST(x'22ff22' AS TEXT)")},
    {"officer": text("x'4f6c6761'")},
    {"at": text("'today'")},
    {"id": "x-Alice"},
]


def test_acts_that_cannot_be_records_keep_no_other_from_being_sealed(
    session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    world = World(session)
    world.publish()
    log = WorldLog(world, tmp_path / "state")
    publish(log)
    unfit = [
        {"id": uuid7(world.now, bytes([number]) * 10), "subject_id": "Alice", **values}
        for number, values in enumerate(_UNFIT if is_sqlite else _UNFIT[:1])
    ]
    with write_transaction(session):
        for values in (*unfit, {"id": uuid7(world.now, b"\xff" * 10)}):
            session.execute(inserted(world, world.now).values(values))
    told: set[str] = set()
    for expected in (1, 0):
        assert stage_stragglers(session, now=world.now + 1000, told=told) == expected
    warnings = [one for one in caplog.messages if "is not sealed" in one]
    assert len(warnings) == len(unfit)
    assert unfit[0]["id"] in warnings[0]
    assert not [one for one in warnings if "Olga" in one or "Alice" in one]
    world.now += 60_000
    publish(log)
    report = verify(log)
    assert kinds(report) == {Kind.MISSING}
    missing = {one.record for one in report.logs[0].findings if one.kind is Kind.MISSING}
    assert missing == {one["id"] for one in unfit}


def test_an_act_under_the_id_of_a_sealed_record_is_not_sealed_again(log: WorldLog) -> None:
    """Its leaf would be the second under one id, and the log would be refused."""
    world = log.world
    session = world.session
    of_acts = select(SealedActionRow.id).join(
        LogIndexRow, LogIndexRow.event_id == SealedActionRow.id
    )
    one = session.scalars(of_acts.limit(1)).one()
    session.rollback()
    tamper(log, delete(SealedActionRow).where(SealedActionRow.id == one))
    assert stage_stragglers(session, now=world.now) == 0
    publish(log)
    assert log.status() == ("ok", "")
    assert kinds(verify(log)) == {Kind.MISSING}


def test_an_early_act_that_cannot_be_a_record_keeps_no_log_from_beginning(session: Session) -> None:
    world = World(session)
    with write_transaction(session):
        session.execute(inserted(world, world.now, detail="\x01" * 6000))
    early = act(world, "officer:add", site=None)
    world.publish()
    assert session.get(LogPendingRow, early) is not None
