"""A long history of two controllers' logs: acts, erasures, retention and publications of years.

It is made once, by the service itself; every drill works on a copy.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from consent.audit.policies import Policy, Witness
from consent.core.model import Site
from consent.core.retention import DisposalClass
from consent.services.retention import Sealing, run_retention
from consent.services.sealing import seal_all
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import publish_checkpoint
from consent.services.sites import LiveSite
from consent.store.database import write_transaction
from consent.store.disposal import queue_subject
from consent.store.log import list_logs
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.log_heads import StoredCheckpoint
from tests.audit.make_keys import witness_signer
from tests.make import make_site
from tests.world import Browser, World

UNIVERSITY, SHOP = "leiden-university/1", "shop/1"
WITNESS = witness_signer("witness.example", 21)
OUTSIDE = Policy((), witnesses=(Witness("partner", WITNESS.verifier),), quorum="partner")

WEEKS = 143  # grants are kept for thirty months


def _site(site_id: str, log_name: str) -> Site:
    address = f"https://{site_id}.example"
    return replace(
        make_site(),
        id=site_id,
        log_name=log_name,
        origins=(address,),
        service_url=f"{address}/consent",
    )


SITES = (
    _site("programme", "leiden-university"),
    _site("library", "leiden-university"),
    _site("shop", "shop"),
)


@dataclass
class ManySites(World):
    """A world in which people act on one site after the other."""

    current: str = "programme"

    def site(self, site_id: str | None = None) -> LiveSite:
        return super().site(site_id or self.current)


@dataclass
class History:
    """The world of the history, which a drill goes on with, and what somebody has kept of it."""

    world: ManySites
    state_files: StateFiles
    kept: dict[str, str] = field(default_factory=dict)  # the newest note of each log

    @property
    def session(self) -> Session:
        assert isinstance(self.world.session, Session)
        return self.world.session

    def seal(self) -> None:
        """Seal and publish every log, and have the witness sign."""
        world = self.world
        for log in list_logs(world.session):
            world.session.rollback()
            seal_all(world.session, log.log_id, world.keys, now=world.now)
            head = publish_checkpoint(
                world.session,
                log.log_id,
                world.keys,
                now=world.now,
                state_files=self.state_files,
            )
            if head is not None:
                self.kept[log.log_id] = head.note
                self._witness(head)

    def dispose(self) -> None:
        """Remove what is due, as the service does every day."""
        sealing = Sealing(self.world.keys, self.state_files)
        run_retention(self.world.session, self.world.now, sealing)

    def _witness(self, head: StoredCheckpoint) -> None:
        body = head.note.split("\n\n")[0] + "\n"
        line = WITNESS.line(body, head.created // 1000)
        anchor = Anchor(
            head.log_id, head.size, head.created, "witness", "partner", line.encode(), head.created
        )
        with write_transaction(self.session):
            insert_anchor(self.session, anchor)


def open_history(url: str, folder: Path, now: int | None = None) -> History:
    """Return a database as a history that can go on."""
    world = ManySites(Session(create_engine(url)))
    world.now = world.now if now is None else now
    return History(world, StateFiles(folder))


def live_through(history: History, weeks: int = WEEKS) -> None:
    """Let weeks pass in which people choose, change their minds and have things erased."""
    chance = random.Random(2026)  # noqa: S311 -- the same each time
    world = history.world
    for site in SITES:
        world.publish_site(site)
        world.now += 1000
    history.seal()
    people: list[tuple[str, Browser]] = []
    for week in range(weeks):
        world.now += 7 * 86_400_000
        for _ in range(chance.randint(2, 5)):
            world.now += chance.randint(1_000, 20_000)
            _act(history, people, chance)
        history.seal()
        if week % 13 == 12:
            history.dispose()
            world.now += 50_000
            history.seal()
    world.now += 30_000
    for site_id in ("programme", "shop"):  # what waits to be sealed at the end
        world.current = site_id
        Browser(world).accept_all()
        world.now += 1000
        Browser(world).refuse_all()
    world.session.rollback()


def _act(history: History, people: list[tuple[str, Browser]], chance: random.Random) -> None:
    world = history.world
    world.current = chance.choice([site.id for site in SITES])
    kind = chance.choice(["grant", "grant", "refuse", "refuse", "again", "withdraw", "erase"])
    known = [browser for site, browser in people if site == world.current]
    if kind == "refuse" or (kind != "grant" and not known):
        Browser(world).refuse_all()
        return
    if kind == "grant":
        browser = Browser(world)
        people.append((world.current, browser))
        browser.accept_all()
        return
    browser = chance.choice(known)
    if kind == "again":
        browser.save("functional")
    elif kind == "withdraw":
        browser.withdraw_all()
    else:
        _erase(history, browser)
    people[:] = [one for one in people if one[1] is not browser or kind == "again"]


def _erase(history: History, browser: Browser) -> None:
    """Have a visitor's records erased, as an officer does; the daily run removes them."""
    world = history.world
    stored = browser.withdraw_all().stored
    subject = None if stored is None else stored.event.subject
    if subject is None:
        return
    with write_transaction(world.session):
        queue_subject(world.session, world.current, subject, DisposalClass.ERASURE, world.now)
