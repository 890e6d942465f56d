"""One machine that records, seals, publishes, mirrors, disposes, and gets a backup restored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from consent.audit.entry import leaf_hash
from consent.audit.proofs import consistency_proof, verify_consistency, verify_inclusion
from consent.audit.tlog_proof import TlogProof
from consent.services.answering import Recorded
from consent.services.erasing import ErasureAct, erase
from consent.services.log_export import EVERYTHING, cut_log, log_files
from consent.services.log_keys import open_own
from consent.services.log_targets import target_for
from consent.services.mirrors import Mirror, find_mirror
from consent.services.proving import find_proof
from consent.services.recovering import Recovered, recover
from consent.services.recovery_plan import RecoveryPlan, plan_recovery
from consent.services.retention import Outcome, Sealing, run_retention
from consent.services.sealing import get_log
from consent.services.sealing_head import StateFiles
from consent.services.sealing_thread import Round, Sealer
from consent.services.verifying import verify_database
from consent.store.log import find_state, tile_reader
from consent.store.tables import ConsentEventRow, LogRecordRow
from consent.verify.log_check import Evidence
from consent.verify.report import Report
from tests.backups import Place, place_of
from tests.world import Browser, World, new_id

LOG = "leiden-university/1"
MINUTE = 60_000


@dataclass
class Installation:
    """One machine: its database, its memory of what it has signed, and its mirror."""

    place: Place
    folder: Path
    engine: Engine
    world: World
    people: list[Browser] = field(default_factory=list)

    @property
    def session(self) -> Any:
        return self.world.session

    @property
    def state_files(self) -> StateFiles:
        return StateFiles(self.folder / "log-state")

    @property
    def mirror_folder(self) -> Path:
        return self.folder / "mirror"

    def visit(self) -> Recorded:
        """Have somebody new allow everything."""
        self.world.now += 1_000
        self.people.append(Browser(self.world))
        return self.people[-1].accept_all()

    def ask_to_erase(self, person: Browser) -> None:
        world = self.world
        world.now += 1_000
        act = ErasureAct(new_id(), world.token(world.site()), person.cookies)
        erase(world.session, world.site(), act, keys=world.keys, now=world.now)

    def start_sealer(self) -> Round:
        """Do what a process does when it starts, for its first round."""
        self.world.now += MINUTE
        return Sealer(
            lambda: Session(self.engine),
            self.world.keys,
            lambda: self.world.now,
            state_files=self.state_files,
        ).run_once()

    def dispose(self) -> Outcome:
        self.world.now += 1_000
        sealing = Sealing(self.world.keys, self.state_files)
        return run_retention(self.session, self.world.now, sealing)

    def mirror(self, name: str = "mirror", *, everything: bool = False) -> Path:
        """Bring the mirror up to date, and return where it is."""
        path = self.folder / name
        opened = EVERYTHING if everything else None
        cut = cut_log(self.session, LOG, opened=opened, now=self.world.now)
        files = log_files(self.session, cut, self.world.keys.receipt)
        target_for(path, cut, tile_reader(self.session, LOG)).write(files, lambda _: None)
        self.session.rollback()
        return path

    def restore(self, backup: Path) -> None:
        self.session.close()
        self.engine.dispose()
        self.place.restore(backup)
        self.engine = create_engine(self.place.url)
        self.world.session = Session(self.engine)

    def plan(self, path: Path | None = None) -> RecoveryPlan:
        mirror = self.find_mirror(path or self.mirror_folder)
        return plan_recovery(self.session, mirror, self.world.keys, state_files=self.state_files)

    def find_mirror(self, path: Path) -> Mirror:
        return find_mirror(path, [get_log(self.session, LOG).origin])

    def recover(self, path: Path | None = None) -> Recovered:
        self.world.now += MINUTE
        return recover(self.session, self.plan(path), now=self.world.now)

    def verify(self) -> Report:
        """Verify as somebody does who knows of every recovery."""
        known = self.session.scalars(
            select(LogRecordRow.id).where(LogRecordRow.type == "recovery")
        ).all()
        self.session.rollback()
        evidence = Evidence(accepted=known)
        return verify_database(self.session, evidence, state_files=self.state_files)

    def status(self, log_id: str = LOG) -> str:
        self.session.rollback()
        state = find_state(self.session, log_id)
        self.session.rollback()
        assert state is not None
        return state.status

    def rows(self, table: Any = ConsentEventRow) -> int:
        self.session.rollback()
        count = self.session.scalar(select(func.count()).select_from(table)) or 0
        self.session.rollback()
        return count

    def proof_of(self, recorded: Recorded) -> TlogProof:
        assert recorded.stored is not None
        proof = find_proof(self.session, recorded.stored.event.id)
        self.session.rollback()
        assert proof is not None
        return proof


@pytest.fixture
def drill_place(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> Iterator[Place]:
    is_file = database_url.startswith("sqlite")
    server = None if is_file else request.getfixturevalue("postgres_server")
    with place_of(database_url, tmp_path, server) as place:
        yield place


@pytest.fixture
def drill(drill_place: Place, tmp_path: Path) -> Iterator[Installation]:
    engine = create_engine(drill_place.url)
    world = World(Session(engine))
    world.publish()
    installation = Installation(drill_place, tmp_path, engine, world)
    yield installation
    installation.session.close()
    installation.engine.dispose()


def id_of(recorded: Recorded) -> str:
    assert recorded.stored is not None
    return recorded.stored.event.id


def lost_in(report: Report) -> int:
    return sum(log.disposed.get("lost", 0) for log in report.logs)


def require_proven(drill: Installation, proof: TlogProof, recorded: Recorded) -> None:
    """Fail unless a proof of before still holds, and its head is a beginning of the log of now."""
    assert recorded.stored is not None
    head = open_own(
        drill.session, get_log(drill.session, LOG), proof.checkpoint, drill.world.keys
    ).checkpoint
    leaf = leaf_hash(recorded.stored.entry)
    verify_inclusion(leaf, proof.index, head.size, proof.path, head.root)
    state = find_state(drill.session, LOG)
    assert state is not None
    path = consistency_proof(tile_reader(drill.session, LOG), head.size, state.size)
    verify_consistency(head.size, head.root, state.size, state.root, path)
