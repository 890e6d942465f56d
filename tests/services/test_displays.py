"""Displays are counted in memory, and get into the database without losing or doubling any."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from consent.core.totals import Place
from consent.services.crawlers import is_crawler
from consent.services.displays import DisplayCounts
from consent.store.tables import DisplayTotalRow

HOME = Place("20261122", "0a" * 32, "en")
DUTCH = Place("20261122", "0a" * 32, "nl")
NEVER = 3600.0

pytestmark = pytest.mark.legal("AE-09")


def totals(engine: Engine) -> dict[str, int]:
    row = DisplayTotalRow
    with Session(engine) as session:
        found = session.execute(select(row.language, row.count))
        return {str(language): int(count) for language, count in found}


@pytest.fixture
def make_counts(engine: Engine) -> Iterator[Callable[..., DisplayCounts]]:
    made: list[DisplayCounts] = []

    def make(open_session: Callable[[], Session] | None = None) -> DisplayCounts:
        counts = DisplayCounts(open_session or (lambda: Session(engine)), every_seconds=NEVER)
        made.append(counts)
        return counts

    yield make
    for counts in made:
        counts.stop()


def test_processes_add_to_the_same_totals(
    engine: Engine, make_counts: Callable[[], DisplayCounts]
) -> None:
    processes = [make_counts(), make_counts()]
    barrier = threading.Barrier(2)

    def count(process: DisplayCounts) -> None:
        for _ in range(20):
            process.add("programme", HOME)
            process.add("programme", DUTCH)
            process.add("programme", HOME)
        barrier.wait()
        process.flush()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, processes))
    assert totals(engine) == {"en": 80, "nl": 40}


def test_writing_twice_adds_nothing(
    engine: Engine, make_counts: Callable[[], DisplayCounts]
) -> None:
    counts = make_counts()
    counts.add("programme", HOME)
    counts.flush()
    counts.flush()
    assert totals(engine) == {"en": 1}


def test_what_could_not_be_written_is_written_the_next_time(
    engine: Engine,
    make_counts: Callable[..., DisplayCounts],
    caplog: pytest.LogCaptureFixture,
) -> None:
    is_down = True

    def open_session() -> Session:
        if is_down:
            raise ConnectionError("password=secret")
        return Session(engine)

    counts = make_counts(open_session)
    counts.add("programme", HOME)
    with caplog.at_level(logging.ERROR):
        counts._write_safely()
        counts._write_safely()
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text
    counts.add("programme", HOME)
    is_down = False
    counts.flush()
    assert totals(engine) == {"en": 2}


def test_a_counter_that_is_stopped_writes_what_is_left(
    engine: Engine, make_counts: Callable[[], DisplayCounts]
) -> None:
    counts = make_counts()
    counts.add("programme", HOME)
    counts.stop()
    assert totals(engine) == {"en": 1}


WORKER = """
import multiprocessing, sys
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from consent.core.totals import Place
from consent.services.displays import DisplayCounts

def work(url):
    engine = create_engine(url)
    counts = DisplayCounts(lambda: Session(engine), every_seconds=3600)
    counts.add("programme", Place("20261122", "0a" * 32, "en"))

if __name__ == "__main__":
    work(sys.argv[1])
    for method in ("fork", "spawn"):
        worker = multiprocessing.get_context(method).Process(target=work, args=sys.argv[1:])
        worker.start()
        worker.join()
"""


def test_a_process_that_ends_writes_what_is_left(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A server's worker is a process of multiprocessing, which ends in a way of its own."""
    from sqlalchemy import create_engine

    script = tmp_path_factory.mktemp("worker") / "worker.py"
    script.write_text(WORKER, encoding="utf-8")
    subprocess.run([sys.executable, script, sqlite_url], check=True, timeout=60)
    engine = create_engine(sqlite_url)
    assert totals(engine) == {"en": 3}
    engine.dispose()


@pytest.mark.parametrize(
    "name",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.1",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "curl/8.5.0",
        "python-requests/2.32",
    ],
)
def test_crawlers_and_tools_are_told(name: str) -> None:
    assert is_crawler(name)


@pytest.mark.parametrize(
    "name",
    [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0",
        "Mozilla/5.0 (Linux; Android 9; CUBOT_P20) AppleWebKit/537.36 Chrome/96.0 Mobile Safari",
        "",
        "Mozilla/5.0 " + "a" * 100_000,
    ],
)
def test_browsers_are_people(name: str) -> None:
    assert not is_crawler(name)
