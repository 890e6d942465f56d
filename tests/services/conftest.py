"""A published site with its log, for tests of what the services do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.log import WorldLog
from tests.world import World


@pytest.fixture
def world(session: Session) -> World:
    world = World(session)
    world.publish()
    return world


@pytest.fixture
def log(world: World, tmp_path: Path) -> WorldLog:
    return WorldLog(world, tmp_path / "log-state")
