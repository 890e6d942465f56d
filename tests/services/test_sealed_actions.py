"""What officers did is sealed with everything else, and a check finds whoever changes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, insert, select, update
from sqlalchemy.orm import Session

from consent.audit.entry import commitment
from consent.core.ids import uuid7
from consent.core.times import MILLIS_PER_DAY
from consent.services.log_export import EVERYTHING, cut_log, log_files
from consent.services.sealing_actions import stage_stragglers
from consent.store.database import AnySession, write_transaction
from consent.store.officers import record_action
from consent.store.sealed_actions import log_of_site
from consent.store.tables import (
    LogIndexRow,
    LogPendingRow,
    OfficerActionRow,
    SealedActionRow,
)
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from consent.verify.report import Report
from consent.verify.running import check_path
from tests.log import WorldLog
from tests.services.test_verifying import publish, tamper, verify
from tests.verify.make_log import kinds
from tests.world import Browser, World

LOOK = "0196d5f0-0000-7000-8000-00000000000a"


@pytest.fixture
def log(sqlite_url: str, tmp_path: Path) -> Iterator[WorldLog]:
    """A published log with a visitor's act and three acts of Olga's, and one that waits."""
    engine = create_engine(sqlite_url)
    with Session(engine) as session:
        world = World(session)
        world.publish()
        made = WorldLog(world, tmp_path / "state")
        Browser(world).accept_all()
        for _ in range(3):
            act(world)
        publish(made)
        act(world)
        yield made
    engine.dispose()


def act(world: World, action: str = "records:list", **detail: Any) -> str:
    """Have Olga do something; return the id of it."""
    world.now += 1000
    with write_transaction(world.session):
        record_action(
            world.session,
            officer="Olga",
            action=action,
            subject_id=uuid7(world.now, bytes(10)),
            detail={"site": "programme", **detail},
            now=world.now,
        )
    newest = select(OfficerActionRow.id).order_by(OfficerActionRow.id.desc()).limit(1)
    found = world.session.scalar(newest)
    world.session.rollback()
    assert found is not None
    return found


def inserted(world: World, at: int, **values: Any) -> Any:
    """Return the statement of somebody who slips an act in beside the log."""
    row = {"id": uuid7(at, bytes(10)), "at": at, "officer": "Olga", "action": "record:show"}
    row |= {"subject_id": LOOK, "detail": "{}", "site": "programme"}
    return insert(OfficerActionRow).values(row | values)


@pytest.mark.legal("AE-06")
def test_an_act_is_staged_with_it_and_sealed_into_the_log_of_its_site(world: World) -> None:
    log = log_of_site(world.session, "programme")
    assert log is not None
    acted = act(world, filter={"from": "2026-01-01"})
    session = world.session
    sealed, row = session.get(SealedActionRow, acted), session.get(OfficerActionRow, acted)
    waits = session.get(LogPendingRow, acted)
    assert sealed is not None
    assert row is not None
    assert waits is not None
    assert (waits.log_id, waits.entry) == (log.log_id, sealed.entry)
    assert commitment(sealed.payload.encode(), sealed.salt) == sealed.entry
    assert json.loads(sealed.payload) == {
        "v": 1,
        "type": "action",
        "id": acted,
        "at": world.now,
        "officer": "Olga",
        "action": "records:list",
        "subject": row.subject_id,
        "detail": row.detail,
        "site": "programme",
    }


@pytest.mark.legal("AE-06")
def test_an_honest_database_with_acts_passes(log: WorldLog) -> None:
    report = verify(log)
    assert not kinds(report)
    assert report.logs[0].opened == report.logs[0].size
    publish(log)
    assert not kinds(verify(log))


def test_what_is_of_no_site_goes_into_the_oldest_log(world: World) -> None:
    acted = act(world, "session:begin", site=None)
    session = world.session
    row, waits = session.get(OfficerActionRow, acted), session.get(LogPendingRow, acted)
    home = log_of_site(session, None)
    assert row is not None
    assert row.site is None
    assert waits is not None
    assert home is not None
    assert waits.log_id == home.log_id


@pytest.mark.parametrize(
    ("action", "detail", "site"),
    [
        ("export:create", {"filter": {"site": ["programme"]}}, "programme"),
        ("export:create", {"filter": {"site": ["programme", "library"]}}, "*"),
        ("export:create", {"filter": {}}, "*"),
        ("record:search", {"clue": "code"}, "*"),
        ("person:roles", {"name": "Otto"}, None),
        ("account:password", {}, None),
    ],
)
def test_the_site_of_an_act_is_what_it_was_about(
    world: World, action: str, detail: dict[str, Any], site: str | None
) -> None:
    row = world.session.get(OfficerActionRow, act(world, action, **{"site": None, **detail}))
    assert row is not None
    assert row.site == site


def test_the_end_of_an_export_is_of_the_site_of_its_beginning(world: World) -> None:
    for action, detail in (
        ("export:create", {"filter": {"site": ["programme"]}}),
        ("export:finish", {}),
    ):
        with write_transaction(world.session):
            record_action(
                world.session,
                officer="Olga",
                action=action,
                subject_id=LOOK,
                detail=detail,
                now=world.now,
            )
    assert set(world.session.scalars(select(OfficerActionRow.site))) == {"programme"}


def _sealed_id(session: AnySession) -> str:
    return (
        session.scalars(
            select(OfficerActionRow.id)
            .join(LogIndexRow, LogIndexRow.event_id == OfficerActionRow.id)
            .order_by(OfficerActionRow.id)
        ).first()
        or ""
    )


def _waiting_id(session: AnySession) -> str:
    return session.scalars(
        select(OfficerActionRow.id).join(
            LogPendingRow, LogPendingRow.event_id == OfficerActionRow.id
        )
    ).one()


def _set(column: str, value: Any) -> Callable[[str], Any]:
    return lambda one: (
        update(OfficerActionRow).where(OfficerActionRow.id == one).values({column: value})
    )


_CHANGES: dict[str, tuple[Kind, Callable[[str], Any]]] = {
    **{
        f"{column} altered": (Kind.ALTERED, _set(column, value))
        for column, value in {
            "officer": "Otto",
            "action": "session:begin",
            "detail": "{}",
            "site": None,
            "subject_id": LOOK,
            "at": 1,
        }.items()
    },
    "act deleted": (
        Kind.MISSING,
        lambda one: delete(OfficerActionRow).where(OfficerActionRow.id == one),
    ),
    "record deleted": (
        Kind.MISSING,
        lambda one: delete(SealedActionRow).where(SealedActionRow.id == one),
    ),
    "record altered": (
        Kind.ALTERED,
        lambda one: (
            update(SealedActionRow)
            .where(SealedActionRow.id == one)
            .values(payload=SealedActionRow.payload + " ")
        ),
    ),
    "salt altered": (
        Kind.ALTERED,
        lambda one: (
            update(SealedActionRow).where(SealedActionRow.id == one).values(salt=b"\0" * 64)
        ),
    ),
}


@pytest.mark.legal("AE-06")
@pytest.mark.parametrize("which", [_sealed_id, _waiting_id])
@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_to_an_act_is_found_before_and_after_it_is_sealed(
    log: WorldLog, change: str, which: Callable[[AnySession], str]
) -> None:
    kind, make = _CHANGES[change]
    tamper(log, make(which(log.world.session)))
    report = verify(log)
    assert kind in kinds(report), list(report.logs[0].findings)
    assert report.exit_code == 1


@pytest.mark.legal("AE-06")
def test_an_act_that_was_deleted_with_its_record_is_missing(log: WorldLog) -> None:
    one = _sealed_id(log.world.session)
    tamper(
        log,
        delete(OfficerActionRow).where(OfficerActionRow.id == one),
        delete(SealedActionRow).where(SealedActionRow.id == one),
        delete(LogIndexRow).where(LogIndexRow.event_id == one),
    )
    assert kinds(verify(log)) == {Kind.MISSING}


@pytest.mark.legal("AE-06")
def test_an_act_that_was_slipped_in_beside_the_log_is_found(log: WorldLog) -> None:
    tamper(log, inserted(log.world, log.world.now - 5 * MILLIS_PER_DAY))
    assert kinds(verify(log)) == {Kind.MISSING}


@pytest.mark.legal("AE-06")
def test_an_act_that_was_dated_back_with_its_record_is_found(log: WorldLog) -> None:
    """It is staged as the service does it, with a record of a day before the log was signed."""
    world = log.world
    world.pass_days(2)
    publish(log)
    now, world.now = world.now, world.now - MILLIS_PER_DAY
    act(world)
    world.now = now
    assert kinds(verify(log)) == {Kind.BACKDATED}
    publish(log)
    assert kinds(verify(log)) == {Kind.BACKDATED}


def test_what_a_process_of_before_wrote_is_sealed_afterwards_and_said_to_be(log: WorldLog) -> None:
    world = log.world
    tamper(log, inserted(world, world.now))
    assert kinds(verify(log)) == {Kind.MISSING}
    world.now += 60_000
    assert stage_stragglers(world.session, now=world.now) == 1
    assert stage_stragglers(world.session, now=world.now) == 0
    publish(log)
    report = verify(log)
    assert not kinds(report)
    assert any("1 acts of officers" in note for note in report.logs[0].notes)


@pytest.mark.legal("AE-06")
def test_long_after_acts_began_to_be_sealed_nothing_is_caught_up_with(log: WorldLog) -> None:
    world = log.world
    world.pass_days(3)
    tamper(log, inserted(world, world.now))
    assert stage_stragglers(world.session, now=world.now + 1000) == 1
    publish(log)
    assert kinds(verify(log)) == {Kind.BACKDATED}


def test_an_old_act_without_a_record_is_left_to_the_check(log: WorldLog) -> None:
    world = log.world
    tamper(log, inserted(world, world.now))
    assert stage_stragglers(world.session, now=world.now + 2 * MILLIS_PER_DAY) == 0
    assert kinds(verify(log)) == {Kind.MISSING}


def test_acts_from_before_the_first_log_are_sealed_with_it(session: Session) -> None:
    world = World(session)
    early = act(world, "officer:add", site=None)
    assert session.get(SealedActionRow, early) is None
    world.now += 1000
    world.publish()
    sealed = session.get(SealedActionRow, early)
    assert sealed is not None
    record = json.loads(sealed.payload)
    assert record["acted_at"] == session.get_one(OfficerActionRow, early).at
    assert session.get(LogPendingRow, early) is not None


@pytest.mark.parametrize("opened", [None, EVERYTHING])
def test_only_an_export_of_everything_opens_acts(
    log: WorldLog, tmp_path: Path, opened: Any
) -> None:
    world = log.world
    cut = cut_log(world.session, log.log_id, opened=opened, now=world.now)
    folder = tmp_path / "export"
    key = world.keys.receipt
    for name, chunks in log_files(world.session, cut, key):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(chunks))
    world.session.rollback()
    assert ("Olga" in (folder / "records.jsonl").read_text()) == (opened is EVERYTHING)
    report: Report = check_path(folder, Evidence())
    assert not kinds(report)
    assert report.logs[0].unopened == (0 if opened else 4)


def test_a_long_detail_is_sealed_by_its_digest(log: WorldLog) -> None:
    acted = act(log.world, reason="x" * 10_000)
    sealed = log.world.session.get_one(SealedActionRow, acted)
    assert len(sealed.payload) < 1000
    publish(log)
    assert not kinds(verify(log))
    tamper(log, _set("detail", '{"reason":"y"}')(acted))
    assert kinds(verify(log)) == {Kind.ALTERED}
