"""`consent log recover` and `new-epoch`: shown first, asked about, and then done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from consent.services.clock import now_ms
from consent.services.publishing import propose, publish
from consent.services.sites import load_live_sites
from consent.store.database import write_transaction
from consent.store.log import ROLLED_BACK, find_state, list_logs
from consent.store.log_sealing import set_status
from tests.backups import SqlitePlace
from tests.cli.installations import Home
from tests.make import make_notice, make_site
from tests.make_events import insert_event, make_event

LOG = "leiden-university/1"

pytestmark = [pytest.mark.slow, pytest.mark.legal("RR-13")]


@contextmanager
def opened(home: Home) -> Iterator[Session]:
    """Give a session that leaves no connection behind: files are put in the database's place."""
    engine = create_engine(f"sqlite:///{home.database}")
    with Session(engine) as session:
        yield session
    engine.dispose()


def record(home: Home) -> None:
    """Record a choice for the site's log, and have it in a published head."""
    with opened(home) as session:
        choice = make_event(at=now_ms(), subject=None, notice=make_notice().hash)
        insert_event(session, choice, log_id=LOG)
    assert home.run("log", "seal", CONSENT_AUDIT_RECEIPT="proof").exit_code == 0


@pytest.fixture
def mirror(home: Home, tmp_path: Path) -> Path:
    """A mirror of a log whose database was set back by one choice."""
    with opened(home) as session:
        publish(session, propose(session, make_site()), now=now_ms())
    place = SqlitePlace(f"sqlite:///{home.database}", tmp_path)
    record(home)
    backup = place.back_up("monday")
    record(home)
    folder = tmp_path / "mirror"
    assert home.run("log", "export", folder).exit_code == 0
    place.restore(backup)
    return folder


def status_of(home: Home) -> str:
    with opened(home) as session:
        state = find_state(session, LOG)
    assert state is not None
    return state.status


def test_a_restored_database_is_refused_shown_and_put_right(home: Home, mirror: Path) -> None:
    refused = home.run("log", "seal")
    assert refused.exit_code == 1
    assert "rolled back" in refused.stderr
    assert status_of(home) == ROLLED_BACK

    shown = home.run("log", "recover", "--from", mirror, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "records that are lost                               1\n" in shown.stdout
    assert shown.stdout.endswith("Nothing is changed (dry run).\n")
    assert status_of(home) == ROLLED_BACK

    declined = home.run("log", "recover", "--from", mirror, stdin="n\n")
    assert declined.exit_code == 1
    assert status_of(home) == ROLLED_BACK

    done = home.run("log", "recover", "--from", mirror, "--yes")
    assert done.exit_code == 0, done.output
    assert f"Log {LOG} has " in done.stdout
    assert "can be signed." in done.stdout
    assert "Traceback" not in done.output
    assert home.run("log", "seal").exit_code == 0
    found = home.run("verify", "--json")
    assert found.exit_code == 1, found.output
    lost = [
        each for each in json.loads(found.stdout)["logs"][0]["findings"] if each["type"] == "lost"
    ]
    assert [each["leaf"] for each in lost] == [5]
    verified = home.run("verify", "--json", "--accept-recovery", lost[0]["record"])
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout)["logs"][0]["disposed"]["lost"] == 1

    again = home.run("log", "recover", "--from", mirror, "--yes")
    assert again.exit_code == 1
    assert "it is older" in again.stderr


def test_a_mirror_in_one_file_serves_as_well(home: Home, mirror: Path) -> None:
    shutil.make_archive(str(mirror), "tar", mirror)
    done = home.run("log", "recover", "--from", f"{mirror}.tar", "--yes")
    assert done.exit_code == 0, done.output


def test_a_mirror_without_records_says_what_it_cannot_do(home: Home, mirror: Path) -> None:
    (mirror / "records.jsonl").unlink()
    shown = home.run("log", "recover", "--from", mirror, "--dry-run")
    assert "cannot be erased again" in shown.stderr


