"""The directory of live sites: it notices publications, and outlives an outage of the database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consent.errors import NotFoundError, StoreUnavailableError
from consent.services import sites
from consent.services.rotating import announce_keys
from consent.services.sites import SiteDirectory
from consent.store.tables import LogRow
from tests.world import World


class Gate:
    """Sessions on a database that may be out of reach."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_open = True

    def session(self) -> Session:
        if not self.is_open:
            raise OperationalError("connect", {}, Exception("no route"))
        return Session(self.engine)


@pytest.fixture
def gate(engine: Engine) -> Gate:
    return Gate(engine)


@pytest.fixture
def directory(gate: Gate, session: Session, monkeypatch: pytest.MonkeyPatch) -> SiteDirectory:
    monkeypatch.setattr(sites, "REFRESH_SECONDS", 0.0)
    return SiteDirectory(gate.session, lambda: World(session).now)


def test_a_publication_is_noticed_while_running(directory: SiteDirectory, session: Session) -> None:
    with pytest.raises(NotFoundError):
        directory.get("programme")
    World(session).publish()
    assert directory.get("programme").id == "programme"
    assert [site.id for site in directory.all()] == ["programme"]


def test_known_sites_are_served_while_the_database_is_out_of_reach(
    directory: SiteDirectory, gate: Gate, session: Session
) -> None:
    World(session).publish()
    before = directory.get("programme")
    gate.is_open = False
    assert directory.get("programme") is before


def test_without_any_known_site_an_outage_is_told_as_one(
    directory: SiteDirectory, gate: Gate
) -> None:
    gate.is_open = False
    with pytest.raises(StoreUnavailableError):
        directory.get("programme")


def test_new_keys_and_epochs_of_a_log_are_noticed_while_running(
    directory: SiteDirectory, session: Session
) -> None:
    world = World(session)
    world.publish()
    before = directory.get("programme")
    assert len(before.logs[-1].receipt_keys) == 1
    world.now += 1000
    world.keys = replace(
        world.keys,
        receipts=(*world.keys.receipts, Ed25519PrivateKey.from_private_bytes(b"n" * 32)),
    )
    announce_keys(session, world.keys, role="receipt", reason="x", stolen=True, now=world.now)
    keys = directory.get("programme").logs[-1].receipt_keys
    assert [key.retired_at for key in keys] == [world.now, None]
    session.add(LogRow(log_id="leiden-university/2", origin="x/2", created_at=world.now))
    session.commit()
    assert directory.get("programme").deployment.log_id == "leiden-university/2"
    assert directory.get("programme").log_origin == "x/2"


def test_each_instant_has_the_log_that_was_in_force_then(session: Session) -> None:
    world, name = World(session), "leiden-university"
    start = world.now
    world.publish()
    session.add(LogRow(log_id=f"{name}/2", origin="x/2", created_at=start + 1000))
    session.commit()
    world.now = start + 2000
    world.publish(log_name="other")
    world.now = start + 3000
    live = world.publish()
    instants = (0, 999, 1000, 1999, 2000, 2999, 3000, 9999)
    found = [live.log_at(start + instant).log_id for instant in instants]
    assert found == [
        f"{name}/1", f"{name}/1", f"{name}/2", f"{name}/2",
        "other/1", "other/1", f"{name}/2", f"{name}/2",
    ]  # fmt: skip
    assert live.log_at(start - 1) == live.logs[0]
    assert live.deployment.log_id == f"{name}/2"
