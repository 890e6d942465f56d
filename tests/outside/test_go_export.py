"""Go accepts what a real service exports, proves and promises, and sees what a DBA changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from consent.audit.policies import parse_policy
from consent.services.answering import Recorded
from consent.services.erasing import ErasureAct, erase
from consent.services.log_export import EVERYTHING, cut_log, log_files
from consent.services.proving import prove
from consent.services.retention import run_erasures
from consent.store.database import write_transaction
from consent.store.events import EventFilter
from tests.disposing import make_sealing
from tests.log import WorldLog
from tests.outside.conftest import Run
from tests.world import Browser, World, new_id

pytestmark = [pytest.mark.slow, pytest.mark.legal("RP-07")]

MINUTE = 60_000


@dataclass
class Service:
    """A service whose visitors acted, one of whom then asked to be forgotten."""

    world: World
    log: WorldLog
    kept: Recorded
    folder: Path

    def export(self, opened: EventFilter | None = EVERYTHING) -> tuple[str, ...]:
        """Write the log into the folder, and return the keys that its policy names."""
        session = self.world.session
        wanted = cut_log(session, self.log.log_id, opened=opened, now=self.world.now)
        for name, chunks in log_files(session, wanted, self.world.keys.receipt):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(chunks))
        session.rollback()
        policy = parse_policy((self.folder / "policy").read_text())
        return (
            *(key.vkey for key in policy.log_keys),
            *(key.vkey for key in policy.clock_keys),
        )


def seal_and_publish(log: WorldLog) -> None:
    log.world.now += MINUTE
    log.seal(batch=7)
    assert log.publish() is not None


@pytest.fixture
def service(session: Session, tmp_path: Path) -> Service:
    world = World(session)
    world.publish()
    log = WorldLog(world, tmp_path / "log-state")
    for _ in range(20):
        Browser(world).refuse_all()
    seal_and_publish(log)
    alice, bob = Browser(world), Browser(world)
    kept = alice.accept_all()
    bob.accept_all()
    seal_and_publish(log)
    act = ErasureAct(new_id(), world.token(world.site()), bob.cookies)
    erase(world.session, world.site(), act, keys=world.keys, now=world.now)
    world.pass_days(1)
    run_erasures(world.session, world.now, make_sealing(world.keys, tmp_path / "log-state"))
    alice.withdraw_all()
    seal_and_publish(log)
    return Service(world, log, kept, tmp_path / "export")


def test_the_export_of_a_service_is_accepted(checklog: Run, service: Service) -> None:
    result = checklog("log", service.folder, *service.export())
    assert result.returncode == 0, result.stderr
    manifest = json.loads((service.folder / "manifest.json").read_text())
    assert f"{manifest['size']} leaves are accounted for, 0 are not opened" in result.stdout
    assert "3 earlier checkpoints are signed" in result.stdout
    assert (service.folder / "disposals.jsonl").read_text()


def test_an_export_of_the_logs_own_records_is_accepted(checklog: Run, service: Service) -> None:
    result = checklog("log", service.folder, *service.export(None))
    assert result.returncode == 0, result.stderr
    assert " 0 are not opened here" not in result.stdout


def test_a_visitors_proof_and_receipt_are_accepted(
    checklog: Run, service: Service, tmp_path: Path
) -> None:
    keys = service.export()
    stored = service.kept.stored
    assert stored is not None
    assert service.kept.receipt is not None
    path = tmp_path / "mine"
    path.write_text(prove(service.world.session, stored) or "")
    result = checklog("proof", path, *keys)
    assert result.returncode == 0, result.stderr
    assert stored.event.id in result.stdout
    policy = parse_policy((service.folder / "policy").read_text())
    path.write_text(service.kept.receipt)
    result = checklog("note", path, *(key.vkey for key in policy.receipt_keys))
    assert result.returncode == 0, result.stderr
    assert f"record {stored.event.id}\n" in result.stdout


def as_dba(service: Service, *statements: str) -> None:
    """Change the row of the grant that was kept, after switching off what guards its table."""
    assert service.kept.stored is not None
    session = service.world.session
    with write_transaction(session):
        for operation in ("update", "delete"):
            trigger = f"consent_event_refuses_{operation}"
            on_table = " ON consent_event" if session.get_bind().dialect.name != "sqlite" else ""
            session.execute(text(f"DROP TRIGGER {trigger}{on_table}"))
        for statement in statements:
            changed = session.execute(text(statement), {"id": service.kept.stored.event.id})
            assert changed.rowcount == 1  # type: ignore[attr-defined]


def test_a_record_that_a_dba_rewrote_is_refused(checklog: Run, service: Service) -> None:
    as_dba(
        service,
        "UPDATE consent_event SET payload = replace(payload, 'accept_all', 'save') WHERE id = :id",
    )
    result = checklog("log", service.folder, *service.export())
    assert result.returncode == 1
    assert "the record does not open its entry" in result.stderr


def test_a_record_that_a_dba_removed_is_missed(checklog: Run, service: Service) -> None:
    as_dba(
        service,
        "DELETE FROM log_index WHERE event_id = :id",
        "DELETE FROM consent_event WHERE id = :id",
    )
    result = checklog("log", service.folder, *service.export())
    assert result.returncode == 1
    assert "is missing: neither a record nor a disposal" in result.stderr
