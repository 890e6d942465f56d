"""What officers did before acts were sealed gets its records with the migration, once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from consent.audit.entry import commitment
from consent.audit.records import action_record
from consent.core.actions import site_of_action
from consent.store.migrate import upgrade
from tests.test_migrations import disposing

EXPORT = "0196d5f0-0000-7000-8000-00000000000e"
DONE: list[dict[str, Any]] = [
    {"action": "officer:add", "subject_id": "-", "detail": {"name": "Olga"}},
    {"action": "records:list", "subject_id": "-", "detail": {"site": "library", "by": "console"}},
    {"action": "export:create", "subject_id": EXPORT, "detail": {"filter": {"site": ["library"]}}},
    {"action": "export:finish", "subject_id": EXPORT, "detail": {"rows": 3, "note": "x" * 9000}},
    {"action": "record:search", "subject_id": "-", "detail": {"clue": "code"}},
]
SITES = [None, "library", "library", "library", "*"]


@pytest.mark.legal("AE-06")
def test_earlier_acts_get_their_site_and_a_record_for_its_log(empty_database_url: str) -> None:
    upgrade(empty_database_url, "0010_proposal")
    with disposing(empty_database_url) as engine, engine.begin() as connection:
        for log_id, at in (("university/1", 5), ("university/2", 9), ("books/1", 7)):
            connection.execute(
                text("INSERT INTO log (log_id, origin, created_at) VALUES (:log, :origin, :at)"),
                {"log": log_id, "origin": log_id, "at": at},
            )
        connection.execute(
            text(
                "INSERT INTO publication (id, site, notice_hash, scope_hash, policy_version, "
                "deployment, published_at) VALUES (1, 'library', 'n', 's', 'p', :deployment, 1)"
            ),
            {"deployment": json.dumps({"log_id": "books/1"})},
        )
        for number, done in enumerate(DONE):
            connection.execute(
                text(
                    "INSERT INTO officer_action (id, at, officer, action, subject_id, detail) "
                    "VALUES (:id, :at, 'Olga', :action, :subject_id, :detail)"
                ),
                {**done, "id": f"{number:036}", "at": 100 + number, "detail": _json(done)},
            )
    upgrade(empty_database_url)
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        acts = connection.execute(text("SELECT * FROM officer_action ORDER BY id")).all()
        sealed = connection.execute(text("SELECT * FROM sealed_action ORDER BY id")).all()
        waiting = connection.execute(text("SELECT * FROM log_pending ORDER BY event_id")).all()
    engine.dispose()
    assert [row.site for row in acts] == SITES
    logs = ["university/2", "books/1", "books/1", "books/1", "university/2"]
    assert [row.log_id for row in waiting] == logs
    before: str | None = None
    for done, act, row, waits in zip(DONE, acts, sealed, waiting, strict=True):
        record = action_record(
            id=act.id,
            at=row.at,
            officer="Olga",
            action=act.action,
            subject_id=act.subject_id,
            detail=act.detail,
            site=act.site,
            acted_at=act.at,
        )
        assert row.payload.encode() == record
        assert bytes(row.entry) == bytes(waits.entry) == commitment(record, bytes(row.salt))
        before = before if act.subject_id == EXPORT else None
        assert site_of_action(act.action, done["detail"], before) == act.site
        before = act.site


def _json(done: dict[str, Any]) -> str:
    return json.dumps(done["detail"], sort_keys=True, separators=(",", ":"))


def test_without_a_log_earlier_acts_wait(empty_database_url: str) -> None:
    upgrade(empty_database_url, "0010_proposal")
    with disposing(empty_database_url) as engine, engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO officer_action (id, at, officer, action, subject_id, detail) "
                "VALUES ('a', 1, 'Olga', 'session:begin', '-', '{}')"
            )
        )
    upgrade(empty_database_url)
    with disposing(empty_database_url) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sealed_action")) == 0
        assert connection.scalar(text("SELECT count(*) FROM log_pending")) == 0


@pytest.mark.legal("AE-06")
def test_many_acts_are_sealed_in_blocks(empty_database_url: str) -> None:
    """The statements are few, and what ends an export in the next block has its site."""
    upgrade(empty_database_url, "0010_proposal")
    acts = [
        {"id": f"{number:036}", "at": number, "action": "session:begin", "subject_id": f"{number}"}
        for number in range(2001)
    ]
    acts[-2] |= {"action": "export:create", "subject_id": EXPORT}
    acts[-1] |= {"action": "export:finish", "subject_id": EXPORT}
    details = {"export:create": '{"filter":{"site":["library"]}}'}
    statements: list[str] = []
    with disposing(empty_database_url) as engine:
        with engine.begin() as connection:
            connection.execute(
                text("INSERT INTO log (log_id, origin, created_at) VALUES ('one/1', 'one', 1)")
            )
            connection.execute(
                text(
                    "INSERT INTO officer_action (id, at, officer, action, subject_id, detail) "
                    "VALUES (:id, :at, 'Olga', :action, :subject_id, :detail)"
                ),
                [{**one, "detail": details.get(str(one["action"]), "{}")} for one in acts],
            )
        event.listen(
            engine, "before_cursor_execute", lambda _c, _o, sql, *_: statements.append(sql)
        )
        upgrade(engine, "0011_sealed_action")
        with engine.connect() as connection:
            done = connection.execute(text("SELECT id, site FROM officer_action ORDER BY id")).all()
            sealed = connection.scalars(text("SELECT id FROM sealed_action ORDER BY id")).all()
            waiting = connection.scalars(text("SELECT event_id FROM log_pending ORDER BY 1")).all()
    assert [row.id for row in done] == sealed == waiting == [one["id"] for one in acts]
    assert [row.site for row in done] == [*[None] * 1999, "library", "library"]
    assert len([sql for sql in statements if "officer_action" in sql or "INSERT" in sql]) < 50
