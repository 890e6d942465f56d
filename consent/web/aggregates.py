"""The officers' report: how often the banner was shown, and what was answered, in totals."""

from __future__ import annotations

from typing import Any

from flask import Response, g, jsonify
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, fields, validate

from consent.core.aggregates import Step, period_of
from consent.export.aggregates import CSV, JSON, report_csv, report_json
from consent.services.aggregating import make_report
from consent.store.database import db
from consent.web.audit import SECURITY_SCHEME, OfficersBlueprint, signed_in_officer
from consent.web.context import service
from consent.web.schemas import ProblemSchema

blueprint = OfficersBlueprint(
    "aggregates", __name__, url_prefix="/api/v1/audit", description="Totals for officers."
)

_DAY = validate.Regexp(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", error="Not a day (2026-03-01).")
_PROBLEM = {"schema": ProblemSchema, "content_type": "application/problem+json"}
_COUNT = {
    "type": ["integer", "string"],
    "description": "A number; or `<5`, `>=12` or `untold` where a small count is kept out.",
}
_COUNTS = {"type": "object", "additionalProperties": _COUNT}


class ReportQuerySchema(Schema):
    """Which site and days, and in what form."""

    site = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9-]{0,31}\Z"))
    from_ = fields.String(
        data_key="from",
        load_default=None,
        validate=_DAY,
        metadata={"format": "date", "description": "First day, UTC; else 30 days or 12 months."},
    )
    to = fields.String(
        load_default=None,
        validate=_DAY,
        metadata={"format": "date", "description": "First day that is no longer part of it."},
    )
    by = fields.String(
        load_default=Step.DAY.value, validate=validate.OneOf([step.value for step in Step])
    )
    format = fields.String(load_default=JSON, validate=validate.OneOf([JSON, CSV]))


class ReportRowSchema(Schema):
    """One day or month of one notice in one language."""

    period = fields.String(required=True, metadata={"description": "2026-03-01, or 2026-03."})
    notice = fields.String(required=True, metadata={"description": "Hash of what was shown."})
    language = fields.String(required=True)
    displays = fields.Raw(required=True, metadata=_COUNT)
    ignored = fields.Raw(required=True, metadata=_COUNT)
    accepted = fields.Raw(required=True, metadata=_COUNT)
    partly = fields.Raw(required=True, metadata=_COUNT)
    refused = fields.Raw(required=True, metadata=_COUNT)
    withdrawn = fields.Raw(required=True, metadata=_COUNT)
    embeds = fields.Raw(required=True, metadata=_COUNT)
    granted = fields.Raw(required=True, metadata=_COUNTS)


class AggregateReportSchema(Schema):
    """Totals of a site; small counts are kept out."""

    site = fields.String(required=True)
    from_ = fields.String(required=True, data_key="from", metadata={"format": "date"})
    to = fields.String(required=True, metadata={"format": "date"})
    by = fields.String(required=True, validate=validate.OneOf([step.value for step in Step]))
    minimum = fields.Integer(required=True)
    rows = fields.List(fields.Nested(ReportRowSchema), required=True)
    totals = fields.Raw(required=True, metadata={"type": "object"})


@blueprint.before_request
def require_officer() -> None:
    """Ask who it is before anything else, so that strangers learn nothing from answers."""
    g.officer = signed_in_officer()


@blueprint.get("/report")
@blueprint.doc(security=[{SECURITY_SCHEME: []}])
@blueprint.arguments(ReportQuerySchema, location="query", unknown=RAISE)
@blueprint.response(200, AggregateReportSchema)
@blueprint.alt_response(200, schema={"type": "string"}, content_type="text/csv", success=True)
@blueprint.alt_response(401, **_PROBLEM)
@blueprint.alt_response(403, **_PROBLEM)
@blueprint.alt_response(422, **_PROBLEM)
@blueprint.alt_response(503, **_PROBLEM)
def aggregate_report(asked: dict[str, Any]) -> ResponseReturnValue:
    """Report displays and answers per day or month, notice and language.

    Only days and months that are over are in it, and no count below the operator's minimum.
    """
    running = service()
    now = running.now_ms()
    period = period_of(asked["from_"], asked["to"], Step(asked["by"]), now=now)
    report = make_report(
        db.session,
        asked["site"],
        period,
        officer=g.officer,
        minimum=running.report_minimum,
        now=now,
    )
    if asked["format"] == CSV:
        response = Response(report_csv(report), content_type="text/csv; charset=utf-8")
        name = f"consent-{report.site}-{period.from_}-{period.to}-{period.step}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    else:
        response = jsonify(report_json(report))
    response.headers["Cache-Control"] = "no-store"
    return response
