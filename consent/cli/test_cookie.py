"""A choice cookie for whoever inspects a site, so that each state can be seen again."""

from __future__ import annotations

import json

import click

from consent.cli.context import keys_of, open_app
from consent.services.clock import now_ms
from consent.services.minting import Minted, TestState, mint_answer
from consent.store.database import db


@click.command("test-cookie")
@click.argument("site")
@click.argument("state", type=click.Choice([state.value for state in TestState]))
@click.option("--allow", "allowed", multiple=True, metavar="CATEGORY", help="For partial.")
@click.option("--json", "as_json", is_flag=True, help="Name, value and attributes, for programs.")
def test_cookie(*, site: str, state: str, allowed: tuple[str, ...], as_json: bool) -> None:
    """Print a choice cookie that puts a browser into a state, marked as a test.

    It is signed like a visitor's, and every page takes it for one. What is done upon it is recorded
    with `"test": true` among its signals, and is in no statistics.
    """
    wanted = TestState(state)
    if bool(allowed) != (wanted is TestState.PARTIAL):
        raise click.UsageError("--allow goes with partial, and partial needs one: --allow ads")
    with open_app() as app:
        minted = mint_answer(
            db.session, site, wanted, allowed=allowed, keys=keys_of(app), now=now_ms()
        )
    if as_json:
        click.echo(json.dumps(_as_json(minted), indent=2))
        return
    click.echo(_as_header(minted))


def _as_header(minted: Minted) -> str:
    parts = [f"{minted.name}={minted.value}", "Path=/", f"Max-Age={minted.max_age}"]
    if minted.domain:
        parts.append(f"Domain={minted.domain}")
    return "; ".join([*parts, "SameSite=Lax", *(["Secure"] if minted.is_secure else [])])


def _as_json(minted: Minted) -> dict[str, object]:
    return {
        "name": minted.name,
        "value": minted.value,
        "path": "/",
        "domain": minted.domain,
        "max_age": minted.max_age,
        "secure": minted.is_secure,
        "same_site": "Lax",
    }
