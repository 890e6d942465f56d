"""`consent verify` and `consent log export`, as an officer and a regulator use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from consent.audit.policies import parse_policy
from consent.cli import main
from consent.services.keys import load_keys
from consent.services.log_export import CREATE, FINISH
from consent.store.tables import OfficerActionRow
from tests.cli.installations import Home
from tests.log import WorldLog
from tests.tamper.rights import without_triggers
from tests.world import Browser, World

LOG = "leiden-university/1"


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{home.database}")
    yield engine
    engine.dispose()


@pytest.fixture
def log(home: Home, engine: Engine) -> Iterator[WorldLog]:
    """A log with records in the home's database, published with the home's keys."""
    texts = {
        name: (home.keys / file).read_text()
        for name, file in (
            ("signing_keys", "signing.keys"),
            ("pseudonym_key", "pseudonym.key"),
            ("receipt_key", "receipt.pem"),
            ("log_key", "log.pem"),
            ("clock_key", "clock.pem"),
        )
    }
    with Session(engine) as session:
        world = World(session, keys=load_keys(**texts))
        world.publish()
        log = WorldLog(world, home.path / "log-state")
        for _ in range(3):
            world.now += 1000
            Browser(world).accept_all()
        publish(log)
        yield log


def publish(log: WorldLog) -> None:
    log.world.now += 30_000
    log.seal()
    log.publish()
    log.world.session.rollback()


def consent(home: Home, *arguments: str | Path) -> Result:
    environment = {"CONSENT_HOME": str(home.path)}
    return CliRunner().invoke(main, [str(one) for one in arguments], env=environment)


def delete_a_record(log: WorldLog) -> None:
    session = log.world.session
    with without_triggers(session):
        session.execute(
            text("DELETE FROM consent_event WHERE id = (SELECT min(id) FROM consent_event)")
        )


def test_the_live_database_is_checked(home: Home, log: WorldLog) -> None:
    done = consent(home, "verify")
    assert done.exit_code == 0
    assert "the live database, log leiden-university/1" in done.output
    assert "OK: nothing was found" in done.output
    assert "WARNING      unanchored" in done.output


def test_what_is_found_ends_with_code_1(home: Home, log: WorldLog) -> None:
    delete_a_record(log)
    done = consent(home, "verify", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["verdict"] == "findings"
    assert "missing" in report["logs"][0]["counts"]


def test_an_anchor_can_be_asked_for(home: Home, log: WorldLog) -> None:
    assert consent(home, "verify", "--require-anchor").exit_code == 1


def test_a_log_is_chosen_by_its_name(home: Home, log: WorldLog) -> None:
    assert consent(home, "verify", "--log", LOG).exit_code == 0
    done = consent(home, "verify", "--log", "nobody/1")
    assert done.exit_code == 2
    assert done.stderr == "NOT CHECKED: there is no log nobody/1\n"


def test_what_cannot_be_checked_ends_with_code_2(home: Home, tmp_path: Path) -> None:
    for arguments in (["verify"], ["verify", tmp_path / "nothing"], ["verify", "--nonsense"]):
        assert consent(home, *arguments).exit_code == 2


def test_a_log_of_the_database_is_not_chosen_in_an_export(home: Home, tmp_path: Path) -> None:
    assert consent(home, "verify", tmp_path, "--log", LOG).exit_code == 2


def test_an_export_is_written_and_checked(home: Home, log: WorldLog, tmp_path: Path) -> None:
    done = consent(home, "log", "export", tmp_path / "mirror")
    assert done.exit_code == 0
    assert "entries written to" in done.stderr
    checked = consent(home, "verify", tmp_path / "mirror")
    assert checked.exit_code == 0
    assert "3 leaves were not opened" in checked.output


def test_an_export_is_checked_by_keys_that_were_got_before(
    home: Home, log: WorldLog, tmp_path: Path
) -> None:
    consent(home, "log", "export", tmp_path / "mirror")
    policy = tmp_path / "mirror" / "policy"
    vkey = parse_policy(policy.read_text()).log_keys[0].vkey
    for trusted in (["--policy", policy], ["--vkey", vkey]):
        done = consent(home, "verify", tmp_path / "mirror", *trusted)
        assert done.exit_code == 0
        assert "given from outside for:" in done.output


def test_a_checkpoint_that_was_kept_shows_a_log_that_was_set_back(
    home: Home, log: WorldLog, tmp_path: Path
) -> None:
    consent(home, "log", "export", tmp_path / "before")
    Browser(log.world).refuse_all()
    publish(log)
    consent(home, "log", "export", tmp_path / "after")
    kept = tmp_path / "after" / "checkpoint"
    assert consent(home, "verify", tmp_path / "after", "--checkpoint", kept).exit_code == 0
    done = consent(home, "verify", tmp_path / "before", "--checkpoint", kept)
    assert done.exit_code == 1
    assert "rolled_back" in done.output


def test_opening_records_needs_a_reason_that_is_recorded(
    home: Home, log: WorldLog, tmp_path: Path
) -> None:
    tar = tmp_path / "log.tar"
    done = consent(home, "log", "export", tar, "--openings", "all")
    assert done.exit_code == 1
    assert "needs a reason" in done.stderr
    assert not tar.exists()
    done = consent(home, "log", "export", tar, "--openings", "all", "--reason", "request 7")
    assert done.exit_code == 0
    session = log.world.session
    actions = session.scalars(select(OfficerActionRow).order_by(OfficerActionRow.id)).all()
    assert [one.action for one in actions] == [CREATE, FINISH]
    assert json.loads(actions[0].detail)["reason"] == "request 7"
    assert consent(home, "verify", tar).exit_code == 0


def test_an_export_that_fails_is_recorded_as_broken_off(
    home: Home, log: WorldLog, tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere" / "log.tar"
    done = consent(home, "log", "export", missing, "--openings", "all", "--reason", "request 7")
    assert done.exit_code == 1
    assert "cannot write" in done.stderr
    actions = log.world.session.scalars(
        select(OfficerActionRow.action).order_by(OfficerActionRow.id)
    ).all()
    assert actions[-1] == "log_export:abort"


def test_a_home_without_a_log_has_nothing_to_export(home: Home, tmp_path: Path) -> None:
    done = consent(home, "log", "export", tmp_path / "mirror")
    assert done.exit_code == 2
    assert "there is no log yet" in done.stderr
