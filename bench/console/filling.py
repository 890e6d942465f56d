"""A database with millions of records: written by the database itself, some by the real services.

The mass is made in SQL, with everything a row has but a place in the log and commitments that open:
what is measured is how long pages take to find and show rows, and those are as long and as many as
genuine ones. The last days are written as visitors write them, sealed and provable; they are what
search and proof are measured with. How the log itself grows, `bench/log` measures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from psycopg import ClientCursor, Connection, connect
from sqlalchemy.orm import Session

from consent.app import create_app
from consent.bundled import bundled
from consent.core.config import load_site
from consent.core.retention import MILLIS_PER_HOUR, refusal_cutoff
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.demo.site import demo_file
from consent.demo.year.filling import Extent, Place, SetClock, Year
from consent.services.aggregating import count_days
from consent.services.builds import script_build
from consent.services.displays import DisplayCounts
from consent.services.keys import make_key_files
from consent.services.publishing import propose, publish
from consent.services.sealing_thread import state_files_in
from consent.services.sites import load_live_sites
from consent.settings import load_settings
from consent.store.database import db
from consent.web.context import EXTENSION, Service
from tests import databases

NOW = parse_rfc3339("2026-11-20T15:00:00Z")
LIVED_DAYS = 3  # written by the services themselves
ORIGIN = "https://www.university.example"
CONSOLE = "https://console.university.example"
LIKE_ON_DISK = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "maintenance_work_mem": "512MB",
    "autovacuum": "off",  # it is done once, when all is written
}
_SUBJECTS = "ix_consent_event_subject_id"

# Refusals, grants, partial ones and withdrawals, as often as on a real site.
_MASS = """
INSERT INTO consent_event (id, at, site, event, choices, control, layer, language, notice, scope,
    build, valid_until, page_group, prev, subject, gpc, payload, salt, entry)
SELECT id, at, 'programme', event, choices, control, layer, language, %(notice)s, %(scope)s,
    %(build)s, at + %(kept)s, NULL, NULL, subject, false,
    format('{"at":%%s,"build":"%%s","choices":%%s,"control":"%%s","event":"%%s","id":"%%s",'
           '"language":"%%s","layer":"%%s","notice":"%%s","scope":"%%s","site":"programme",'
           '"subject":"%%s","type":"consent","v":1,"valid_until":%%s}',
           at, %(build)s, choices, control, event, id, language, layer, %(notice)s, %(scope)s,
           subject, at + %(kept)s),
    decode(repeat(a, 4), 'hex'), decode(a || b, 'hex')
