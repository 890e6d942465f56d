"""Have something on every page of the console: a few visitors, an erasure, a change, an export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from consent.core.ids import reference_code
from consent.core.model import Site
from consent.export.purposes import Purpose
from consent.services.aggregating import count_days
from consent.services.erasing import erase_found, find_by_code
from consent.services.export_bodies import forms_at_hand
from consent.services.export_files import ExportFiles
from consent.services.export_jobs import Order, order_export
from consent.services.export_worker import ExportWorker
from consent.services.officers import operator
from consent.services.proposals import Proposer, submit
from consent.services.publishing import SiteFile, propose, publish
from consent.services.retention import Sealing, run_retention
from consent.services.sealing_thread import state_files_in
from consent.store.database import write_transaction
from consent.store.events import EventFilter, StoredEvent
from consent.store.pictures import insert_picture
from tests.make_pictures import make_picture
from tests.service import Clock, engine_session, keys_of
from tests.web.sealing import seal_and_publish
from tests.world import Browser, World


def live(app: Flask, home: Path, clock: Clock, site: Site) -> str:
    """Let some days pass; return the code of somebody who allowed something and changed it."""
    with engine_session(app) as session:
        world = World(session, now=clock.now_ms(), keys=keys_of(app))
        alice, bob, carol = Browser(world), Browser(world), Browser(world)
        alice.accept_all()
        erased = code_of(carol.accept_all().stored)
        pass_days(world, clock, 1)
        bob.refuse_all()
        alice.save("functional")
        seal_and_publish(app, home, clock)
        found = find_by_code(session, "programme", erased)
        erase_found(session, found, officer=operator("test"), now=world.now)
        pass_days(world, clock, 2)
        seal_and_publish(app, home, clock)
        run_retention(session, world.now, Sealing(world.keys, state_files_in(home)))
        changed = replace(site, texts={"en": {"banner.title": "Cookies, if you like"}})
        publish(session, propose(session, changed), now=world.now, keys=world.keys)
        stored = alice.save("functional", "personalisation").stored
        code = code_of(stored)
        pass_days(world, clock, 1)
        seal_and_publish(app, home, clock)
        count_days(session, world.now)
        keep_picture(session, world, stored)
        submit(
            session,
            propose(session, replace(site, approvals=1)),
            SiteFile("programme.toml", ""),
            by=Proposer("command line: test"),
            now=world.now,
        )
    return code


def keep_picture(session: Session, world: World, stored: StoredEvent | None) -> None:
    """Keep a picture of what was shown last."""
    assert stored is not None
    drawn = make_picture(
        notice_hash=stored.event.notice,
        build=stored.event.build,
        layer=stored.event.layer.value,
        taken_at=world.now,
    )
    with write_transaction(session):
        insert_picture(session, drawn)


def make_export(app: Flask, home: Path, clock: Clock) -> None:
    """Have an officer take everything along; the file is kept for a week."""
    with engine_session(app) as session:
        order = Order(EventFilter(sites=("programme",)), forms_at_hand()[0], Purpose.AUDIT)
        order_export(session, order, officer=operator("test"), now=clock.now_ms())
    worker = ExportWorker(
        lambda: engine_session(app), keys_of(app), ExportFiles(home), clock.now_ms
    )
    assert worker.run_once() == 1


def code_of(stored: StoredEvent | None) -> str:
    assert stored is not None
    assert stored.event.subject is not None
    return reference_code(stored.event.subject)


def pass_days(world: World, clock: Clock, days: int) -> None:
    clock.pass_days(days)
    world.now = clock.now_ms()
