"""Check the logs: signed, sealed and published in time, vouched for by others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consent.core.times import MILLIS_PER_DAY
from consent.services.anchoring import format_instant
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, warning
from consent.services.keys import loose_permissions
from consent.services.log_status import LogStatus

LATE_PUBLICATION_MS = 1_200_000  # an idle log is published anew every ten minutes

_START = "Start the service, or `consent log seal --loop` where CONSENT_SEALING is command."
_SHOW = "`consent log status` shows what was found, and docs/log.md says what to do."


@dataclass(frozen=True, slots=True)
class Logged:
    """One log as it stands at an instant in milliseconds."""

    status: LogStatus
    now: int


LOG = Checks[Logged]("log")


def judge_state_folder(folder: Path) -> Observation:
    """Judge where this machine keeps the newest heads that it has signed."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return problem(
            f"{folder} cannot be written, so nothing can be signed.",
            "Make it a folder of the account that runs the service.",
        )
    notes = sorted(folder.glob("*.note"))
    unreadable = [note for note in notes if not (note.is_file() and os.access(note, os.R_OK))]
    if unreadable:
        return problem(
            f"{unreadable[0]} cannot be read, so its log cannot be signed.",
            "Give it to the account that runs the service.",
        )
    if folder.exists() and loose_permissions(folder):
        return warning(f"Others may look into {folder}.", f"Run `chmod 700 {folder}`.")
    return ok(f"The newest signed heads are kept in {folder}.")


@LOG.add("state")
def check_state(logged: Logged) -> Iterator[Observation]:
    log = logged.status
    if log.is_ok:
        yield ok(f"{log.log_id}: nothing contradicts what was signed; it has {log.size} entries.")
    else:
        since = format_instant(log.since)
        yield problem(
            f"{log.log_id} is not signed since {since}: it is {log.status.replace('_', ' ')}.",
            _SHOW,
        )


@LOG.add("keys")
def check_keys(logged: Logged) -> Iterator[Observation]:
    for key in logged.status.not_held:
        yield warning(
            f"{logged.status.log_id}: the key {key.vkey}, which is to sign, is not in this "
            "installation.",
            "Put its file back from your safe copy, or copy it from the machine where it was made; "
            "if it is lost or stolen, `consent keys rotate` replaces it.",
        )


@LOG.add("sealing")
def check_sealing(logged: Logged) -> Iterator[Observation]:
    log = logged.status
    if log.oldest_pending is not None and log.is_late(logged.now):
        yield problem(
            f"{log.log_id}: {log.pending} entries wait, the oldest for "
            f"{_duration(logged.now - log.oldest_pending)}; receipts promise a minute.",
            _START if log.is_ok else _SHOW,
        )
    else:
        yield ok(f"{log.log_id}: nothing waits for longer than receipts promise.")


@LOG.add("publication")
def check_publication(logged: Logged) -> Iterator[Observation]:
    log = logged.status
    if not log.is_in_force or not log.size:
        return
    if log.published_at is None:
        yield warning(f"{log.log_id}: no checkpoint is published yet.", _START)
        return
    age = logged.now - log.published_at
    if age > LATE_PUBLICATION_MS:
        yield warning(f"{log.log_id}: the newest checkpoint is {_duration(age)} old.", _START)
    else:
        yield ok(f"{log.log_id}: the newest checkpoint is {_duration(age)} old.")


@LOG.add("anchors")
def check_anchors(logged: Logged) -> Iterator[Observation]:
    anchored = logged.status.anchored
    if anchored.unanchored_since is None:
        yield ok(f"{logged.status.log_id}: {anchored.wording}.")
    else:
        yield warning(
            f"{logged.status.log_id}: {anchored.wording}.",
            "Name a time-stamp authority in CONSENT_TSA_URL, or witnesses in CONSENT_WITNESSES."
            if not anchored.kinds
            else "Run `consent log anchor`, which says who does not answer.",
        )


def _duration(millis: int) -> str:
    """Return a length of time in the largest unit that fits it."""
    seconds = max(0, millis) // 1000
    for unit, length in (("days", MILLIS_PER_DAY // 1000), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
