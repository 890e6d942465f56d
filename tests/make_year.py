"""Many events of one year, made fast: real records in canonical form, with real commitments."""

from __future__ import annotations

import hmac
import json
import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from consent.core.ids import uuid7
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from tests.make_events import BUILD, HALF_A_YEAR, NOTICE, SCOPE

YEAR = parse_rfc3339("2026-01-01")
YEAR_MS = 365 * MILLIS_PER_DAY

COLUMNS = (
    "id, at, site, event, choices, control, layer, language, notice, scope, build, valid_until, "
    "page_group, prev, subject, gpc, payload, salt, entry"
)
INSERT = f"INSERT INTO consent_event ({COLUMNS}) VALUES ({','.join('?' * 19)})"  # noqa: S608

_ACTS = (  # weight, event, control, layer, functional, personalisation, ads
    (50, "refused", "refuse_all", "banner", False, False, False),
    (30, "granted", "accept_all", "banner", True, True, True),
    (10, "partly_granted", "save", "dialog", True, False, False),
    (6, "renewed", "accept_all", "banner", True, True, True),
    (4, "withdrawn", "withdraw_all", "page", False, False, False),
)


def year_rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Give the rows of `count` events, spread evenly over 2026, in the order of COLUMNS."""
    dice = random.Random(2026)  # noqa: S311 -- the same year every time
    templates = [_template(*act[1:]) for act in _ACTS]
    chosen = dice.choices(range(len(_ACTS)), [act[0] for act in _ACTS], k=count)
    granted: list[tuple[str, str]] = [("", "")] * 1_000
    for number, act in enumerate(chosen):
        at = YEAR + YEAR_MS * number // count
        event_id = uuid7(at, dice.randbytes(10))
        event = _ACTS[act][1]
        subject: str | None = None
        prev: str | None = None
        if event in ("renewed", "withdrawn"):
            prev, subject = granted[number % 1_000]
        if not subject and event != "refused":
            prev, subject = None, dice.randbytes(32).hex()
        if event == "granted" and subject:
            granted[number % 1_000] = (event_id, subject)
        yield _row(
            templates[act], _ACTS[act], event_id, at, dice.choice(("en", "nl")), prev, subject
        )


def insert_year_sqlite(path: Path, count: int) -> None:
    """Fill a migrated database; indexes are made once, after the rows."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''"
    indexes = connection.execute(query, ("consent_event",)).fetchall()
    with connection:
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.executemany(INSERT, year_rows(count))
        for _, statement in indexes:
            connection.execute(statement)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def insert_year_postgres(url: str, count: int) -> None:
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    statement = f"COPY consent_event ({COLUMNS}) FROM STDIN"
    with psycopg.connect(plain) as connection, connection.cursor().copy(statement) as copy:
        for row in year_rows(count):
            copy.write_row(row)


def _template(event: str, control: str, layer: str, *answers: bool) -> tuple[str, str]:
    """Return the choices as stored, and the record in canonical form with its open places."""
    names = ("functional", "personalisation", "ads")
    choices = dict(zip(names, answers, strict=True))
    canonical = json.dumps(choices, sort_keys=True, separators=(",", ":"))
    record = (
        f'{{"at":%d,"build":"{BUILD}","choices":{canonical},"control":"{control}",'
        f'"event":"{event}","id":"%s","language":"%s","layer":"{layer}","notice":"{NOTICE}",%s'
        f'"scope":"{SCOPE}","site":"programme",%s"type":"consent","v":1,"valid_until":%d}}'
    )
    return json.dumps(choices, separators=(",", ":")), record


def _row(
    template: tuple[str, str],
    act: tuple[Any, ...],
    event_id: str,
    at: int,
    language: str,
    prev: str | None,
    subject: str | None,
) -> tuple[Any, ...]:
    choices, record = template
    link = f'"prev":"{prev}",' if prev else ""
    person = f'"subject":"{subject}",' if subject else ""
    payload = record % (at, event_id, language, link, person, at + HALF_A_YEAR)
    salt = os.urandom(64)
    entry = hmac.digest(salt, payload.encode(), "sha256")
    _, event, control, layer, *_ = act
    return (
        event_id, at, "programme", event, choices, control, layer, language, NOTICE, SCOPE, BUILD,
        at + HALF_A_YEAR, None, prev, subject, False, payload, salt, entry,
    )  # fmt: skip
