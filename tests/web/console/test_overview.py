"""The first page tells how the logs of a person's sites stand, and since when nobody vouches."""

from __future__ import annotations

from sqlalchemy import update

from consent.core.roles import Role
from consent.store.tables import LogStateRow
from tests.service import engine_session
from tests.web.console.people import Browser, Console
from tests.web.console.recorded import Recorded, one, recorded

__all__ = ["recorded"]


def cells(browser: Browser) -> list[str]:
    row = one(browser.page("/console/"), "tbody tr")
    return [cell.get_text(" ", strip=True) for cell in row.select("td")]


def test_a_log_that_nobody_outside_has_seen_is_told_to_be_unanchored(recorded: Recorded) -> None:
    officer = recorded.console.officer
    state, entries, waiting, head, outside = cells(officer)
    assert int(waiting) > int(entries) == 0
    assert (head, outside) == ("not yet", "– Nothing to confirm yet")
    recorded.seal()
    published = recorded.clock.now
    recorded.console.clock.pass_days(3)
    officer = recorded.console.auditor
    state, entries, waiting, head, outside = cells(officer)
    assert state == "✓ In order"
    assert int(entries) > 3 > int(waiting)  # what waits is that the auditor was let in just now
    assert outside.startswith("! Unanchored since ")
    assert head.split(",")[0] in outside, published


def test_what_waits_too_long_and_a_log_that_stopped_are_told(recorded: Recorded) -> None:
    recorded.console.clock.pass_days(3)
    assert cells(recorded.console.officer)[0] == "! Entries wait for too long"
    recorded.seal()
    with engine_session(recorded.console.app) as session:
        session.execute(update(LogStateRow).values(status="rolled_back"))
        session.commit()
    assert cells(recorded.console.auditor)[0].startswith("✕ Not signed any more since ")


def test_nobody_is_told_of_other_sites_logs(console: Console) -> None:
    page = console.person("Nora", {"other": (Role.OFFICER,)}).page("/console/")
    assert page.select("tbody tr") == []
    assert "no role on a published site" in page.get_text()
