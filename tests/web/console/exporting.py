"""Exports asked for in the console, and made when a test says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from consent.core.roles import Role
from consent.services.export_files import ExportFiles
from consent.services.export_worker import ExportWorker
from consent.store.export_jobs import ExportJob, list_jobs
from consent.web.context import EXTENSION, Service
from tests.service import engine_session, keys_of
from tests.web.console.people import Browser
from tests.web.console.recorded import Recorded

EXPORTS = "/console/sites/programme/exports"
ORDER = {"from": "2026-11-01", "to": "2026-11-30", "purpose": "regulator", "form": "csv"}


class Exporting:
    """Olga's exports of what Alice and Bob chose."""

    def __init__(self, recorded: Recorded) -> None:
        self.recorded, self.console = recorded, recorded.console
        self.app, self.clock = recorded.console.app, recorded.clock
        self.olga = self.console.person("Olga", {"programme": (Role.OFFICER,)})

    @property
    def files(self) -> ExportFiles:
        running: Service = self.app.extensions[EXTENSION]
        return running.exports.files

    @property
    def jobs(self) -> list[ExportJob]:
        with engine_session(self.app) as session:
            return list_jobs(session, "programme", most=100)

    def worker(self) -> ExportWorker:
        return ExportWorker(
            lambda: engine_session(self.app), keys_of(self.app), self.files, self.clock.now_ms
        )

    def order(self, browser: Browser | None = None, **fields: Any) -> str:
        """Ask for an export and return the address of its page."""
        response = (browser or self.olga).post(EXPORTS, ORDER | fields)
        assert response.status_code == 303, response.text
        assert re.fullmatch(rf"{EXPORTS}/[0-9a-f-]{{36}}", response.location)
        return str(response.location)

    def make(self, **fields: Any) -> str:
        """Ask for an export, have it made, and return the address of its page."""
        address = self.order(**fields)
        assert self.worker().run_once() == 1
        return address

    def file(self, address: str) -> bytes:
        response = self.olga.get(f"{address}/file", buffered=True)
        assert response.status_code == 200, response.text
        content: bytes = response.data
        return content


@pytest.fixture
def exporting(recorded: Recorded) -> Exporting:
    return Exporting(recorded)
