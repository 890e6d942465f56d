"""The directory of live sites: it notices publications, and outlives an outage of the database."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from consent.errors import NotFoundError, StoreUnavailableError
from consent.services import sites
from consent.services.sites import SiteDirectory
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
