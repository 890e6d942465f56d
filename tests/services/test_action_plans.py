"""The access log is read by indexes: however long it is, no page of it scans it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, text

from consent.services.access_log import FileFormat, list_own_actions, write_file
from consent.store.action_counts import acts_behind
from consent.store.action_lists import ActionFilter, find_action, list_actions_page
from consent.store.database import AnySession
from consent.store.verification_actions import find_sealed
from tests.services.test_sealed_actions import act
from tests.world import START, World

SITE = "programme"


def plans_of(
    session: AnySession, ask: Callable[[], Any], table: str = "officer_action"
) -> list[str]:
    """Return how the engine answers each query about acts, as with many of them."""
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if table in statement and statement.startswith("SELECT"):
            sent.append((statement, values))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", keep)
    ask()
    event.remove(engine, "before_cursor_execute", keep)
    session.rollback()
    connection = session.connection()
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:
        for choice in ("seqscan", "bitmapscan", "sort"):
            session.execute(text(f"SET LOCAL enable_{choice} = off"))
    explain = "EXPLAIN" if is_postgres else "EXPLAIN QUERY PLAN"
    plans = []
    for statement, values in sent:
        rows = connection.exec_driver_sql(f"{explain} {statement}", values)
        plans.append("\n".join(str(row[-1]) for row in rows))
    session.rollback()
    assert plans, "no query was about acts"
    return plans


@pytest.mark.parametrize("site", [SITE, None])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"officer": "Olga"},
        {"kind": "looks"},
        {"officer": "Olga", "kind": "looks"},
        {"from_": START, "to": START + 1},
    ],
)
def test_no_page_scans_or_sorts_all_acts(
    world: World, site: str | None, values: dict[str, Any]
) -> None:
    acted = act(world)
    wanted = ActionFilter(site, **values)
    for before in (None, acted):
        plans = plans_of(world.session, partial(list_actions_page, world.session, wanted, before))
        for plan in plans:
            is_by_key = "USING INDEX" in plan or "USING COVERING INDEX" in plan or "Index" in plan
            assert is_by_key, plan
            assert "Seq Scan on officer_action" not in plan, plan
            is_first_of_all = site is None and not values and before is None
            assert is_first_of_all or "SCAN officer_action" not in plan, plan
            assert "TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_neither_an_act_nor_the_file_of_all_is_found_by_scanning(world: World) -> None:
    acted, session = act(world), world.session
    for ask in (
        lambda: find_action(session, acted),
        lambda: find_sealed(session, [acted]),
        lambda: list_own_actions(session, "Olga"),
        lambda: list_own_actions(session, "Olga", acted),
        lambda: list(write_file(session, ActionFilter(SITE), FileFormat.CSV)),
    ):
        for plan in plans_of(session, ask):
            assert "SCAN officer_action" not in plan, plan
            assert "Seq Scan on officer_action" not in plan, plan


def test_what_is_behind_a_count_is_found_by_the_leaves(world: World) -> None:
    act(world)
    ask = partial(acts_behind, world.session, "leiden-university/1", 7)
    for plan in plans_of(world.session, ask, "log_index"):
        assert "Seq Scan" not in plan, plan
        assert "SCAN" not in plan, plan
