"""Take what the script tells when it shows the banner: which notice, and nothing about to whom."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request
from flask.typing import ResponseReturnValue

from consent.services.displays import count_display
from consent.store.database import db
from consent.web import schemas
from consent.web.context import live_site, service
from consent.web.limits import limit_displays
from consent.web.origins import require_own_origin
from consent.web.parsing import StrictBlueprint

blueprint = StrictBlueprint(
    "displays",
    __name__,
    url_prefix="/api/v1/sites/<site_id>",
    description="Count how often the banner is shown.",
)

_PROBLEM = {"schema": schemas.ProblemSchema, "content_type": "application/problem+json"}
_BODY = {
    "requestBody": {
        "required": True,
        "description": "The notice token that came with the script.",
        "content": {
            "text/plain": {
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": schemas.MAX_TOKEN_LENGTH,
                }
            }
        },
    }
}


@blueprint.post("/displays")
@blueprint.doc(**_BODY)
@blueprint.response(HTTPStatus.NO_CONTENT)
@blueprint.alt_response(403, **_PROBLEM)
@blueprint.alt_response(404, **_PROBLEM)
@blueprint.alt_response(413, **_PROBLEM)
@blueprint.alt_response(429, **_PROBLEM)
@limit_displays
def displays(site_id: str) -> ResponseReturnValue:
    """Count one display of the banner, by day, notice and language.

    Plain text, so that a page on another domain needs no request before it. Crawlers, told by
    what they call themselves, get the same answer and are not counted.
    """
    site = live_site(site_id)
    require_own_origin(site)
    request.max_content_length = schemas.MAX_TOKEN_LENGTH
    token = request.get_data(cache=False).decode("ascii", "replace")
    running = service()
    count_display(
        db.session,
        site,
        token,
        request.headers.get("User-Agent", ""),
        counts=running.displays,
        keys=running.keys,
        now=running.now_ms(),
    )
    return Response(status=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})
