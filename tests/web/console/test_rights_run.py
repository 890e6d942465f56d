"""Running retention from the console: what was seen goes, at once, and the page tells how far."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from consent.core.model import Site
from consent.core.roles import Role
from consent.services.retention import Sealing
from consent.services.retention_runs import EXTENSION, RetentionRuns
from consent.services.sealing_thread import state_files_in
from consent.store.database import write_transaction
from consent.store.log import FORKED, list_logs
from consent.store.log_sealing import set_status
from consent.store.officers import record_action
from tests.service import engine_session, keys_of
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import Recorded, one, recorded
from tests.web.console.test_rights import RIGHTS, acts, library_of, queued, read, require_whole
from tests.web.sealing import seal_and_publish
from tests.web.visitor import Visitor, events_of, publish_now, words

__all__ = ["recorded"]

RUN = f"{RIGHTS}/run"
HOUR = 3_600_000


def runs_of(console: Console) -> RetentionRuns:
    found: RetentionRuns = console.app.extensions[EXTENSION]
    return found


def begin(officer: Browser) -> TestResponse:
    """Confirm what the preview shows."""
    page = officer.page(RUN)
    seen = [str(field["value"]) for field in page.select("[name=seen]")]
    return officer.post(RUN, {"at": str(one(page, "[name=at]")["value"]), "seen": seen})


@pytest.mark.legal("RR-01", "RP-08")
def test_what_was_seen_is_removed_and_what_was_erased_waits_for_its_day(
    recorded: Recorded, tmp_path: Path
) -> None:
    console = recorded.console
    recorded.seal()
    recorded.alice.press("erase", page=recorded.alice.read())
    console.clock.now += 15 * HOUR  # beyond the hour at which erasures of a day go
    officer = console.person("Olga", {"programme": (Role.OFFICER,)})
    bob = Visitor(console.app)
    bob.choose("accept_all")
    bob.press("erase", page=bob.read())
    page = officer.page(RUN)
    assert words(one(page, "tbody")) == "Erased at a visitor’s request programme 3"
    assert "Remove 3 records" in words(one(page, "form[action$='/run']"))
    response = begin(officer)
    assert response.status_code == 303
    runs_of(console).wait()
    page = officer.page(response.location)
    assert words(one(page, ".lead")) == "✓ Done"
    assert "Asked for by Olga Records removed 3" in words(one(page, ".details"))
    assert "Visitors had it erased 3 a person’s order" in words(one(page, "tbody"))
    assert [stored.event.event.value for stored in events_of(console.app)] == ["refused"]
    assert queued(console) == 2
    assert acts(console, "retention") == {
        "retention:preview": 2,
        "retention:run": 1,
        "retention:end": 1,
    }
    seal_and_publish(console.app, tmp_path, console.clock)
    require_whole(console, tmp_path)
    page = officer.page(RIGHTS)
    assert one(page, f"a[href='{response.location}']")
    assert "2 records that were erased on request are hidden" in words(page)
    assert "There is nothing to remove." in words(officer.page(RUN))


def test_while_it_runs_the_page_tells_how_far_it_is_and_nobody_waits(
    recorded: Recorded, tmp_path: Path
) -> None:
    console = recorded.console
    recorded.alice.press("erase", page=recorded.alice.read())
    console.clock.now += 15 * HOUR
    may_begin = threading.Event()

    def open_session() -> Session:
        may_begin.wait()
        return engine_session(console.app)

    sealing = Sealing(keys_of(console.app), state_files_in(tmp_path))
    held = RetentionRuns(open_session, console.clock.now_ms, sealing)
    console.app.extensions[EXTENSION] = held
    officer = console.officer
    try:
        address = begin(officer).location
        response = officer.get(address)
        assert response.headers["Refresh"] == "5"
        page = read(response)
        assert words(one(page, ".lead")) == "! Running"
        assert (one(page, "progress")["max"], one(page, "progress")["value"]) == ("3", "0")
        assert "0 of about 3 records removed" in words(page)
        still = officer.get(str(one(page, "main .actions a")["href"]))
        assert "Refresh" not in still.headers
        assert one(officer.page(RIGHTS), f"a[href='{address}']")
        second = begin(officer)
        assert second.location == RIGHTS
        assert "A run is going on already." in words(officer.page(RIGHTS))
    finally:
        may_begin.set()
        held.wait()
    response = officer.get(address)
    assert "Refresh" not in response.headers
    assert words(one(read(response), ".lead")) == "✓ Done"
    assert queued(console) == 0
    assert acts(console, "retention")["retention:run"] == 1


@pytest.mark.legal("RP-07")
def test_what_waits_for_a_log_that_is_not_signed_is_told(recorded: Recorded) -> None:
    console = recorded.console
    with engine_session(console.app) as session:
        with write_transaction(session):
            record_action(
                session,
                officer="Olga",
                action="records:list",
                subject_id="-",
                detail={"site": "programme"},
                now=1,
            )
        recorded.seal()
        with write_transaction(session):
            for log in list_logs(session):
                set_status(session, log.log_id, FORKED, "for this test", console.clock.now)
    officer = console.officer
    assert "Remove 1 record" in words(officer.page(RUN))
    response = begin(officer)
    runs_of(console).wait()
    page = officer.page(response.location)
    assert "1 record waits until the log can be sealed." in words(page)


def test_more_than_was_seen_or_seen_long_ago_is_shown_again_and_stays(
    recorded: Recorded,
) -> None:
    console = recorded.console
    for _ in range(11):
        Visitor(console.app).press("refuse_all")
    console.clock.pass_days(181)
    officer = console.officer
    page = officer.page(RUN)
    at = str(one(page, "[name=at]")["value"])
    seen = str(one(page, "[name=seen]")["value"])
    assert seen == "programme retention_refusal 12"
    old = str(int(at) - 3_600_001)
    for form in (
        {"at": at},
        {"at": at, "seen": "programme retention_refusal 1"},
        {"at": at, "seen": "library retention_refusal 12"},
        {"at": at, "seen": "programme retention_refusal many"},
        {"at": old, "seen": seen},
        {"at": str(int(at) + 1), "seen": seen},
        {"at": "9" * 5000, "seen": seen},
        {"seen": seen},
    ):
        response = officer.post(RUN, form)
        assert response.status_code == 409, form
        assert "Nothing was removed." in words(one(read(response), ".message"))
    assert len(events_of(console.app)) == 14
    assert acts(console, "retention")["retention:run"] == 0


def test_a_run_is_for_who_may_erase_on_every_site(demo_site: Site, recorded: Recorded) -> None:
    console = recorded.console
    publish_now(console.app, library_of(demo_site), console.clock.now)
    console.clock.pass_days(181)
    olga = console.person("Olga", {"programme": (Role.OFFICER,), "library": (Role.AUDITOR,)})
    page = olga.page(RUN)
    assert "Ask an officer of all of them" in words(page)
    assert page.select("form[action$='/run']") == []
    form = {"at": str(console.clock.now), "seen": "programme retention_refusal 1"}
    assert olga.post(RUN, form).status_code == 403
    assert len(events_of(console.app)) == 3
    officer = console.officer
    response = begin(officer)
    runs_of(console).wait()
    assert "Records removed" in words(officer.page(response.location))
    page = olga.page(response.location)
    assert words(one(page, ".lead")) == "✓ Done"
    assert "Records removed" not in words(page)
