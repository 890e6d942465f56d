"""The thread beside the requests: it works when woken, and no fault and no stop cuts it short."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from consent.services.background import Background, faults_told

NEVER = 3600.0
PATIENCE = 60

_log = logging.getLogger(__name__)


class Rounds(Background):
    """Counts its rounds; `during` is what each of them does."""

    def __init__(self) -> None:
        super().__init__("consent-rounds", first_seconds=NEVER, every_seconds=NEVER)
        self.ended = threading.Semaphore(0)
        self.count = 0
        self.during: Callable[[], None] = lambda: None

    def waited_for(self) -> bool:
        return self.ended.acquire(timeout=PATIENCE)

    def _run_safely(self) -> None:
        with faults_told(_log, "a round failed (%s)"):
            self.count += 1
            self.during()
        self.ended.release()


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    rounds = Rounds()
    yield rounds
    rounds.stop()


def test_who_wakes_it_starts_it_and_has_a_round_at_once(rounds: Rounds) -> None:
    for _ in range(2):
        rounds.wake()
        assert rounds.waited_for()
    assert rounds.count == 2


def test_who_wakes_it_during_a_round_has_another_one(rounds: Rounds) -> None:
    def wake_once() -> None:
        if rounds.count == 1:
            rounds.wake()

    rounds.during = wake_once
    rounds.wake()
    assert rounds.waited_for()
    assert rounds.waited_for()


def test_where_no_thread_is_to_be_had_the_caller_goes_on_and_the_next_one_tries_again(
    rounds: Rounds, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", refuse)
        rounds.wake()
    assert "consent-rounds could not be started: can't start new thread" in caplog.text
    rounds.ensure_started()
    assert rounds.waited_for()


class LongRounds(Rounds):
    """Each of its rounds lasts until it is told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.told = threading.Event(), threading.Event()
        self.during = self._last

    def end(self) -> None:
        super().end()
        self.told.set()

    def _last(self) -> None:
        self.began.set()
        self.told.wait(PATIENCE)


def test_who_stops_it_waits_for_the_round_it_is_in_and_there_is_no_other() -> None:
    rounds = LongRounds()
    rounds.wake()
    assert rounds.began.wait(PATIENCE)
    rounds.stop()
    rounds.wake()
    assert rounds.ended.acquire(blocking=False)
    assert rounds.count == 1


def test_a_fault_is_told_by_its_kind_and_the_next_round_comes(
    rounds: Rounds, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ConnectionError("password=secret")

    rounds.during = fail
    for _ in range(2):
        rounds.wake()
        assert rounds.waited_for()
    assert [one.getMessage() for one in caplog.records] == ["a round failed (ConnectionError)"] * 2
    assert "secret" not in caplog.text
