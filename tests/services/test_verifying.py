"""The live database is checked as an export is, and what lies beside its log as well."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, insert, select, text, update
from sqlalchemy.orm import Session

from consent.audit.entry import commitment
from consent.core.canonical import record_bytes
from consent.core.ids import uuid7
from consent.errors import NotFoundError
from consent.services.retention import Sealing, run_retention
from consent.services.verifying import verify_database
from consent.store.database import AnySession, write_transaction
from consent.store.tables import (
    BuildRow,
    ConsentEventRow,
    LogAnchorRow,
    LogCheckpointRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    LogRow,
    LogStateRow,
    LogTileRow,
    NoticeRow,
    PolicyRow,
)
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from consent.verify.report import Report
from consent.verify.sources import UnreadableError
from tests.log import WorldLog
from tests.make import make_site
from tests.tamper.rights import without_triggers
from tests.verify.make_log import kinds
from tests.world import Browser, World


@pytest.fixture
def log(world: World, tmp_path: Path) -> WorldLog:
    return make_log(world, tmp_path)


@pytest.fixture
def embedded_log(sqlite_url: str, tmp_path: Path) -> Iterator[WorldLog]:
    """The same where the engine makes no difference; the drills use both."""
    engine = create_engine(sqlite_url)
    with Session(engine) as session:
        world = World(session)
        world.publish()
        yield make_log(world, tmp_path)
    engine.dispose()


def make_log(world: World, folder: Path) -> WorldLog:
    """Make a log with Alice's grant and withdrawal and with refusals; one record waits."""
    log = WorldLog(world, folder / "state")
    alice = Browser(world)
    alice.accept_all()
    for _ in range(5):
        world.now += 1000
        Browser(world).refuse_all()
    publish(log)
    world.pass_days(1)
    alice.withdraw_all()
    publish(log)
    world.now += 1000
    Browser(world).accept_all()
    return log


def publish(log: WorldLog) -> None:
    log.world.now += 30_000
    log.seal()
    log.publish()


def verify(log: WorldLog, **evidence: Any) -> Report:
    return verify_database(log.world.session, Evidence(**evidence), state_files=log.state_files)


def tamper(log: WorldLog, *statements: Any) -> None:
    """Change the database as somebody with all rights does: the triggers go first."""
    session = log.world.session
    session.rollback()
    with without_triggers(session):
        for statement in statements:
            session.execute(statement)


def test_an_honest_database_passes(log: WorldLog) -> None:
    report = verify(log)
    assert not kinds(report)
    assert report.exit_code == 0
    seen = report.logs[0]
    assert seen.opened == seen.size


def test_it_passes_while_a_disposal_waits_and_afterwards(log: WorldLog) -> None:
    world = log.world
    world.pass_days(181)
    run_retention(world.session, world.now, Sealing(world.keys, log.state_files))
    report = verify(log)
    assert not kinds(report)
    assert report.logs[0].disposed == {"retention_refusal": 5}
    publish(log)
    assert not kinds(verify(log))


def test_every_log_is_checked_or_those_that_are_named(log: WorldLog) -> None:
    world = log.world
    site = replace(
        make_site(),
        id="shop",
        log_name="shop",
        origins=("https://shop.example",),
        service_url="https://shop.example/consent",
    )
    world.publish_site(site)
    other = WorldLog(world, log.folder)
    other.__class__ = type("ShopLog", (WorldLog,), {"log_id": "shop/1"})
    publish(other)
    publish(log)
    assert {one.origin for one in verify(log).logs} == {
        "programme.example/consent/log/leiden-university/1",
        "shop.example/consent/log/shop/1",
    }
    report = verify_database(
        world.session, Evidence(), state_files=log.state_files, log_ids=["shop/1"]
    )
    assert [one.size for one in report.logs] == [4]
    with pytest.raises(NotFoundError):
        verify_database(
            world.session, Evidence(), state_files=log.state_files, log_ids=["nobody/1"]
        )


