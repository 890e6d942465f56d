"""`consent demo --year`: everything in it is genuine, and it is written beside nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from consent.bundled import bundled
from consent.cli import main
from consent.cli.demo import prepare_year
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.demo.site import demo_file
from consent.demo.year.filling import Extent, Place, SetClock, Year
from consent.demo.year.writing import DONE, MARK, is_written
from consent.errors import ConfigurationError
from consent.services.sealing_head import StateFiles
from consent.services.sealing_thread import state_files_in
from consent.services.verifying import verify_database
from consent.store.requests import waiting_erasures
from consent.store.tables import (
    ConsentEventRow,
    DisplayTotalRow,
    EventDayRow,
    OfficerActionRow,
    ProposalRow,
    PublicationActRow,
    PublicationRow,
)
from consent.verify.log_check import Evidence
from tests.cli.installations import clean_environment
from tests.ports import free_port
from tests.world import make_keys

DAYS = 9
UNTIL = parse_rfc3339("2026-11-20T18:00:00Z")


def environ_of(home: Path, **more: str) -> dict[str, str]:
    return {"CONSENT_HOME": str(home), "CONSENT_BROWSER": "no-browser", **more}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few days written as a whole year is, by the command's own way."""
    folder = tmp_path_factory.mktemp("year") / "home"
    with clean_environment(environ_of(folder)):
        prepare_year(8123, days=DAYS, scale=0.5)
    return folder


@pytest.fixture
def session(home: Path) -> Session:
    return Session(create_engine(f"sqlite:///{home}/consent.sqlite3"))


def test_its_log_holds_what_it_says(home: Path, session: Session) -> None:
    with session:
        report = verify_database(session, Evidence(), state_files=state_files_in(home))
    assert report.exit_code == 0
    assert report.logs[0].size > 50


def test_it_has_people_of_every_kind_and_what_they_did(session: Session) -> None:
    with session:
        events = set(session.scalars(select(ConsentEventRow.event).distinct()))
        languages = set(session.scalars(select(ConsentEventRow.language).distinct()))
        officers = set(session.scalars(select(OfficerActionRow.officer).distinct()))
        versions = session.scalar(select(func.count(PublicationRow.notice_hash.distinct())))
        scopes = session.scalar(select(func.count(PublicationRow.scope_hash.distinct())))
        counted = session.scalar(select(func.count(EventDayRow.day)))
        shown = session.scalar(select(func.sum(DisplayTotalRow.count)))
        acts = session.scalar(select(func.count(ConsentEventRow.id)))
    assert {"granted", "partly_granted", "refused"} <= events
    assert languages == {"en", "nl"}
    assert "Tom de Wit" in officers
    assert (versions, scopes) == (3, 2)  # one change was material, one was not
    assert counted in (DAYS - 2, DAYS - 1)  # the last night may be still to come
    assert shown is not None
    assert acts is not None
    assert shown > acts > 0


def test_its_versions_say_who_published_them_and_one_waits_for_approval(session: Session) -> None:
    with session:
        acts = session.execute(select(PublicationActRow.officer, PublicationActRow.findings)).all()
        waiting = session.scalars(select(ProposalRow).where(ProposalRow.outcome.is_(None))).all()
    assert [tuple(one) for one in acts] == [("cli:webteam", "[]")] * 3
    assert [(one.approvals, one.proposed_by) for one in waiting] == [(1, "cli:webteam")]


def test_an_erasure_of_the_last_day_waits_for_the_night(session: Session) -> None:
    with session:
        assert sum(waiting_erasures(session, "programme").values()) > 0


def test_a_second_start_finds_it(home: Path) -> None:
    before = (home / "consent.sqlite3").stat().st_mtime_ns
    with clean_environment(environ_of(home)):
        prepare_year(8123)
    assert (home / "consent.sqlite3").stat().st_mtime_ns == before
    assert (home / MARK).read_text() == DONE


def test_it_is_written_into_no_home_that_has_anything(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    with pytest.raises(ConfigurationError, match="holds something else"):
        is_written(tmp_path)
    (tmp_path / "keys").rmdir()
    assert is_written(tmp_path) is False
    (tmp_path / MARK).write_text("begun\n")
    with pytest.raises(ConfigurationError, match="was broken off"):
        is_written(tmp_path)


def test_it_is_written_into_no_database_that_somebody_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    url = f"sqlite:///{tmp_path}/ours.sqlite3"
    with clean_environment(environ_of(home, CONSENT_DATABASE_URL=url)):
        result = CliRunner().invoke(main, ["demo", "--year", "--port", str(free_port())])
    assert result.exit_code == 1
    assert "leave CONSENT_DATABASE_URL out" in result.output
    assert not home.exists()


def test_the_same_seed_gives_the_same_year(sqlite_template: Path, tmp_path: Path) -> None:
    years = []
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "consent.db").write_bytes(sqlite_template.read_bytes())
        engine = create_engine(f"sqlite:///{folder}/consent.db")
        place = Place(lambda: Session(engine), make_keys(), StateFiles(folder), SetClock())  # noqa: B023
        extent = Extent(UNTIL, days=2, scale=0.4, seed=seed)
        Year(place, extent).write(
            demo_file(bundled("sites") / "programme.toml", "http://localhost:8000")
        )
        query = select(ConsentEventRow.payload).order_by(ConsentEventRow.id)
        with Session(engine) as session:
            records = [json.loads(one) for one in session.scalars(query)]
        engine.dispose()
        years.append(
            [(one["at"], one["event"], one["choices"], one["language"]) for one in records]
        )
    assert years[0] == years[1] != years[2]
    assert min(one[0] for one in years[0]) >= UNTIL - 2 * MILLIS_PER_DAY
    assert max(one[0] for one in years[0]) < UNTIL
