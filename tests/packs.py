"""A site with four acts whose log is published, and evidence packs made of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.export.inspection_folder import read_inspection
from consent.services.evidence import EvidencePack
from consent.services.exporting import Asked, ExportState, ExportStream, find_export, start_export
from consent.services.inspecting import attach_inspection
from consent.store.builds import Build, insert_build
from consent.store.events import EventFilter
from consent.store.officers import Officer
from tests.log import WorldLog
from tests.world import START, Browser, World

OLGA = Officer("", "Olga", ("programme",), 0, None)
CHIEF = Officer("", "Chief", ("*",), 0, None)
SCRIPT = b"console.log('banner');"
BUILD = hashlib.sha256(SCRIPT).hexdigest()
LOG = "log/leiden-university-1"


class Pack:
    """An archive that was made, and its files."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        assert self._zip.testzip() is None
        self.names = self._zip.namelist()

    def read(self, name: str) -> bytes:
        return self._zip.read(name)

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    @property
    def rows(self) -> list[dict[str, str]]:
        records = io.StringIO(self.read("records/records.csv").decode(), newline="")
        return list(csv.DictReader(records))

    def under(self, folder: str) -> list[str]:
        return [name for name in self.names if name.startswith(folder)]

    def unpack(self, folder: Path) -> Path:
        self._zip.extractall(folder)
        return folder


def make_world(session: Session, folder: Path) -> World:
    """Return a published site: Alice allows all, Bob a part, somebody nothing, Alice ends hers.

    The script that asked them is kept, and the log is sealed and published.
    """
    world = World(session)
    live = world.publish()
    insert_build(session, Build(BUILD, "script", SCRIPT, START))
    session.commit()
    alice = Browser(world)
    for browser, control, allowed in (
        (alice, "accept_all", live.notice.categories),
        (Browser(world), "save", ("functional",)),
        (Browser(world), "refuse_all", ()),
        (alice, "withdraw_all", ()),
    ):
        choices = {category: category in allowed for category in live.notice.categories}
        browser.act(control, choices, token=world.token(live, build=BUILD), layer="dialog")
        world.now += 60_000
    log = WorldLog(world, folder)
    log.seal()
    assert log.publish() is not None
    return world


def make_pack(
    world: World,
    engine: Engine,
    reason: str | None = None,
    *,
    officer: Officer = OLGA,
    inspection: Path | None = None,
    **wanted: Any,
) -> Pack:
    asked = Asked(EventFilter(**wanted), "evidence", reason)
    world.session.rollback()
    export = start_export(world.session, asked, officer=officer, now=world.now)
    session = Session(engine)
    attached = None
    if inspection is not None:
        found = read_inspection(inspection)
        attached = attach_inspection(session, found, asked.wanted, now=world.now)
    body = EvidencePack(session, export, world.keys, attached=attached)
    with closing(ExportStream(session, export, lambda: world.now, body)) as stream:
        content = b"".join(stream)
    world.session.rollback()
    report = find_export(world.session, export.id, officer=officer, now=world.now)
    assert (report.state, report.format_name) == (ExportState.FINISHED, "evidence")
    assert (report.size, report.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    return Pack(content)
