"""Whoever signs in is shown what he or she did, and nothing of anybody else."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from consent.core.roles import Role
from consent.store.action_lists import PAGE_ROWS
from consent.store.database import write_transaction
from consent.store.officers import record_action
from consent.web.console.account_acts import NEWEST_ROWS
from tests.service import engine_session
from tests.web.console.people import Console

ACCOUNT = "/console/account"


def acts(page: BeautifulSoup) -> list[str]:
    """Return what was done, from the table of a page."""
    return [
        row.select("td")[0].get_text(" ", strip=True) for row in page.select("table.acts tbody tr")
    ]


def look(console: Console, officer: str, times: int = 1) -> None:
    with engine_session(console.app) as session:
        for _ in range(times):
            console.clock.now += 1
            with write_transaction(session):
                record_action(
                    session,
                    officer=officer,
                    action="records:list",
                    subject_id="-",
                    detail={"site": "programme"},
                    now=console.clock.now,
                )


@pytest.mark.legal("AE-06")
@pytest.mark.parametrize("role", Role)
def test_everybody_sees_what_he_or_she_did_and_nobody_else(console: Console, role: Role) -> None:
    """Also a publisher, who may not read the access log."""
    reader = console.person("Petra", {"programme": (role,)})
    console.person("Otto", {"programme": (Role.OFFICER,)})
    look(console, "Otto")
    console.clock.now += 1
    reader.page("/console/sites/programme/settings")
    page = reader.page(ACCOUNT)
    assert acts(page) == ["Looked at the settings", "Signed in with a password"]
    assert "Waits to be sealed" in page.text
    assert "What you did before" not in page.text


def test_older_acts_follow_page_by_page_without_a_gap(console: Console) -> None:
    reader = console.publisher
    look(console, "publisher *", NEWEST_ROWS + PAGE_ROWS + 3)
    page, seen = reader.page(ACCOUNT), []
    older = page.select_one("section[aria-labelledby=own-acts-heading] .actions a")
    seen.append(len(acts(page)))
    while older is not None:
        page = reader.page(str(older["href"]))
        seen.append(len(acts(page)))
        older = page.select_one("a[rel=next]")
    assert seen == [NEWEST_ROWS, PAGE_ROWS, 4]  # the last is that the reader signed in
    assert reader.get("/console/account/acts?before=x").status_code == 400