FROM (
    SELECT at, a, b, language,
        format('%%s-%%s-7%%s-8%%s-%%s', substr(hex, 1, 8), substr(hex, 9, 4), substr(a, 1, 3),
               substr(a, 4, 3), substr(a, 7, 12)) AS id,
        CASE WHEN kind < 5 THEN 'refused' WHEN kind < 8 THEN 'granted'
             WHEN kind < 9 THEN 'partly_granted' ELSE 'withdrawn' END AS event,
        CASE WHEN kind < 5 OR kind = 9
               THEN '{"functional":false,"personalisation":false,"ads":false}'
             WHEN kind < 8 THEN '{"functional":true,"personalisation":true,"ads":true}'
             ELSE '{"functional":true,"personalisation":false,"ads":false}' END AS choices,
        CASE WHEN kind < 5 THEN 'refuse_all' WHEN kind < 8 THEN 'accept_all'
             WHEN kind < 9 THEN 'save' ELSE 'withdraw_all' END AS control,
        CASE WHEN kind < 8 THEN 'banner' WHEN kind < 9 THEN 'dialog' ELSE 'page' END AS layer,
        CASE WHEN kind >= 5 THEN a || b END AS subject
    FROM (
        SELECT at, md5(n::text) AS a, md5(n::text || 'b') AS b, lpad(to_hex(at), 12, '0') AS hex,
            CASE WHEN at > %(refusals)s THEN abs(hashint8(n + 1)) %% 10
                 ELSE 5 + abs(hashint8(n + 1)) %% 5 END AS kind,
            CASE WHEN hashint8(n) & 3 = 0 THEN 'nl' ELSE 'en' END AS language
        FROM (
            SELECT n, %(begin)s + %(span)s * n / %(count)s AS at
            FROM generate_series(%(first)s::bigint, %(last)s::bigint - 1) AS n
        ) AS moments
    ) AS drawn
) AS rows
"""
AT_ONCE = 500_000
_DISPLAYS = """
INSERT INTO display_total (site, day, notice, language, count)
SELECT 'programme', to_char(to_timestamp(at / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD') AS day,
    notice, language, count(*) * 2
FROM consent_event GROUP BY day, notice, language
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """An application on the filled database; its clock stands still."""

    app: Flask
    now: int
    rows: int


@contextmanager
def filled(rows: int, tell: Callable[[str], None]) -> Iterator[Filled]:
    """Give a console over so many records; everything is gone afterwards."""
    databases.MEMORY = Path("/nonexistent")  # on disk, as a real one is
    databases.SETTINGS.update(LIKE_ON_DISK)
    with (
        tempfile.TemporaryDirectory(prefix="bench-console-") as folder,
        databases.running_postgres() as server,
    ):
        server.migrate_template()
        with server.database() as url:
            yield _fill(Path(folder), url, rows, tell)


def _fill(home: Path, url: str, rows: int, tell: Callable[[str], None]) -> Filled:
    make_key_files(home / "keys")
    clock = SetClock()
    settings = load_settings(
        {
            "CONSENT_HOME": str(home),
            "CONSENT_DATABASE_URL": url,
            "CONSENT_CONSOLE_ORIGIN": CONSOLE,
        }
    )
    app = create_app(settings, clock=clock.now_ms, housekeeping=False, sealing=False)
    running: Service = app.extensions[EXTENSION]
    with app.app_context():
        engine = db.engine
    place = Place(lambda: Session(engine), running.keys, state_files_in(home), clock)
    year = Extent(NOW, days=365)
    file = demo_file(bundled("sites") / "programme.toml", ORIGIN)
    with Session(engine) as session:
        clock.at = year.begin
        site = load_site(file.text, file.name)
        publish(session, propose(session, site), now=clock.at, keys=running.keys)
        live = load_live_sites(session, clock.at)["programme"]
    begin, end = year.begin, NOW - LIVED_DAYS * MILLIS_PER_DAY
    values = {
        "notice": live.notice.hash,
        "scope": live.notice.scope,
        "build": script_build(),
        "kept": live.notice.consent_days * MILLIS_PER_DAY,
        "begin": begin,
        # Refusals are kept for half a year: those of this day are to go tonight.
        "refusals": refusal_cutoff(NOW) - 13 * MILLIS_PER_HOUR,
        "span": end - begin,
        "count": rows,
    }
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with connect(plain, autocommit=True, cursor_factory=ClientCursor) as connection:
        _write_mass(connection, values, rows, tell)
    tell("living the last days")
    Year(place, Extent(NOW, days=LIVED_DAYS, scale=3)).write(file)
    tell("counting the days")
    clock.at = NOW
    with Session(engine) as session:
        count_days(session, NOW)
    with connect(plain, autocommit=True) as connection:
        connection.execute(_DISPLAYS)
        tell("tidying up")
        connection.execute("VACUUM (ANALYZE)")
    return Filled(app, NOW, rows)


def _write_mass(
    connection: Connection, values: dict[str, object], rows: int, tell: Callable[[str], None]
) -> None:
    """Insert the mass; the index that is not in the order of time is made afterwards."""
    found = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", (_SUBJECTS,))
    ((definition,),) = found.fetchall()
    connection.execute(f"DROP INDEX {_SUBJECTS}")
    for first in range(0, rows, AT_ONCE):
        last = min(first + AT_ONCE, rows)
        connection.execute(_MASS, {**values, "first": first, "last": last})
        tell(f"{last:,} records")
    connection.execute(definition)
    tell("indexed")


def displays_of(app: Flask) -> DisplayCounts:
    """Return what counts displays in an application, to be stopped with it."""
    running: Service = app.extensions[EXTENSION]
    return running.displays