def test_a_database_in_which_nothing_is_sealed_is_not_checked(world: World, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="nothing was sealed"):
        verify(WorldLog(world, tmp_path))


def _first_event(session: AnySession) -> str:
    query = select(LogIndexRow.event_id).join(
        ConsentEventRow, ConsentEventRow.id == LogIndexRow.event_id
    )
    return session.scalars(query.order_by(LogIndexRow.leaf_index)).first() or ""


Change = Callable[[AnySession, str], Any]

_CHANGES: dict[str, tuple[Kind, Change]] = {
    "a column": (
        Kind.ALTERED,
        lambda _, event: _set(ConsentEventRow, event, language="nl"),
    ),
    "choices": (
        Kind.ALTERED,
        lambda _, event: _set(ConsentEventRow, event, choices="{}"),
    ),
    "the record": (
        Kind.ALTERED,
        lambda _, event: _set(ConsentEventRow, event, payload="{}"),
    ),
    "the salt": (
        Kind.ALTERED,
        lambda _, event: _set(ConsentEventRow, event, salt=bytes(64)),
    ),
    "the entry": (
        Kind.ALTERED,
        lambda _, event: _set(ConsentEventRow, event, entry=bytes(32)),
    ),
    "event deleted": (
        Kind.MISSING,
        lambda _, event: delete(ConsentEventRow).where(ConsentEventRow.id == event),
    ),
    "index deleted": (
        Kind.MISSING,
        lambda _, event: delete(LogIndexRow).where(LogIndexRow.event_id == event),
    ),
    "index moved": (
        Kind.ALTERED,
        lambda _, event: (
            update(LogIndexRow).where(LogIndexRow.event_id == event).values(leaf_index=1000)
        ),
    ),
    "index of no log": (
        Kind.ALTERED,
        lambda _, event: (
            update(LogIndexRow).where(LogIndexRow.event_id == event).values(log_id="nobody/1")
        ),
    ),
    "pending entry": (
        Kind.ALTERED,
        lambda *_: update(LogPendingRow).values(entry=bytes(32)),
    ),
    "pending of no log": (
        Kind.ALTERED,
        lambda *_: update(LogPendingRow).values(log_id="nobody/1"),
    ),
    "pending deleted": (Kind.MISSING, lambda *_: delete(LogPendingRow)),
    "pending event deleted": (
        Kind.MISSING,
        lambda *_: delete(ConsentEventRow).where(
            ConsentEventRow.id.in_(select(LogPendingRow.event_id))
        ),
    ),
    "pending again": (
        Kind.ALTERED,
        lambda _, event: insert(LogPendingRow).values(
            event_id=event, log_id="leiden-university/1", entry=bytes(32), enqueued_at=0
        ),
    ),
    "state root": (Kind.ALTERED, lambda *_: update(LogStateRow).values(root=bytes(32))),
    "state size": (Kind.ROLLED_BACK, lambda *_: update(LogStateRow).values(size=2)),
    "state beyond": (Kind.ALTERED, lambda *_: update(LogStateRow).values(size=2000)),
    "state deleted": (Kind.MISSING, lambda *_: delete(LogStateRow)),
    "status": (Kind.FORKED, lambda *_: update(LogStateRow).values(status="forked")),
    "tile": (
        Kind.ALTERED,
        lambda *_: update(LogTileRow).where(LogTileRow.level == 0).values(data=bytes(32 * 20)),
    ),
    "tile deleted": (Kind.MISSING, lambda *_: delete(LogTileRow)),
    "heads deleted": (Kind.MISSING, lambda *_: delete(LogCheckpointRow)),
    "heads spoiled": (
        Kind.MISSING,
        lambda *_: text("UPDATE log_checkpoint SET note = note || 'x'"),
    ),
    "head dated": (
        Kind.ALTERED,
        lambda *_: text("UPDATE log_checkpoint SET created = created - 86400000"),
    ),
    "anchor of none": (
        Kind.MISSING,
        lambda *_: insert(LogAnchorRow).values(
            log_id="leiden-university/1", size=1, created=1, kind="url", name="x", blob=b"x", at=1
        ),
    ),
    "origin": (Kind.ALTERED, lambda *_: text("UPDATE log SET origin = 'shop.example/1'")),
    "key": (Kind.BAD_SIGNATURE, lambda *_: text("DELETE FROM log_key WHERE role = 'log'")),
    "key record": (
        Kind.MISSING,
        lambda *_: text("DELETE FROM log_record WHERE type = 'key'"),
    ),
    "type of a record": (
        Kind.ALTERED,
        lambda *_: text("UPDATE log_record SET type = 'epoch' WHERE type = 'key'"),
    ),
    "notice": (
        Kind.ALTERED,
        lambda *_: text("UPDATE notice SET document = replace(document, 'map', 'cap')"),
    ),
    "site of a notice": (Kind.ALTERED, lambda *_: text("UPDATE notice SET site = 'shop'")),
    "policy": (
        Kind.ALTERED,
        lambda *_: text("UPDATE policy SET document = replace(document, 'map', 'cap')"),
    ),
    "build": (Kind.ALTERED, lambda *_: text("UPDATE build SET content = substr(content, 2)")),
    "publication": (
        Kind.ALTERED,
        lambda *_: text("UPDATE publication SET published_at = published_at + 1"),
    ),
    "publication deleted": (Kind.MISSING, lambda *_: text("DELETE FROM publication")),
}


