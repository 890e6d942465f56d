"""A site that is published again and again, with or without approval."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from consent.core.config import load_site
from consent.core.ids import uuid7
from consent.core.model import Site
from consent.services.builds import script_build
from consent.services.proposals import Proposer, submit
from consent.services.publishing import Publisher, SiteFile, propose, publish
from consent.services.sites import LiveSite, load_live_sites
from consent.store.database import db
from consent.store.officers import OfficerAction
from consent.store.pictures import DrawnPicture, insert_picture
from consent.store.proposals import StoredProposal
from consent.store.tables import OfficerActionRow
from tests.make import make_site_text
from tests.service import Clock, engine_session, keys_of
from tests.web.console.people import Console
from tests.web.console.recorded import png

NOTICES = "/console/sites/programme/notices"
FILE = "programme.toml"


class Publishing:
    """Whoever has the command line, beside the people of the console."""

    def __init__(self, console: Console, home: Path, clock: Clock) -> None:
        self.console, self.home, self._clock = console, home, clock

    @property
    def live(self) -> LiveSite:
        with engine_session(self.console.app) as session:
            return load_live_sites(session, self._clock.now)["programme"]

    def site(self, text: str) -> Site:
        return load_site(text, FILE)

    def publish(self, text: str, *, by: str | None = None) -> None:
        """Publish a file; later than what came before."""
        publisher = None if by is None else Publisher(by, SiteFile(FILE, text))
        self.bring(self.site(text), publisher)

    def bring(self, site: Site, publisher: Publisher | None = None) -> None:
        self._clock.now += 60_000
        with self.console.app.app_context():
            proposal = propose(db.session, site)
            publish(
                db.session,
                proposal,
                now=self._clock.now,
                keys=keys_of(self.console.app),
                publisher=publisher,
            )
            db.session.remove()
        self._look_anew()

    def propose(
        self, text: str, *, by: Proposer | None = None, comment: str = ""
    ) -> StoredProposal:
        """Propose a file, as `consent publish` does."""
        self._clock.now += 60_000
        with self.console.app.app_context():
            stored, _ = submit(
                db.session,
                propose(db.session, self.site(text)),
                SiteFile(FILE, text),
                by=by or Proposer("command line: ruud"),
                comment=comment,
                now=self._clock.now,
            )
            db.session.remove()
        return stored

    def acts(self, officer: str) -> list[OfficerAction]:
        """Return what somebody did since signing in, oldest first."""
        with engine_session(self.console.app) as session:
            rows = session.query(OfficerActionRow).filter_by(officer=officer)
            ordered = rows.order_by(OfficerActionRow.at, OfficerActionRow.id).all()
            return [
                OfficerAction(
                    row.id, row.at, row.officer, row.action, row.subject_id, json.loads(row.detail)
                )
                for row in ordered
                if not row.action.startswith("session:")
            ]

    def keep_picture(self, language: str, layer: str, viewport: str) -> str:
        """Keep a picture of what is in force; return its digest."""
        content = png()
        digest = hashlib.sha256(content).hexdigest()
        with engine_session(self.console.app) as session:
            picture = DrawnPicture(
                id=uuid7(self._clock.now, bytes(10)),
                notice_hash=self.live.notice.hash,
                build=script_build(),
                language=language,
                layer=layer,
                viewport=viewport,
                media_type="image/png",
                sha256=digest,
                taken_at=self._clock.now,
                content=content,
            )
            insert_picture(session, picture)
            session.commit()
        return digest

    def _look_anew(self) -> None:
        """Have the application see at once what is in force, as it would within a second."""
        from consent.web.context import EXTENSION, Service

        running: Service = self.console.app.extensions[EXTENSION]
        running.sites._looked_at = float("-inf")


@pytest.fixture
def demo_site() -> Site:
    """What the console's application has published: version 1."""
    return load_site(make_site_text(), FILE)


@pytest.fixture
def publishing(console: Console, tmp_path: Path, clock: Clock) -> Publishing:
    return Publishing(console, tmp_path, clock)
