"""Whatever somebody with every right on the database does to a log is found, by its own name.

Each drill works on a copy of a database with a history of years, in which the triggers that
refuse changes are dropped first. The victims are chosen by chance, from a seed.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, make_url, text

from consent.audit.notes import NoteSigner
from consent.audit.receipts import make_receipt, receipt_key_name, sign_receipt
from consent.services.verifying import verify_database
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.store.tables import ConsentEventRow, LogPendingRow
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from consent.verify.report import Report
from tests.databases import PostgresServer, copy_sqlite
from tests.tamper import on_records, on_the_log
from tests.tamper.drill import Tamperer
from tests.tamper.history import OUTSIDE, History, live_through, open_history
from tests.tamper.rights import without_triggers
from tests.verify.make_log import kinds
from tests.world import Browser

SEEDS_ON_SQLITE = 6

MANIPULATIONS = {**on_records.DRILLS, **on_the_log.DRILLS}


@dataclass
class Made:
    """A finished history: the file, what its machine signed last, and how far its clock is."""

    database: Path
    state: Path
    now: int
    kept: dict[str, str]


@pytest.fixture(scope="session")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("history")
    history = open_history(copy_sqlite(sqlite_template, folder), folder / "state")
    live_through(history)
    engine = history.session.get_bind()
    database = Path(str(engine.url.database))  # type: ignore[union-attr]
    history.session.close()
    engine.dispose()  # type: ignore[union-attr]
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return Made(database, folder / "state", history.world.now, history.kept)


@contextmanager
def opened(url: str, made: Made, folder: Path) -> Iterator[History]:
    """Give a copy of the history on a database, on a machine with a memory of its own."""
    state = Path(shutil.copytree(made.state, folder / "state"))
    history = open_history(url, state, made.now)
    history.kept = dict(made.kept)
    with without_triggers(history.session):
        pass
    yield history
    history.session.close()
    history.session.get_bind().dispose()  # type: ignore[union-attr]


@pytest.fixture
def history(made: Made, tmp_path: Path) -> Iterator[History]:
    path = Path(shutil.copy(made.database, tmp_path / "copy.db"))
    with opened(f"sqlite:///{path}", made, tmp_path) as history:
        yield history


@pytest.fixture(scope="session")
def postgres_history(made: Made, postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database on the other engine with the same rows."""
    with postgres_server.database() as url:
        source, target = create_engine(f"sqlite:///{made.database}"), create_engine(url)
        with source.connect() as reading, target.begin() as writing:
            for table in db.metadata.sorted_tables:
                rows = reading.execute(table.select()).mappings().all()
                if rows:
                    writing.execute(table.insert(), [dict(row) for row in rows])
            for name in ("publication", "log_anchor"):
                writing.execute(
                    text(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))")  # noqa: S608 -- ours
                )
        source.dispose()
        target.dispose()
        yield str(make_url(url).database)


def verify(history: History, **evidence: list[str]) -> Report:
    history.session.rollback()
    return verify_database(
        history.session,
        Evidence(**evidence),  # type: ignore[arg-type]
        state_files=history.state_files,
        outside=OUTSIDE,
    )


def chance(name: str, seed: int) -> random.Random:
    return random.Random(f"{name} {seed}")  # noqa: S311 -- the same each time


def drill(history: History, name: str, seed: int) -> None:
    """Do one manipulation and see that it is found, with what somebody kept of the log."""
    kind, manipulate = MANIPULATIONS[name]
    kept = list(history.kept.values())
    manipulate(Tamperer(history, chance(name, seed)))
    report = verify(history, kept=kept)
    assert kind in kinds(report), "\n".join(report.lines())
    assert report.exit_code == 1


@pytest.mark.slow
def test_the_history_passes_before_it_is_tampered_with(history: History) -> None:
    report = verify(history, kept=list(history.kept.values()))
    assert not kinds(report), "\n".join(report.lines())
    assert report.exit_code == 0
    for seen in report.logs:
        assert seen.size > 100
        assert seen.checkpoints > 100
        assert {"erasure", "retention_refusal", "retention_grant"} <= set(seen.disposed)


@pytest.mark.slow
@pytest.mark.legal("RP-07")
@pytest.mark.parametrize("seed", range(SEEDS_ON_SQLITE))
@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_is_found(history: History, name: str, seed: int) -> None:
    drill(history, name, seed)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_is_found_on_the_other_engine(
    made: Made,
    postgres_history: str,
    postgres_server: PostgresServer,
    tmp_path: Path,
    name: str,
) -> None:
    with (
        postgres_server.database(postgres_history) as url,
        opened(url, made, tmp_path) as history,
    ):
        drill(history, name, seed=0)


