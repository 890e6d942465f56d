"""Who looked at whom: written down each time, and told to nobody but the person."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from consent.services.erasing import erase_found, find_by_code
from consent.services.looks import list_looks
from consent.services.officers import operator
from consent.store.database import db
from consent.store.disposal import remove_events
from consent.store.events import StoredEvent
from consent.store.tables import OfficerActionRow, OfficerLookRow
from tests.service import engine_session
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import (
    SUBJECTS,
    Recorded,
    olga,
    recorded,
)

__all__ = ["olga", "recorded"]


def looks(console: Console, stored: StoredEvent) -> list[tuple[str, str]]:
    """Return who looked at the records of one browser, as that person is told."""
    with engine_session(console.app) as session:
        found = list_looks(session, str(stored.event.subject))
    return [(one.officer, one.action) for one in found]


@pytest.mark.legal("AE-06")
def test_each_look_and_download_is_recorded_for_the_person_and_for_nobody_else(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    for path in (
        recorded.path(recorded.allowed),
        f"{SUBJECTS}/{recorded.code}",
        recorded.path(recorded.allowed, "/proof.pdf"),
        recorded.path(recorded.saved, "/proof.json"),
        recorded.path(recorded.saved, "/proof.tlog-proof"),
        recorded.path(recorded.refused),
    ):
        recorded.clock.now += 1
        assert olga.get(path).status_code == 200
    assert looks(recorded.console, recorded.saved) == [
        ("Olga", "record:show"),
        ("Olga", "subject:show"),
        ("Olga", "record:proof_pdf"),
        ("Olga", "record:proof_json"),
        ("Olga", "record:proof_tlog"),
    ]
    known = {one.event.id for one in recorded.events} | {recorded.code}
    known.add(str(recorded.saved.event.subject))
    with engine_session(recorded.console.app) as session:
        for action in session.scalars(select(OfficerActionRow)):
            assert not any(one in action.detail or one == action.subject_id for one in known)


def test_the_link_to_a_person_goes_with_the_record_and_the_look_stays(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    olga.page(recorded.path(recorded.saved))
    console, saved = recorded.console, recorded.saved
    with console.app.app_context():
        found = find_by_code(db.session, "programme", recorded.code)
        erase_found(db.session, found, officer=operator("test"), now=console.clock.now_ms())
        db.session.remove()
    recorded.seal()
    assert looks(console, saved) == []
    with engine_session(console.app) as session:
        assert session.scalars(select(OfficerLookRow)).all() != []
        ids = list(session.scalars(text("SELECT event_id FROM disposal_queue")))
        remove_events(session, ids)
        session.commit()
        assert session.scalars(select(OfficerLookRow)).all() == []
        query = select(OfficerActionRow).where(OfficerActionRow.action == "record:show")
        assert len(session.scalars(query).all()) == 1
