"""`consent retention run` and `consent erase`: shown first, asked, done, recorded."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consent.cli import main
from consent.core.ids import reference_code
from consent.core.model import ErasureMode
from consent.services.clock import now_ms
from consent.services.keys import make_key_files
from consent.services.publishing import propose, publish
from consent.services.restricting import SPREADING_MS
from consent.services.sealing import seal_all
from consent.store.database import write_transaction
from consent.store.log import TAMPERED
from consent.store.log_sealing import set_status
from consent.store.officers import record_action
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    OfficerActionRow,
    RestrictionRow,
)
from tests.disposing import LOG, disposals, make_log
from tests.make import make_site
from tests.make_events import ALICE, BOB, insert_event, make_event, make_refusal
from tests.world import make_keys


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    make_key_files(tmp_path / "keys")
    return {"CONSENT_HOME": str(tmp_path), "CONSENT_DATABASE_URL": database_url}


def consent(environment: dict[str, str], *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, env=environment, input=answer)


def rows(session: Session, table: Any = ConsentEventRow) -> int:
    count = session.scalar(select(func.count()).select_from(table)) or 0
    session.rollback()
    return count


@pytest.fixture
def old_records(session: Session) -> None:
    """Three refusals and a grant of long ago, and a refusal of now."""
    make_log(session)
    for _ in range(3):
        insert_event(session, make_refusal(at="2020-01-01"))
    insert_event(session, make_event(at="2020-01-01", site="library"))
    insert_event(session, make_refusal(at=now_ms()))


SHOWN = """\
  retention_grant    library                                   1
  retention_refusal  programme                                 3
4 to be removed.
"""


def test_a_dry_run_shows_what_is_due_and_stops(
    environment: dict[str, str], session: Session, old_records: None
) -> None:
    result = consent(environment, "retention", "run", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, f"{SHOWN}Nothing is removed (dry run).\n")
    assert rows(session) == 5
    assert rows(session, DisposalQueueRow) == 0


@pytest.mark.legal("RR-01")
def test_a_run_shows_removes_and_says_what_it_removed(
    environment: dict[str, str], session: Session, old_records: None
) -> None:
    result = consent(environment, "retention", "run", "--yes")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(SHOWN)
    assert "Removed 4.\n" in result.stdout
    assert rows(session) == 1
    assert {one["role"] for one in disposals(session)} == {"operator"}


def test_a_run_asks_first(environment: dict[str, str], session: Session, old_records: None) -> None:
    refused = consent(environment, "retention", "run", answer="n\n")
    assert refused.exit_code == 1
    assert "Remove 4 for good?" in refused.output
    assert rows(session) == 5
    assert consent(environment, "retention", "run", answer="y\n").exit_code == 0
    assert rows(session) == 1


def test_with_nothing_due_nobody_is_asked(environment: dict[str, str]) -> None:
    result = consent(environment, "retention", "run")
    assert result.exit_code == 0
    assert result.stdout.startswith("0 to be removed.\nRemoved 0.\n")


@pytest.mark.legal("RR-07", "RR-12")
def test_a_visitor_who_wrote_is_erased_by_the_code(
    environment: dict[str, str], session: Session
) -> None:
    make_log(session)
    publish(session, propose(session, make_site()), now=now_ms())
    insert_event(session, make_event(subject=ALICE))
    insert_event(session, make_event(subject=BOB))
    code = reference_code(ALICE)
    arguments = ("erase", "--code", code, "--site", "programme")
    assert consent(environment, *arguments, answer="n\n").exit_code == 1
    assert rows(session, DisposalQueueRow) == 0
    result = consent(environment, *arguments, "--yes")
    assert result.exit_code == 0, result.output
    assert "Erased 1 records; they are removed within a day." in result.stdout
    assert "stays until it is withdrawn there" in result.stderr
    action = session.scalars(select(OfficerActionRow)).one()
    assert action.action == "subject:erase"
    assert action.officer.startswith("cli:")
    expected = {"records": 1, "site": "programme", "result": "removed"}
    assert json.loads(action.detail) == expected
    for secret in (code, ALICE, ALICE[:15]):
        assert secret not in f"{action.subject_id} {action.detail}"
    session.rollback()
    again = consent(environment, *arguments, "--yes")
    assert again.exit_code == 1
    assert "has no records under this code" in again.stderr
    assert consent(environment, "retention", "run", "--yes").exit_code == 0
    assert list(session.scalars(select(ConsentEventRow.subject))) == [BOB]


@pytest.mark.legal("RR-07", "RR-08")
def test_a_site_that_keeps_erased_records_has_them_locked_away(
    environment: dict[str, str], session: Session
) -> None:
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    site = replace(make_site(), erasure=ErasureMode.UNLINK, erasure_reason=reason)
    make_log(session)
    proposal = propose(session, site)
    publish(session, proposal, now=now_ms() - SPREADING_MS)
    insert_event(session, make_event(at=now_ms(), notice=proposal.notice.hash))
    code = reference_code(ALICE)
    result = consent(environment, "erase", "--code", code, "--site", "programme", "--yes")
    assert result.exit_code == 0, result.output
    told = r"Locked away 2 records; they are removed by [0-9]{4}-[0-9]{2}-[0-9]{2}\.\n"
    assert re.fullmatch(told, result.stdout)
    result = consent(environment, "retention", "run", "--yes")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(
        "  to lock away       programme                                 2\n0 to be removed.\n"
    )
    assert "Locked away 2.\n" in result.stdout
    assert rows(session, RestrictionRow) == rows(session) == 2


def test_what_waits_for_a_log_that_is_not_signed_is_told(
    environment: dict[str, str], session: Session, old_records: None
) -> None:
    detail = {"site": "programme"}
    with write_transaction(session):
        record_action(
            session, officer="Olga", action="records:list", subject_id="-", detail=detail, now=1
        )
    seal_all(session, LOG, make_keys(), now=now_ms())
    with write_transaction(session):
        set_status(session, LOG, TAMPERED, "for this test", now_ms())
    result = consent(environment, "retention", "run", "--yes")
    assert result.exit_code == 0, result.output
    assert "  retention_action   programme                                 1\n5 to" in result.stdout
    assert "Removed 0.\n" in result.stdout
    assert "5 wait until the log can be sealed" in result.stderr
    assert rows(session) == 5