# Backups.


def restore(history: History, backup: Path) -> History:
    """Put an older copy in the place of the database; the machine keeps its memory."""
    engine = history.session.get_bind()
    database = Path(str(engine.url.database))  # type: ignore[union-attr]
    history.session.close()
    engine.dispose()  # type: ignore[union-attr]
    for path in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        path.unlink(missing_ok=True)
    shutil.copy(backup, database)
    restored = open_history(f"sqlite:///{database}", history.state_files.folder, history.world.now)
    restored.kept = history.kept
    return restored


def go_on(history: History, acts: int = 3) -> None:
    """Record and publish as on any other day."""
    for _ in range(acts):
        for site in ("programme", "shop"):
            history.world.current = site
            history.world.now += 60_000
            Browser(history.world).refuse_all()
    history.world.now += 60_000
    history.seal()


@pytest.mark.slow
def test_an_older_copy_is_found_by_what_the_machine_has_signed(
    history: History, made: Made
) -> None:
    go_on(history)
    restored = restore(history, made.database)
    assert Kind.ROLLED_BACK in kinds(verify(restored))
    restored.session.close()
    restored.session.get_bind().dispose()  # type: ignore[union-attr]


@pytest.mark.slow
def test_an_older_copy_that_goes_on_is_found_by_a_head_that_somebody_kept(
    history: History, made: Made
) -> None:
    """The operator takes the machine's memory away too; who kept a head finds the fork."""
    go_on(history)
    kept = list(history.kept.values())
    restored = restore(history, made.database)
    shutil.rmtree(restored.state_files.folder)
    go_on(restored, acts=5)
    assert not kinds(verify(restored))
    assert Kind.FORKED in kinds(verify(restored, kept=kept))
    restored.session.close()
    restored.session.get_bind().dispose()  # type: ignore[union-attr]


def receipt_of(history: History, stored: StoredEvent) -> str:
    """Return the receipt that a visitor of the shop was given."""
    origin = history.world.site("shop").log_origin
    signer = NoteSigner(receipt_key_name(origin), history.world.keys.receipts[-1])
    receipt = make_receipt(origin, stored.event.id, stored.entry, stored.event.at)
    return sign_receipt(signer, receipt)


# What cannot be found by design, as docs/verify.md says, and what shows it all the same.


@pytest.mark.slow
def test_what_is_deleted_before_it_is_sealed_is_shown_by_its_receipt(history: History) -> None:
    world = history.world
    world.current = "shop"
    recorded = Browser(world).accept_all()
    assert recorded.stored is not None
    event_id = recorded.stored.event.id
    receipt = receipt_of(history, recorded.stored)
    history.session.execute(delete(ConsentEventRow).where(ConsentEventRow.id == event_id))
    history.session.execute(delete(LogPendingRow).where(LogPendingRow.event_id == event_id))
    history.session.commit()
    world.now += 120_000
    history.seal()
    assert not kinds(verify(history))
    assert kinds(verify(history, receipts=[receipt])) == {Kind.MISSING}


@pytest.mark.slow
def test_what_is_deleted_before_it_is_sealed_is_shown_by_what_follows_it(
    history: History,
) -> None:
    world = history.world
    world.current = "shop"
    browser = Browser(world)
    recorded = browser.accept_all()
    assert recorded.stored is not None
    event_id = recorded.stored.event.id
    world.now += 1000
    browser.withdraw_all()
    history.session.execute(delete(ConsentEventRow).where(ConsentEventRow.id == event_id))
    history.session.execute(delete(LogPendingRow).where(LogPendingRow.event_id == event_id))
    history.session.commit()
    world.now += 120_000
    history.seal()
    assert kinds(verify(history)) == {Kind.MISSING}


@pytest.mark.slow
def test_a_false_erasure_is_not_found_but_told(history: History) -> None:
    """Erasures are matched with the requests that came in; the report counts them."""
    before = {seen.origin: seen.disposed["erasure"] for seen in verify(history).logs}
    tamperer = Tamperer(history, chance("false erasure", 0))
    row = tamperer.event(ConsentEventRow.prev.is_(None), log_id="shop/1")
    tamperer.dispose("erasure", tamperer.leaf_of(row.id), log_id="shop/1")
    tamperer.remove(row.id)
    tamperer.seal()
    report = verify(history)
    assert not kinds(report)
    after = {seen.origin: seen.disposed["erasure"] for seen in report.logs}
    assert sum(after.values()) == sum(before.values()) + 1


@pytest.mark.slow
def test_hundreds_of_manipulations_are_tried() -> None:
    assert len(MANIPULATIONS) * (SEEDS_ON_SQLITE + 1) >= 300