def test_what_is_no_copy_of_ours_is_refused(home: Home, mirror: Path, tmp_path: Path) -> None:
    nothing = home.run("log", "recover", "--from", tmp_path / "home", "--yes")
    assert nothing.exit_code == 1
    assert "has no log in it" in nothing.stderr
    head = (mirror / "checkpoint").read_text().replace("programme.example", "other.example")
    (mirror / "checkpoint").write_text(head)
    other = home.run("log", "recover", "--from", mirror, "--yes")
    assert other.exit_code == 1
    assert "is not a copy of a log of this installation" in other.stderr


def test_a_head_that_our_keys_did_not_sign_is_refused(home: Home, mirror: Path) -> None:
    head = (mirror / "checkpoint").read_text().split("\n")
    head[1] = str(int(head[1]) + 1)
    (mirror / "checkpoint").write_text("\n".join(head))
    refused = home.run("log", "recover", "--from", mirror, "--yes")
    assert refused.exit_code == 1
    assert "proves nothing" in refused.stderr


def test_a_new_epoch_begins_after_a_question_and_sites_use_it(
    home: Home, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.cli.log_recovery.SPREADING_SECONDS", 0)
    assert home.run("log", "seal").exit_code == 1
    arguments = ("log", "new-epoch", "leiden-university", "--reason", "The mirror is lost.")
    assert home.run(*arguments, stdin="n\n").exit_code == 1
    begun = home.run(*arguments, "--yes")
    assert begun.exit_code == 0, begun.output
    assert "Log leiden-university/2 has begun: programme.example/consent/log/" in begun.stdout
    with opened(home) as session:
        assert [log.log_id for log in list_logs(session)] == [LOG, "leiden-university/2"]
        site = load_live_sites(session, now_ms())["programme"]
        assert site.deployment.log_id == "leiden-university/2"
    sealed = home.run("log", "seal")
    assert "leiden-university/2: published" in sealed.stdout
    unknown = home.run("log", "new-epoch", "nobody", "--reason", "x", "--yes")
    assert unknown.exit_code == 1
    assert "there is no log of the name 'nobody'" in unknown.stderr


def test_without_a_copy_each_refused_log_is_checked_again(home: Home, mirror: Path) -> None:
    nothing = home.run("log", "recover")
    assert nothing.exit_code == 0
    assert "there is nothing to check again" in nothing.stdout
    assert home.run("log", "seal").exit_code == 1
    still = home.run("log", "recover")
    assert still.exit_code == 1
    assert f"Log {LOG} is still rolled back: A head of " in still.stderr
    assert home.run("log", "recover", "--dry-run").exit_code == 2
    assert home.run("log", "recover", "--from", mirror, "--yes").exit_code == 0
    with opened(home) as session, write_transaction(session):
        set_status(session, LOG, "tampered", "for this test", now_ms())
    again = home.run("log", "recover")
    assert again.exit_code == 0, again.output
    assert f"Log {LOG} agrees with all that was signed; it can be signed again." in again.stdout
    assert home.run("log", "seal").exit_code == 0


def test_a_memory_that_cannot_be_read_is_no_finding(home: Home, mirror: Path) -> None:
    note = home.path / "log-state" / "leiden-university-1.note"
    note.unlink()
    note.mkdir()
    for arguments in (("log", "recover", "--from", mirror, "--yes"), ("log", "seal")):
        refused = home.run(*arguments)
        assert refused.exit_code == 1
        assert "cannot be read" in refused.stderr
        assert "Traceback" not in refused.output
    assert status_of(home) == "ok"
    assert home.run("verify").exit_code == 2


def test_a_log_marked_as_forked_is_not_put_right_by_a_copy(home: Home, mirror: Path) -> None:
    with opened(home) as session, write_transaction(session):
        set_status(session, LOG, "forked", "for this test", now_ms())
    refused = home.run("log", "recover", "--from", mirror, "--yes")
    assert refused.exit_code == 1
    assert "a copy cannot put that right" in refused.stderr
