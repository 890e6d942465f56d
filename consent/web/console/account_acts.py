"""What the person who is signed in did, shown to that person, whatever his or her roles are."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from consent.core.ids import is_uuid
from consent.services.access_log import list_own_actions
from consent.store.action_lists import PAGE_ROWS
from consent.store.database import db
from consent.web.console.access_log_words import ShownAction, shown_action
from consent.web.console.frame import page
from consent.web.console.routing import Entry, console_route
from consent.web.console.visit import visit

NEWEST_ROWS = 25  # below everything else of the account


@dataclass(frozen=True, slots=True)
class OwnActs:
    """Some acts of one person, newest first, and where those before them are."""

    rows: tuple[ShownAction, ...]
    older: str | None


@console_route("/account/acts", permission=Entry.SIGNED_IN)
def account_acts() -> ResponseReturnValue:
    before = request.args.get("before") or None
    if before is not None and not is_uuid(before):
        raise BadRequest("A page begins at the id of an act.")
    return page("account_acts.html", own_acts=own_acts(before))


def own_acts(before: str | None = None, *, rows: int = PAGE_ROWS) -> OwnActs:
    """Return what the person of this visit did, the newest or what came before an act."""
    current = visit()
    found = list_own_actions(db.session, current.person.name, before, rows=rows)
    older = None if found.older is None else url_for("console.account_acts", before=found.older)
    return OwnActs(tuple(shown_action(one, current.words) for one in found.actions), older)