def _set(table: Any, event: str, **values: Any) -> Any:
    return update(table).where(table.id == event).values(**values)


@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_by_somebody_with_all_rights_is_found(embedded_log: WorldLog, change: str) -> None:
    log = embedded_log
    kind, make = _CHANGES[change]
    session = log.world.session
    tamper(log, make(session, _first_event(session)))
    report = verify(log)
    assert kind in kinds(report)
    assert report.exit_code == 1


def test_two_records_that_were_swapped_are_found(log: WorldLog) -> None:
    session = log.world.session
    one, other = session.scalars(select(ConsentEventRow).limit(2)).all()
    swapped = [
        _set(ConsentEventRow, into.id, payload=from_.payload, salt=from_.salt, entry=from_.entry)
        for into, from_ in ((one, other), (other, one))
    ]
    tamper(log, *swapped)
    assert kinds(verify(log)) == {Kind.ALTERED}


def test_leaves_that_were_swapped_are_found(log: WorldLog) -> None:
    session = log.world.session
    newest_first = select(LogIndexRow).order_by(LogIndexRow.leaf_index.desc())
    one, other = session.scalars(newest_first.limit(2)).all()
    moves = [
        update(LogIndexRow).where(LogIndexRow.event_id == event).values(leaf_index=leaf)
        for event, leaf in (
            (one.event_id, -1),
            (other.event_id, one.leaf_index),
            (one.event_id, other.leaf_index),
        )
    ]
    tamper(log, *moves)
    assert kinds(verify(log)) == {Kind.ALTERED}


def test_a_database_that_was_set_back_is_found_by_what_this_machine_signed(
    log: WorldLog, tmp_path: Path
) -> None:
    kept = log.state_files.read(log.log_id)
    assert kept is not None
    with_older = WorldLog(log.world, tmp_path / "empty")
    session = log.world.session
    heads = select(LogCheckpointRow).order_by(LogCheckpointRow.size.desc())
    newest = session.scalars(heads).first()
    assert newest is not None
    publish(log)
    larger = log.state_files.read(log.log_id)
    assert larger is not None
    tamper(
        log,
        delete(LogCheckpointRow).where(LogCheckpointRow.size > newest.size),
        delete(LogIndexRow).where(LogIndexRow.leaf_index >= newest.size),
        update(LogStateRow).values(size=newest.size),
    )
    assert Kind.ROLLED_BACK in kinds(verify(log))
    assert Kind.ROLLED_BACK in kinds(verify(with_older, kept=[larger]))


