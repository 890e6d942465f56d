"""An installation of its own for each test, copied from one that `install` made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent.services.installing import install
from tests.cli.installations import Home
from tests.cli.proxies import Behind, behind_a_proxy


@pytest.fixture(scope="session")
def home_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "home"
    install(path, path / "keys", f"sqlite:///{path / 'consent.sqlite3'}")
    return path


@pytest.fixture
def home(home_template: Path, tmp_path: Path) -> Home:
    """A home folder with keys and an empty, current database."""
    return Home(Path(shutil.copytree(home_template, tmp_path / "home")))


@pytest.fixture
def new_home(tmp_path: Path) -> Home:
    """A home folder that does not exist yet."""
    return Home(tmp_path / "new" / "home")


@pytest.fixture
def running(home: Home) -> Iterator[Behind]:
    """The programme's site in service, behind a proxy that a test may spoil."""
    with behind_a_proxy(home) as behind:
        yield behind
