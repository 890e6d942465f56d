"""The Content-Security-Policy of a site for whoever sends it, and what browsers report of it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnsupportedMediaType

from consent.core.policy_reports import REPORT_URI, REPORTING_API
from consent.services.content_policies import document_of, record_reports
from consent.store.database import db
from consent.web import schemas
from consent.web.context import live_site, service
from consent.web.limits import limit_reports
from consent.web.parsing import StrictBlueprint

MAX_REPORT_BYTES = 128 * 1024  # browsers gather reports, and each repeats the whole policy

blueprint = StrictBlueprint(
    "content-policy",
    __name__,
    url_prefix="/api/v1/sites/<site_id>",
    description="The site's Content-Security-Policy by choice, and reports of what it kept out.",
)

_PROBLEM = {"schema": schemas.ProblemSchema, "content_type": "application/problem+json"}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_DOCUMENT = {
    "type": "object",
    "properties": {
        "v": {"type": "integer"},
        "site": {"type": "string"},
        "cookie": {"type": "string"},
        "scope": {"type": "string"},
        "earlier": {"type": "object"},
        "categories": {"type": "array", "items": {"type": "string"}},
        "enforce": _TEXTS,
        "report_only": _TEXTS,
        "endpoints": _TEXTS,
    },
}
_REPORTS = {
    "requestBody": {
        "required": True,
        "content": {
            REPORTING_API: {"schema": {"type": "array", "items": {"type": "object"}}},
            REPORT_URI: {"schema": {"type": "object"}},
        },
    }
}


@blueprint.get("/content-policy")
@blueprint.response(HTTPStatus.OK, _DOCUMENT)
@blueprint.alt_response(404, **_PROBLEM)
@blueprint.alt_response(422, **_PROBLEM)
def content_policy(site_id: str) -> ResponseReturnValue:
    """Give the policy for each choice; the same for everyone."""
    response = jsonify(document_of(live_site(site_id)))
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.post("/policy-reports")
@blueprint.doc(**_REPORTS)
@blueprint.response(HTTPStatus.NO_CONTENT)
@blueprint.alt_response(404, **_PROBLEM)
@blueprint.alt_response(413, **_PROBLEM)
@blueprint.alt_response(415, **_PROBLEM)
@blueprint.alt_response(422, **_PROBLEM)
@blueprint.alt_response(429, **_PROBLEM)
@blueprint.alt_response(503, **_PROBLEM)
@limit_reports
def policy_reports(site_id: str) -> ResponseReturnValue:
    """Count what browsers kept out, by host and day; nothing about who met it is kept."""
    site = live_site(site_id)
    request.max_content_length = MAX_REPORT_BYTES
    if request.mimetype not in (REPORTING_API, REPORT_URI):
        raise UnsupportedMediaType(f"send reports as {REPORTING_API} or {REPORT_URI}")
    body = request.get_data(cache=False)
    record_reports(db.session, site, body, request.mimetype, now=service().now_ms())
    return Response(status=HTTPStatus.NO_CONTENT)
