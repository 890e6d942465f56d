"""Give an installation new keys, and say which ones there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consent.services.keys import Keys
from consent.services.log_keys import (
    OVERLAP_MS,
    end_key,
    held_vkeys,
    register_keys,
)
from consent.store.database import AnySession, write_transaction
from consent.store.log import Log, list_logs
from consent.store.log_keys import RECEIPT, LogKey, list_keys


@dataclass(frozen=True, slots=True)
class KeyListing:
    """A public key of a log. Instants are in milliseconds.

    It signs from `signs_from` until `retired_at`; `is_held` says whether this installation has it.
    """

    log_id: str
    role: str
    vkey: str
    added_at: int
    signs_from: int
    retired_at: int | None
    is_held: bool


def announce_keys(
    session: AnySession, keys: Keys, *, role: str, reason: str, stolen: bool, now: int
) -> list[str]:
    """Make a newly added key known in every log in force; return their ids.

    `keys` has the new key. With `stolen`, the older keys of its role stop signing at once, and the
    log says so; otherwise they sign on for a while, so that nobody is surprised.
    """
    logs = logs_in_force(session)
    with write_transaction(session):
        for log in logs:
            register_keys(session, log, keys, now=now, reason=reason)
            if stolen:
                _revoke_older(session, log, keys, role=role, reason=reason, now=now)
    return [log.log_id for log in logs]


def introduce_keys(session: AnySession, keys: Keys, *, now: int) -> None:
    """Make the keys an installation has known in every log in force."""
    logs = logs_in_force(session)
    with write_transaction(session):
        for log in logs:
            register_keys(session, log, keys, now=now)


def list_log_keys(session: AnySession, keys: Keys) -> list[KeyListing]:
    """Return the public keys of every log, in the order they were added."""
    listings = [listing for log in list_logs(session) for listing in _listings(session, log, keys)]
    session.rollback()
    return listings


def logs_in_force(session: AnySession) -> list[Log]:
    """Return the newest epoch of every log."""
    return list({log.name: log for log in list_logs(session)}.values())


def _revoke_older(
    session: AnySession, log: Log, keys: Keys, *, role: str, reason: str, now: int
) -> None:
    newest = held_vkeys(log.origin, keys)[role][-1]
    for key in list_keys(session, log.log_id):
        if key.role == role and key.vkey != newest and key.retired_at is None:
            end_key(session, log, key, action="revoke", reason=reason, now=now)


def _listings(session: AnySession, log: Log, keys: Keys) -> list[KeyListing]:
    held = {vkey for vkeys in held_vkeys(log.origin, keys).values() for vkey in vkeys}
    known = list_keys(session, log.log_id)
    return [
        KeyListing(
            log.log_id,
            key.role,
            key.vkey,
            key.added_at,
            _signs_from(key, [one for one in known[:number] if one.role == key.role]),
            key.retired_at,
            key.vkey in held,
        )
        for number, key in enumerate(known)
    ]


def _signs_from(key: LogKey, older: Sequence[LogKey]) -> int:
    """Return when a key begins to sign: one of receipts leaves the others a day, if they live."""
    if key.role != RECEIPT or not older:
        return key.added_at
    from_habit = key.added_at + OVERLAP_MS[RECEIPT]
    ends = [one.retired_at for one in older if one.retired_at is not None]
    if len(ends) < len(older):
        return from_habit
    return min(from_habit, max(key.added_at, *ends))
