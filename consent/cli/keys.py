"""The keys of an installation: which there are, and new ones in their place."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from consent.cli.context import keys_of, open_app
from consent.core.times import rfc3339
from consent.errors import ConfigurationError
from consent.services.clock import now_ms
from consent.services.keys import add_key, replace_lost_key
from consent.services.known_keys import known_roles
from consent.services.rotating import KeyListing, announce_keys, introduce_keys, list_log_keys
from consent.settings import (
    SECRET_OF_ROLE,
    UNSEALING_SECRETS,
    checked_database_url,
    load_settings,
    log_keys_at_hand,
    secret_path,
)
from consent.store.database import db

SIGNING = "signing"
SETTING_OF = {**SECRET_OF_ROLE, SIGNING: "CONSENT_SIGNING_KEYS"}


@click.group()
def keys() -> None:
    """The keys that sign."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
def list_all(*, as_json: bool) -> None:
    """List the public keys of each log, and the names of the keys that sign cookies."""
    with open_app() as app, Session(db.engine) as session:
        now = now_ms()
        held = replace(keys_of(app), log=log_keys_at_hand(os.environ))
        listings = list_log_keys(session, held)
        signing = keys_of(app).keyring.key_ids
    if as_json:
        known = [_record(one) for one in listings]
        click.echo(json.dumps({"log_keys": known, "signing_keys": list(signing)}, indent=2))
        return
    for listing in listings:
        click.echo(f"{listing.log_id}\t{listing.role}\t{_state(listing, now)}\n  {listing.vkey}")
    for key_id in signing:
        state = "signs" if key_id == signing[-1] else "is accepted"
        click.echo(f"cookies and tokens\tsigning\t{state}\n  {key_id}")


@keys.command()
@click.argument("which", type=click.Choice(list(SETTING_OF)))
@click.option(
    "--reason",
    help="Why; the log keeps it for ever, so name no person. Needed for every key but signing.",
)
@click.option("--stolen", is_flag=True, help="Have the log trust the old key no more, at once.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rotate(which: str, *, reason: str | None, stolen: bool, yes: bool) -> None:
    """Add a new key that takes the place of the old one.

    The old one stays in its file: what it signed must stay verifiable. A new key of the log or its
    clock signs beside the old one for 30 days, and alone after that; one of receipts takes over
    after a day. Restart the service soon, so that it finds the new key.

    Where the file of a key that the log knows is lost, the new key is put into a new file.
    """
    is_public = which != SIGNING
    if is_public and not (reason or "").strip():
        raise click.UsageError("give the --reason; the log tells it to whoever checks")
    if stolen and not is_public:
        raise click.UsageError(
            "take a stolen signing key out of its file; the log does not know it"
        )
    path = secret_path(os.environ, SETTING_OF[which])
    if path is None:
        name = SETTING_OF[which]
        raise ConfigurationError([f"{name}: the key is in the environment; add a new one there"])
    is_lost = is_public and not path.exists()
    if is_lost:
        _require_replaceable(which, path, yes=yes)
    if stolen and not yes:
        click.confirm(f"Have the log trust the present {which} key no more?", abort=True)
    secrets = tuple(dict.fromkeys([*UNSEALING_SECRETS, SETTING_OF[which]]))
    if is_public and not is_lost:
        with open_app(secrets=secrets) as app, Session(db.engine) as session:
            introduce_keys(session, keys_of(app), now=now_ms())
    try:
        (replace_lost_key if is_lost else add_key)(path)
    except OSError as error:
        raise ConfigurationError([f"{path} cannot be written ({error.strerror})"]) from error
    click.echo(f"Added a key to {path}.")
    if is_public:
        with open_app(secrets=secrets) as app, Session(db.engine) as session:
            log_ids = announce_keys(
                session,
                keys_of(app),
                role=which,
                reason=(reason or "").strip(),
                stolen=stolen,
                now=now_ms(),
            )
        for log_id in log_ids:
            click.echo(f"{log_id}: the new key is in its list, and a record says why.")
    click.echo("Restart every process of the service, and `consent log seal --loop`, now.")


def _require_replaceable(which: str, path: Path, *, yes: bool) -> None:
    """End unless a log knows keys of this role, the others can be read, and this one is lost."""
    name = SETTING_OF[which]
    if which not in known_roles(checked_database_url(os.environ)):
        load_settings(os.environ, secrets=[name])  # whose fault says what to do
    load_settings(os.environ, secrets=[each for each in UNSEALING_SECRETS if each != name])
    if not yes:
        click.confirm(f"There is no file {path}. Is that key lost for good?", abort=True)


def _state(one: KeyListing, now: int) -> str:
    if one.retired_at is not None:
        state = f"retired {rfc3339(one.retired_at)}"
    elif one.signs_from > now:
        state = f"signs from {rfc3339(one.signs_from)}"
    else:
        state = f"signs since {rfc3339(one.signs_from)}"
    return state if one.is_held else f"{state}, not in this installation"


def _record(one: KeyListing) -> dict[str, Any]:
    return {
        "log": one.log_id,
        "role": one.role,
        "vkey": one.vkey,
        "added_at": rfc3339(one.added_at),
        "signs_from": rfc3339(one.signs_from),
        "retired_at": None if one.retired_at is None else rfc3339(one.retired_at),
        "held": one.is_held,
    }
