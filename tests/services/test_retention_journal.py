"""What was removed is nowhere in the files of an SQLite database, its journal included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from consent.errors import StateFileError
from consent.services.erasing import ErasureAct, erase
from consent.services.retention import Sealing, run_erasures, run_retention
from consent.store.tables import ConsentEventRow
from tests.disposing import make_sealing
from tests.log import WorldLog
from tests.world import Browser, World, new_id


@pytest.fixture
def file_engine(sqlite_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def world(file_engine: Engine) -> Iterator[World]:
    with Session(file_engine) as session:
        world = World(session)
        world.publish()
        yield world


def record_and_erase(world: World) -> tuple[bytes, bytes]:
    """Have a choice recorded and erased; return its salt and its record."""
    alice = Browser(world)
    alice.accept_all()
    row = world.session.execute(select(ConsentEventRow.salt, ConsentEventRow.payload)).one()
    world.session.rollback()
    act = ErasureAct(new_id(), world.token(world.site()), alice.cookies)
    erase(world.session, world.site(), act, keys=world.keys, now=world.now)
    return row.salt, row.payload.encode()


def stored_bytes(engine: Engine) -> bytes:
    """Return all that is in the files of the database."""
    path = Path(engine.url.database or "")
    files = [path, path.with_name(f"{path.name}-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


@pytest.mark.legal("RE-10")
def test_nothing_of_an_erased_record_is_left_in_the_files(
    file_engine: Engine, world: World
) -> None:
    salt, record = record_and_erase(world)
    before = stored_bytes(file_engine)
    assert salt in before
    assert record in before
    assert run_retention(world.session, world.now, make_sealing(world.keys)).removed
    after = stored_bytes(file_engine)
    assert salt not in after
    assert record not in after


@pytest.mark.legal("RE-10")
def test_a_reader_in_the_way_only_puts_it_off_to_the_next_run(
    file_engine: Engine, world: World
) -> None:
    salt, record = record_and_erase(world)
    with file_engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM consent_event"))
        assert run_retention(world.session, world.now, make_sealing(world.keys)).removed
        assert salt in stored_bytes(file_engine)
    assert not run_erasures(world.session, world.now, make_sealing(world.keys)).removed
    after = stored_bytes(file_engine)
    assert salt not in after
    assert record not in after


def test_nothing_is_removed_while_it_is_unknown_what_was_signed(
    world: World, tmp_path: Path
) -> None:
    """The leaves could be other ones than those that were signed."""
    log = WorldLog(world, tmp_path / "log-state")
    record_and_erase(world)
    log.seal()
    log.state_files.path(log.log_id).mkdir(parents=True)
    sealing = Sealing(world.keys, log.state_files)
    with pytest.raises(StateFileError):
        run_retention(world.session, world.now, sealing)
    log.state_files.path(log.log_id).rmdir()
    assert sum(run_retention(world.session, world.now, sealing).removed.values()) == 2
