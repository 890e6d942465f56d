"""Check the database: reachable, current, durable, append-only, with room, on time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from consent.services.diagnosis.findings import Checks, Observation, ok, problem, skipped, warning
from consent.services.diagnosis.installation import Clock
from consent.services.keys import loose_permissions
from consent.store.inspection import (
    clock_ms,
    durability,
    missing_triggers,
    newest_record_ms,
)
from consent.store.migrate import current_revision, head_revision, known_revisions

LARGEST_CLOCK_DIFFERENCE_MS = 5000
LITTLE_SPACE = 1 << 30
NO_SPACE = 100 << 20

_SPACE_LEFT = "The disk of the database has {megabytes} MB left."

_SYNCHRONOUS_FULL = ("2", "3")  # FULL and EXTRA
_ON_DISK = {
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "fsync": ("on",),
    "full_page_writes": ("on",),
}


@dataclass(frozen=True, slots=True)
class Database:
    """A connection to a database of the newest schema, and its file if it is embedded."""

    connection: Connection
    file: Path | None
    clock: Clock


DATABASE = Checks[Database]("database")


def check_schema(connection: Connection) -> Observation:
    """Say whether the schema is the one this version works with."""
    found, head = current_revision(connection.engine), head_revision()
    if found == head:
        return ok("It has the newest schema, {head}.", head=head)
    if found is None:
        return problem("It has no tables of this service.", "Run `consent init`.")
    if found in known_revisions():
        return problem(
            "It has schema {schema}, and this version needs {head}.",
            "Make a backup and run `consent init`, which brings it up to date.",
            schema=found,
            head=head,
        )
    return problem(
        "It has schema {schema}, which this version does not know.",
        "Install the version of consent that made it, or a newer one.",
        schema=found,
    )


@DATABASE.add("durability")
def check_durability(database: Database) -> Iterator[Observation]:
    settings = durability(database.connection)
    if database.connection.dialect.name == "sqlite":
        yield from _sqlite_durability(settings)
    else:
        yield from _server_durability(settings)


@DATABASE.add("append-only")
def check_triggers(database: Database) -> Iterator[Observation]:
    missing = missing_triggers(database.connection)
    if missing:
        yield problem(
            "Evidence can be changed: triggers are gone or off: {triggers}.",
            "Find out who removed them, and restore the database from a backup that has them.",
            triggers=", ".join(missing),
        )
    else:
        yield ok("Every trigger that keeps evidence append-only is there.")


@DATABASE.add("server clock")
def check_server_clock(database: Database) -> Iterator[Observation]:
    before = database.clock.now()
    theirs = clock_ms(database.connection)
    after = database.clock.now()
    if theirs is None:
        yield ok("The embedded database has this machine's clock.")
        return
    difference = max(before - theirs, theirs - after, 0)
    if difference > LARGEST_CLOCK_DIFFERENCE_MS:
        yield problem(
            "The server's clock differs from this machine's by {seconds} seconds.",
            "Let a time service keep both clocks.",
            seconds=f"{difference / 1000:.0f}",
        )
    else:
        yield ok("The server's clock agrees with this machine's.")


@DATABASE.add("newest record")
def check_newest_record(database: Database) -> Iterator[Observation]:
    ahead = newest_record_ms(database.connection) - database.clock.now()
    if ahead > LARGEST_CLOCK_DIFFERENCE_MS:
        yield problem(
            "The newest record is {seconds} seconds in the future.",
            "Set this machine's clock; it was ahead before, or it is behind now.",
            seconds=f"{ahead / 1000:.0f}",
        )
    else:
        yield ok("No record is from the future.")


@DATABASE.add("file")
def check_file(database: Database) -> Iterator[Observation]:
    if database.file is None:
        return
    if loose_permissions(database.file):
        yield warning("Others may read {file}.", "Run `chmod 600 {file}*`.", file=database.file)
    else:
        yield ok("Only its owner may read {file}.", file=database.file)


@DATABASE.add("disk space")
def check_space(database: Database) -> Iterator[Observation]:
    if database.file is None:
        yield skipped("The free space of the database server cannot be seen from here.")
    else:
        yield judge_space(shutil.disk_usage(database.file.parent).free)


def judge_space(free: int) -> Observation:
    """Judge the free bytes of the disk that the database is on."""
    megabytes = free >> 20
    if free < NO_SPACE:
        return problem(
            _SPACE_LEFT,
            "Make room at once: without it no choice can be recorded.",
            megabytes=megabytes,
        )
    if free < LITTLE_SPACE:
        return warning(_SPACE_LEFT, "Make room soon.", megabytes=megabytes)
    return ok(_SPACE_LEFT, megabytes=megabytes)


def _sqlite_durability(settings: dict[str, str]) -> Iterator[Observation]:
    if settings["journal_mode"] != "wal":
        yield problem(
            "The journal mode is {mode} and not WAL.",
            "Put the database on a local disk; network file systems cannot do WAL.",
            mode=settings["journal_mode"],
        )
    if settings["synchronous"] not in _SYNCHRONOUS_FULL:
        yield problem(
            "Commits do not wait for the disk (synchronous is not FULL).",
            "Remove what sets another value; answers would promise what a power cut can lose.",
        )
    if settings["journal_mode"] == "wal" and settings["synchronous"] in _SYNCHRONOUS_FULL:
        yield ok("Commits wait for the disk (WAL, synchronous=FULL).")


def _server_durability(settings: dict[str, str]) -> Iterator[Observation]:
    lacking = [name for name, good in _ON_DISK.items() if settings[name] not in good]
    for name in lacking:
        yield problem(
            "{setting} is {value}, so a power cut can lose what was answered.",
            "Set {setting} = on in the server's configuration.",
            setting=name,
            value=settings[name],
        )
    if not lacking:
        yield ok("Commits wait for the disk (synchronous_commit, fsync, full_page_writes).")
