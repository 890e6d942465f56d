"""The list of a site's records, narrowed by a form and read page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from consent.core.ids import is_uuid
from consent.core.notice import Notice
from consent.core.roles import Permission
from consent.services.exporting import filter_record
from consent.services.noticing import list_published_notices
from consent.services.sites import LiveSite, get_notice
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.store.record_lists import PAGE_ROWS, Place, RecordPage, list_page
from consent.web.console.frame import page
from consent.web.console.records_filter import FIELDS, AskedFilter, options_of, read_filter
from consent.web.console.records_words import ShownAct, shown_act
from consent.web.console.routing import console_route
from consent.web.console.visit import visit


@dataclass(frozen=True, slots=True)
class Row:
    """One record in the list, and where its proof is."""

    act: ShownAct
    href: str


@console_route("/sites/<site>/records", permission=Permission.READ_RECORDS, look="records:list")
def records(site: LiveSite) -> ResponseReturnValue:
    current = visit()
    notices = list_published_notices(db.session, site)
    options = options_of(notices, current.words)
    asked = read_filter(site, request.args, options)
    current.note(filter=filter_record(asked.wanted))
    place = _place()
    found: RecordPage | None = None
    if not asked.faults:
        found = list_page(db.session, site.id, asked.wanted, place, rows=PAGE_ROWS)
    return page(
        "records.html",
        asked=asked,
        options=options,
        rows=[] if found is None else _rows(site, found.events, notices),
        found=found,
        older=_link(site, asked, None if found is None else found.older),
        newer=_link(site, asked, None if found is None else found.newer),
        export=_export(site, asked),
        is_first=place is None,
        is_narrowed=any(request.args.get(name) for name in FIELDS),
    )


def _export(site: LiveSite, asked: AskedFilter) -> str | None:
    """Return where to export what is listed; its form takes no more than days from an address."""
    narrower = any(asked.given[name] for name in FIELDS if name not in ("from", "to"))
    if asked.faults or narrower or not visit().may(Permission.EXPORT, site.id):
        return None
    days: dict[str, Any] = {name: asked.given[name] for name in ("from", "to")}
    return url_for("console.exports", site=site.id, **days)


def _rows(
    site: LiveSite, events: Sequence[StoredEvent], published: Sequence[tuple[Notice, int]]
) -> list[Row]:
    known: dict[str, Notice] = {notice.hash: notice for notice, _ in published}
    words = visit().words
    rows = []
    for stored in events:
        event = stored.event
        notice = known.get(event.notice) or get_notice(db.session, event.notice)
        known[event.notice] = notice
        href = url_for("console.records_proof", site=site.id, record_id=event.id)
        rows.append(Row(shown_act(event, notice, words), href))
    return rows


def _place() -> Place | None:
    """Return where the page begins, from the address; anything but an id is refused."""
    for name, goes_back in (("before", False), ("after", True)):
        asked = request.args.get(name)
        if asked:
            if not is_uuid(asked):
                raise BadRequest("A page begins at the id of a record.")
            return Place(asked, goes_back)
    return None


def _link(site: LiveSite, asked: AskedFilter, place: Place | None) -> str | None:
    if place is None:
        return None
    values: dict[str, Any] = {name: text for name, text in asked.given.items() if text}
    values["after" if place.goes_back else "before"] = place.id
    return url_for("console.records", site=site.id, **values)
