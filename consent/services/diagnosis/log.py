"""Check the logs: signed, sealed and published in time, vouched for by others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consent.core.sentence import Sentence, sentence
from consent.core.times import MILLIS_PER_DAY
from consent.services.anchoring import format_instant
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, warning
from consent.services.keys import loose_permissions
from consent.services.log_status import LogStatus
from consent.store.log import FORKED, ROLLED_BACK, TAMPERED

LATE_PUBLICATION_MS = 1_200_000  # an idle log is published anew every ten minutes

_START = "Start the service, or `consent log seal --loop` where CONSENT_SEALING is command."
_SHOW = "`consent log status` shows what was found, and docs/log.md says what to do."
_STATES = {TAMPERED: "tampered", ROLLED_BACK: "rolled back", FORKED: "forked"}
_LENGTHS = (
    ("{count} days", MILLIS_PER_DAY // 1000),
    ("{count} hours", 3600),
    ("{count} minutes", 60),
)


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
            "{folder} cannot be written, so nothing can be signed.",
            "Make it a folder of the account that runs the service.",
            folder=folder,
        )
    notes = sorted(folder.glob("*.note"))
    unreadable = [note for note in notes if not (note.is_file() and os.access(note, os.R_OK))]
    if unreadable:
        return problem(
            "{file} cannot be read, so its log cannot be signed.",
            "Give it to the account that runs the service.",
            file=unreadable[0],
        )
    if folder.exists() and loose_permissions(folder):
        return warning(
            "Others may look into {folder}.", "Run `chmod {mode} {folder}`.",
            folder=folder, mode="700",
        )  # fmt: skip
    return ok("The newest signed heads are kept in {folder}.", folder=folder)


@LOG.add("state")
def check_state(logged: Logged) -> Iterator[Observation]:
    log = logged.status
    if log.is_ok:
        yield ok(
            "{log}: nothing contradicts what was signed; it has {entries} entries.",
            log=log.log_id,
            entries=log.size,
        )
    else:
        yield problem(
            "{log} is not signed since {since}: it is {state}.",
            _SHOW,
            log=log.log_id,
            since=format_instant(log.since),
            state=sentence(_STATES[log.status]),
        )


@LOG.add("keys")
def check_keys(logged: Logged) -> Iterator[Observation]:
    for key in logged.status.not_held:
        yield warning(
            "{log}: the key {key}, which is to sign, is not in this installation.",
            "Put its file back from your safe copy, or copy it from the machine where it was made; "
            "if it is lost or stolen, `consent keys rotate` replaces it.",
            log=logged.status.log_id,
            key=key.vkey,
        )


@LOG.add("sealing")
def check_sealing(logged: Logged) -> Iterator[Observation]:
    log = logged.status
    if log.oldest_pending is not None and log.is_late(logged.now):
        yield problem(
            "{log}: {entries} entries wait, the oldest for {duration}; receipts promise a minute.",
            _START if log.is_ok else _SHOW,
            log=log.log_id,
            entries=log.pending,
            duration=_duration(logged.now - log.oldest_pending),
        )
    else:
        yield ok("{log}: nothing waits for longer than receipts promise.", log=log.log_id)


@LOG.add("publication")
def check_publication(logged: Logged) -> Iterator[Observation]:
    log = logged.status
    if not log.is_in_force or not log.size:
        return
    if log.published_at is None:
        yield warning("{log}: no checkpoint is published yet.", _START, log=log.log_id)
        return
    age = logged.now - log.published_at
    told = {"log": log.log_id, "duration": _duration(age)}
    if age > LATE_PUBLICATION_MS:
        yield warning("{log}: the newest checkpoint is {duration} old.", _START, **told)
    else:
        yield ok("{log}: the newest checkpoint is {duration} old.", **told)


@LOG.add("anchors")
def check_anchors(logged: Logged) -> Iterator[Observation]:
    anchored = logged.status.anchored
    told = {"log": logged.status.log_id, "state": anchored.told}
    if anchored.unanchored_since is None:
        yield ok("{log}: {state}.", **told)
    else:
        yield warning(
            "{log}: {state}.",
            "Name a time-stamp authority in CONSENT_TSA_URL, or witnesses in CONSENT_WITNESSES."
            if not anchored.kinds
            else "Run `consent log anchor`, which says who does not answer.",
            **told,
        )


def _duration(millis: int) -> Sentence:
    """Return a length of time in the largest unit that fits it."""
    seconds = max(0, millis) // 1000
    for text, length in _LENGTHS:
        if seconds >= 2 * length:
            return sentence(text, count=seconds // length)
    return sentence("{count} seconds", count=seconds)
