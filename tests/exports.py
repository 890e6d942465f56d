"""A site whose exports are made when a test says so."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.export.purposes import Purpose
from consent.services.export_files import ExportFiles
from consent.services.export_jobs import Order, order_export
from consent.services.export_worker import ExportWorker
from consent.store import export_jobs as store
from consent.store.database import write_transaction
from consent.store.events import EventFilter
from consent.store.export_jobs import ExportJob
from consent.store.officers import Officer, list_actions
from tests.world import World

OLGA = Officer("0196d5f0-0000-7000-8000-00000000000a", "Olga", ("programme",), 0, None)
CSV = Order(EventFilter(sites=("programme",)), "csv", Purpose.AUDIT)


@dataclass
class Office:
    """A site with four acts, and the folder where its exports go."""

    world: World
    engine: Engine
    files: ExportFiles

    def order(self, order: Order = CSV) -> ExportJob:
        return order_export(self.world.session, order, officer=OLGA, now=self.world.now)

    def worker(self) -> ExportWorker:
        return ExportWorker(
            lambda: Session(self.engine), self.world.keys, self.files, lambda: self.world.now
        )

    def job(self, job: ExportJob) -> ExportJob:
        with Session(self.engine) as session:
            found = store.find_job(session, job.id)
        assert found is not None
        return found

    def claim(self, job: ExportJob, worker: str) -> bool:
        with Session(self.engine) as session, write_transaction(session):
            return store.claim_job(session, job, worker, self.world.now)

    def content(self, job: ExportJob) -> bytes:
        made = self.job(job)
        assert made.worker is not None
        return self.files.path(made.id, made.worker).read_bytes()

    def actions(self, job: ExportJob) -> list[str]:
        with Session(self.engine) as session:
            return sorted(action.action for action in list_actions(session, job.id))

    @property
    def left(self) -> list[str]:
        """The files that are in the folder."""
        return sorted(path.name for path in self.files.folder.iterdir())
