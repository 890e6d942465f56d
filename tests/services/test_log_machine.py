"""Whatever happens in whatever order, the log checks out after every step."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from consent.core.times import MILLIS_PER_DAY
from consent.services import sealing, sealing_publication
from consent.services.erasing import ErasureAct, erase
from consent.services.presenting import Presented
from consent.services.retention import Sealing, run_retention
from consent.services.verifying import verify_database
from consent.store import log_sealing
from consent.verify.log_check import Evidence
from tests.log import WorldLog, assert_whole
from tests.verify.make_log import kinds
from tests.world import Browser, World, new_id

pytestmark = pytest.mark.slow

SECOND = 1000
VISITORS = 4

# Where a crash drops the transaction: right after the call.
CRASHES: list[tuple[Any, str]] = [
    (log_sealing, "take_pending"),
    (log_sealing, "advance_state"),
    (log_sealing, "drop_pending"),
    (log_sealing, "put_tiles"),
    (log_sealing, "index_leaves"),
    (sealing, "insert_checkpoint"),
    (sealing_publication, "insert_checkpoint"),
]


class CrashError(Exception):
    """The process is gone."""


class LogMachine(RuleBasedStateMachine):
    """A site with visitors who come back, a sealer, retention, and crashes."""

    def __init__(self, folder: Path, database: Path) -> None:
        super().__init__()
        self.engine: Engine = create_engine(f"sqlite:///{database}")
        self.world = World(Session(self.engine))
        self.world.publish()
        self.log = WorldLog(self.world, folder)
        self.visitors = [Browser(self.world) for _ in range(VISITORS)]
        self.kept: list[str] = []
        self.publish()

    @rule(number=st.integers(0, VISITORS - 1), choice=st.sampled_from(["all", "none", "ads"]))
    def choose(self, number: int, choice: str) -> None:
        """Record a first choice, a change of mind, or the renewal of one that has ended."""
        visitor = self.visitors[number]
        if choice == "all":
            visitor.accept_all()
        elif choice == "none":
            visitor.refuse_all()
        else:
            visitor.save("ads")
        self.tick()

    @rule(number=st.integers(0, VISITORS - 1))
    def withdraw(self, number: int) -> None:
        self.visitors[number].withdraw_all()
        self.tick()

    @precondition(lambda self: any(one.cookies.identity for one in self.visitors))
    @rule(number=st.integers(0, VISITORS - 1))
    def erase(self, number: int) -> None:
        holders = [one for one in self.visitors if one.cookies.identity]
        visitor = holders[number % len(holders)]
        site = self.world.site()
        act = ErasureAct(new_id(), self.world.token(site), visitor.cookies)
        erase(self.world.session, site, act, keys=self.world.keys, now=self.world.now)
        visitor.cookies = Presented()
        self.tick()

    @rule()
    def dispose(self) -> None:
        run_retention(
            self.world.session, self.world.now, Sealing(self.world.keys, self.log.state_files)
        )
        self.tick()

    @rule(days=st.sampled_from([1, 40, 200, 400, 2000]))
    def pass_days(self, days: int) -> None:
        """Let choices end; the sealer was at work meanwhile, as it always is."""
        self.publish()
        self.world.now += days * MILLIS_PER_DAY
        self.publish()

    @rule(batch=st.integers(1, 3))
    def seal_some(self, batch: int) -> None:
        world = self.world
        sealing.seal_once(world.session, self.log.log_id, world.keys, now=world.now, batch=batch)
        self.tick()

    @rule()
    def publish(self) -> None:
        self.log.seal()
        head = self.log.publish()
        if head is not None:
            self.kept.append(head.note)
        self.tick()

    @rule(crash=st.sampled_from(CRASHES))
    def crash(self, crash: tuple[Any, str]) -> None:
        """Die in the middle of sealing or publishing, and start again."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*crash, dying(getattr(*crash)))
            try:
                self.log.seal()
                self.log.publish()
            except CrashError:
                self.world.session.rollback()
        self.restart()
        self.tick()

    @rule()
    def restart(self) -> None:
        self.world.session.close()
        self.world.session = Session(self.engine)

    @invariant()
    def checks_out(self) -> None:
        session = self.world.session
        assert_whole(session, self.world.keys)
        evidence = Evidence(kept=self.kept)  # somebody has kept every head that was shown
        report = verify_database(session, evidence, state_files=self.log.state_files)
        assert kinds(report) == set(), list(report.lines())
        session.rollback()
        assert report.logs[0].unopened == 0

    def tick(self) -> None:
        self.world.now += SECOND

    def teardown(self) -> None:
        self.world.session.close()
        self.engine.dispose()


def dying(original: Callable[..., Any]) -> Callable[..., Any]:
    def die(*arguments: Any, **named: Any) -> Any:
        original(*arguments, **named)
        raise CrashError

    return die


def test_the_log_checks_out_after_every_step(sqlite_template: Path, tmp_path: Path) -> None:
    numbers = itertools.count()

    class Machine(LogMachine):
        def __init__(self) -> None:
            folder = tmp_path / str(next(numbers))
            folder.mkdir()
            database = Path(shutil.copy(sqlite_template, folder / "consent.db"))
            super().__init__(folder / "log-state", database)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
