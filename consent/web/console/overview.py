"""The first page: the sites a person may see."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from consent.web.console.frame import page
from consent.web.console.routing import Entry, console_route
from consent.web.console.visit import visit


@console_route("/", permission=Entry.SIGNED_IN)
def overview() -> ResponseReturnValue:
    return page("overview.html", own_sites=visit().sites())
