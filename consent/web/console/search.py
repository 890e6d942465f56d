"""One box for whatever somebody has: a code, a record's id, a receipt or a proof."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from consent.core.roles import Permission
from consent.services.record_search import SearchResult, search_file, search_text
from consent.store.database import db
from consent.web.console.frame import page
from consent.web.console.routing import console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.context import service

# A JSON file with everything about somebody has many proofs. Beyond 500 kB, a file that is being
# received would be put on disk for a moment.
MOST_BYTES = 450 * 1024


@console_route("/search", permission=Permission.SEARCH_RECORDS, look="record:search")
def search() -> ResponseReturnValue:
    current = visit()
    asked = request.args.get("q", "").strip()
    if not asked:
        current.note(clue="none")
        return page("search.html", asked="", result=None)
    sites = [site.id for site in current.sites(Permission.SEARCH_RECORDS)]
    result = search_text(db.session, sites, asked)
    db.session.rollback()
    return _answer(result, asked)


@console_route(
    "/search/file",
    permission=Permission.SEARCH_RECORDS,
    look="record:search",
    methods=["POST"],
    most_bytes=MOST_BYTES,
)
def search_upload() -> ResponseReturnValue:
    current, running = visit(), service()
    given = request.files.get("file")
    result = search_file(
        db.session,
        current.sites(Permission.SEARCH_RECORDS),
        b"" if given is None else given.read(),
        keys=running.keys,
        outside=running.log.witnesses,
    )
    db.session.rollback()
    return _answer(result, "")


def _answer(result: SearchResult, asked: str) -> ResponseReturnValue:
    """Lead on to the proof, or say in words why there is none. Neither names it in the log."""
    visit().note(clue=result.clue.value, found=result.missed is None)
    if result.code is not None:
        return to(url_for("console.records_subject", site=result.site, code=result.code))
    if result.record_id is not None:
        if result.clue.value in ("receipt", "proof"):
            say(f"search.genuine.{result.clue.value}")
        return to(url_for("console.records_proof", site=result.site, record_id=result.record_id))
    return page("search.html", asked=asked, result=result)