def test_it_sees_one_state_of_the_database_while_others_write(
    log: WorldLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded, sealed or removed meanwhile is none of its business."""
    from consent.services import live_log

    world = log.world
    own = live_log.LiveSource.openings

    def openings(source: Any) -> Any:
        with Session(world.session.get_bind()) as session:
            meanwhile = World(session, now=world.now + 1000)
            Browser(meanwhile).refuse_all()
            publish(WorldLog(meanwhile, log.folder))
        return own(source)

    monkeypatch.setattr(live_log.LiveSource, "openings", openings)
    assert not kinds(verify(log))
    with write_transaction(world.session):
        pass


def of_a_ghost(
    world_log: WorldLog, log_id: str, *, waits: bool = False, **changes: Any
) -> list[Any]:
    """Return what claims, in another log, that the first event was disposed of, and removes it."""
    session, now = world_log.world.session, changes.pop("at", world_log.world.now)
    event = _first_event(session)
    leaf = session.scalar(select(LogIndexRow.leaf_index).where(LogIndexRow.event_id == event))
    record = {"v": 1, "type": "disposal", "id": uuid7(now, bytes(10)), "at": now}
    record |= {"reason": "erasure", "policy": "x", "role": "service", "count": 1}
    record |= {"leaves": [[leaf, leaf]], **changes}
    payload = record_bytes(record)
    values = {"log_id": log_id, "entry": commitment(payload, bytes(64))}
    statements = [
        insert(LogRecordRow).values(
            id=record["id"],
            type="disposal",
            at=now,
            payload=payload.decode(),
            salt=bytes(64),
            **values,
        ),
        delete(ConsentEventRow).where(ConsentEventRow.id == event),
        delete(LogIndexRow).where(LogIndexRow.event_id == event),
    ]
    if waits:
        pending = {**values, "event_id": record["id"], "enqueued_at": now}
        statements.append(insert(LogPendingRow).values(**pending))
    return statements


@pytest.mark.parametrize("log_id", ["ghost/1", "leiden-university/2", "leiden-university/1"])
def test_a_disposal_that_no_log_has_explains_nothing(embedded_log: WorldLog, log_id: str) -> None:
    log = embedded_log
    tamper(log, *of_a_ghost(log, log_id, log=log.log_id))
    assert Kind.MISSING in kinds(verify(log))


def test_a_waiting_disposal_is_not_of_a_time_to_come(embedded_log: WorldLog) -> None:
    log, far = embedded_log, 4_070_908_800_000
    tamper(log, *of_a_ghost(log, log.log_id, waits=True, at=far, reason="retention_grant"))
    report = verify_database(
        log.world.session, Evidence(), state_files=log.state_files, now=log.world.now
    )
    assert Kind.BACKDATED in kinds(report)


@pytest.mark.parametrize("table", [NoticeRow, PolicyRow, BuildRow])
def test_what_was_shown_is_not_deleted_unnoticed(embedded_log: WorldLog, table: Any) -> None:
    tamper(embedded_log, delete(table))
    assert kinds(verify(embedded_log)) == {Kind.MISSING}


@pytest.mark.parametrize("document", ["[1]", "no json", "[" * 5000])
def test_a_notice_that_is_none_is_found(embedded_log: WorldLog, document: str) -> None:
    digest = hashlib.sha256(document.encode()).hexdigest()
    row = {"notice_hash": digest, "site": "programme", "scope_hash": "a" * 64, "stored_at": 1}
    tamper(embedded_log, insert(NoticeRow).values(document=document, **row))
    assert kinds(verify(embedded_log)) == {Kind.ALTERED}


def test_a_new_epoch_out_of_nothing_is_found(embedded_log: WorldLog) -> None:
    log = embedded_log
    publish(log)
    origin = "programme.example/consent/log/leiden-university/2"
    values = {"log_id": "leiden-university/2", "origin": origin, "created_at": log.world.now}
    tamper(log, insert(LogRow).values(**values))
    log.world.now += 1000
    Browser(log.world).accept_all()
    publish(log)
    assert log.log_id == "leiden-university/2"
    assert Kind.MISSING in kinds(verify(log))
