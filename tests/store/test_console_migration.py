"""Officers of before the console keep their sites and tokens when roles come, and when they go."""

from __future__ import annotations

import json

from sqlalchemy import create_engine, text

from consent.store.migrate import downgrade, upgrade

OLGA = {
    "id": "0196d5f0-0000-7000-8000-00000000000a",
    "name": "Olga",
    "token_hash": "aa" * 32,
    "sites": '["library","programme"]',
    "created_at": 1,
    "revoked_at": None,
}
OTTO = OLGA | {"id": "b", "name": "Otto", "token_hash": "bb" * 32, "sites": '["*"]'}


def test_officers_become_officers_and_back(empty_database_url: str) -> None:
    upgrade(empty_database_url, "0005_display_total")
    engine = create_engine(empty_database_url)
    insert = text(
        "INSERT INTO officer (id, name, token_hash, sites, created_at, revoked_at) "
        "VALUES (:id, :name, :token_hash, :sites, :created_at, :revoked_at)"
    )
    with engine.begin() as connection:
        connection.execute(insert, [OLGA, OTTO])
    upgrade(empty_database_url, "0006_console")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT name, token_hash, roles FROM officer ORDER BY name"))
        assert [(row.name, row.token_hash, json.loads(row.roles)) for row in rows] == [
            ("Olga", "aa" * 32, {"library": ["officer"], "programme": ["officer"]}),
            ("Otto", "bb" * 32, {"*": ["officer"]}),
        ]
        connection.execute(
            text(
                "INSERT INTO officer (id, name, roles, created_at) "
                "VALUES ('c', 'Pia', '{\"library\": [\"publisher\"]}', 2)"
            )
        )
    downgrade(empty_database_url, "0005_display_total")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT name, token_hash, sites FROM officer ORDER BY name"))
        olga, otto, pia = [(row.name, row.token_hash, json.loads(row.sites)) for row in rows]
    engine.dispose()
    assert olga == ("Olga", "aa" * 32, ["library", "programme"])
    assert otto == ("Otto", "bb" * 32, ["*"])
    assert (pia[0], len(pia[1]), pia[2]) == ("Pia", 64, [])
