"""The officers' API: stream an export or an evidence pack, and say what became of it."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)
from sqlalchemy.orm import Session

from consent.core.ids import is_uuid
from consent.core.model import EventName
from consent.core.times import day_of, parse_rfc3339, rfc3339
from consent.errors import AuthenticationError, NotFoundError
from consent.export import EVIDENCE, FORMATS, FORMS
from consent.services.evidence import EvidencePack
from consent.services.exporting import (
    Asked,
    Export,
    ExportReport,
    ExportState,
    ExportStream,
    filter_record,
    find_export,
    start_export,
)
from consent.services.officers import authenticate
from consent.store.database import db
from consent.store.events import EventFilter
from consent.store.officers import Officer
from consent.web.context import service
from consent.web.schemas import ProblemSchema

SECURITY_SCHEME = "officer"
MAX_SITES = 100
MAX_REASON = 500


class OfficersBlueprint(Blueprint):  # type: ignore[misc]
    """A blueprint whose routes all need an officer's access token, and say so in the document."""

    def register_views_in_doc(self, api: Any, app: Any, spec: Any, **names: Any) -> None:
        if SECURITY_SCHEME not in spec.components.security_schemes:
            spec.components.security_scheme(SECURITY_SCHEME, {"type": "http", "scheme": "bearer"})
        super().register_views_in_doc(api, app, spec, **names)


blp = OfficersBlueprint(
    "audit", __name__, url_prefix="/api/v1/audit", description="Evidence for officers."
)


class Instant(fields.Field[int]):
    """An RFC 3339 instant, or a day for its midnight UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ARG002
        try:
            return parse_rfc3339(value)
        except ValueError as error:
            raise ValidationError(
                "Not a day (2026-03-01) or an instant with its offset (2026-03-01T12:00:00Z)."
            ) from error


class FilterSchema(Schema):
    """Which events."""

    site = fields.List(
        fields.String(validate=validate.Regexp(r"^[a-z][a-z0-9-]{0,31}\Z")),
        validate=validate.Length(1, MAX_SITES),
        metadata={"description": "May be repeated; without it, all sites of the officer."},
    )
    from_ = Instant(
        data_key="from",
        metadata={"type": "string", "description": "First instant; a day means its midnight, UTC."},
    )
    to = Instant(
        metadata={
            "type": "string",
            "description": "First instant that is no longer part of the period, as in [from, to).",
        }
    )
    event = fields.String(validate=validate.OneOf([name.value for name in EventName]))
    category = fields.String(
        validate=validate.Regexp(r"^[a-z][a-z0-9]{0,23}\Z"),
        metadata={"description": "Only events in which this category was granted."},
    )
    language = fields.String(validate=validate.Regexp(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*\Z"))
    notice = fields.String(
        validate=validate.Regexp(r"^[0-9a-f]{64}\Z"),
        metadata={"description": "Hash of the notice that was shown."},
    )
    provider = fields.String(
        validate=validate.Regexp(r"^[a-z][a-z0-9-]{0,31}\Z"),
        metadata={
            "description": "Only what was allowed for this recipient, and nothing of others."
        },
    )

    @validates_schema
    def _check_period(self, values: dict[str, Any], **_: Any) -> None:
        if "from_" in values and "to" in values and values["from_"] >= values["to"]:
            raise ValidationError("The period [from, to) is empty.", "to")

    def filter_of(self, values: dict[str, Any]) -> EventFilter:
        """Return the filter in values that hold nothing else any more."""
        sites = values.pop("site", None)
        event = values.pop("event", None)
        return EventFilter(
            sites=None if sites is None else tuple(dict.fromkeys(sites)),
            event=None if event is None else EventName(event),
            **values,
        )


class ExportQuerySchema(FilterSchema):
    """Which events, and how they are written."""

    format = fields.String(load_default="csv", validate=validate.OneOf(list(FORMATS)))

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Asked:
        format_name = values.pop("format")
        return Asked(self.filter_of(values), format_name)


class EvidenceQuerySchema(FilterSchema):
    """Which events, and why they are needed as they are stored, if they are."""

    reason = fields.String(
        validate=[
            validate.Length(max=MAX_REASON),
            validate.Regexp(r"\S", error="A reason has to be named."),
        ],
        metadata={
            "description": "Recorded. With it, pseudonyms are those that are stored, and the "
            "records themselves are in the archive; without it pseudonyms are keyed anew."
        },
    )

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Asked:
        reason = values.pop("reason", None)
        return Asked(self.filter_of(values), EVIDENCE, reason)


class ExportReportSchema(Schema):
    """What is known of an export."""

    id = fields.String(required=True, metadata={"format": "uuid"})
    status = fields.String(
        required=True, validate=validate.OneOf([state.value for state in ExportState])
    )
    format = fields.String(required=True, validate=validate.OneOf(list(FORMS)))
    filter = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "As it was applied."}
    )
    rows = fields.Integer(required=True, allow_none=True)
    size = fields.Integer(
        required=True, allow_none=True, metadata={"description": "In bytes, of the whole export."}
    )
    sha256 = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of the whole export; null until it is finished."},
    )
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    finished_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


_PROBLEM = {"schema": ProblemSchema, "content_type": "application/problem+json"}
_TEXT = {"type": "string", "format": "binary"}
_LINK = {"description": "Where row count and SHA-256 are found afterwards.", "schema": _TEXT}


@blp.before_request
def require_officer() -> None:
    """Ask who it is before anything else, so that strangers learn nothing from answers."""
    g.officer = signed_in_officer()


@blp.get("/export")
@blp.doc(security=[{SECURITY_SCHEME: []}])
@blp.arguments(ExportQuerySchema, location="query", unknown=RAISE)
@blp.response(
    200,
    _TEXT,
    content_type="text/csv",
    description="The events, as a stream.",
    headers={"Link": _LINK},
)
@blp.alt_response(200, schema=_TEXT, content_type="application/jsonl", success=True)
@blp.alt_response(401, **_PROBLEM)
@blp.alt_response(403, **_PROBLEM)
@blp.alt_response(422, **_PROBLEM)
@blp.alt_response(503, **_PROBLEM)
def stream_export(asked: Asked) -> ResponseReturnValue:
    """Export events as a stream, in order of time.

    Pseudonyms are keyed anew for each export, so that two exports cannot be joined by person.
    """
    clock = service().now_ms
    export = start_export(db.session, asked, officer=g.officer, now=clock())
    stream = ExportStream(Session(db.engine), export, clock)
    return _download(stream, export, FORMATS[asked.format_name].media_type)


@blp.get("/evidence")
@blp.doc(security=[{SECURITY_SCHEME: []}])
@blp.arguments(EvidenceQuerySchema, location="query", unknown=RAISE)
@blp.response(
    200,
    _TEXT,
    content_type="application/zip",
    description="The archive, as a stream.",
    headers={"Link": _LINK},
)
@blp.alt_response(401, **_PROBLEM)
@blp.alt_response(403, **_PROBLEM)
@blp.alt_response(422, **_PROBLEM)
@blp.alt_response(503, **_PROBLEM)
def stream_evidence(asked: Asked) -> ResponseReturnValue:
    """Export events with all that proves them, as one ZIP archive.

    It has the rows in every form, the notices, policies and scripts they refer to, the log, a
    program that checks it, a statement for an authority, and a signed manifest.
    """
    running = service()
    export = start_export(db.session, asked, officer=g.officer, now=running.now_ms())
    session = Session(db.engine)
    pack = EvidencePack(session, export, running.keys, outside=running.log.witnesses)
    stream = ExportStream(session, export, running.now_ms, pack)
    return _download(stream, export, "application/zip")


def _download(stream: ExportStream, export: Export, media_type: str) -> Response:
    response = Response(stream, content_type=media_type)
    report = url_for("audit.show_export", export_id=export.id)
    response.headers["Link"] = f'<{report}>; rel="describedby"'
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(export.asked)}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blp.get("/exports/<export_id>")
@blp.doc(security=[{SECURITY_SCHEME: []}])
@blp.response(200, ExportReportSchema)
@blp.alt_response(401, **_PROBLEM)
@blp.alt_response(404, **_PROBLEM)
def show_export(export_id: str) -> ResponseReturnValue:
    """Say what became of an export: its rows and SHA-256 when it is finished."""
    if not is_uuid(export_id):
        raise NotFoundError("there is no such export")
    now = service().now_ms()
    report = find_export(db.session, export_id, officer=g.officer, now=now)
    return report_body(report), {"Cache-Control": "no-store"}


def signed_in_officer() -> Officer:
    """Return the officer whose token the request carries; raise AuthenticationError otherwise."""
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise AuthenticationError("a valid access token of an officer is needed")
    return authenticate(db.session, given.token)


def file_name(asked: Asked, number: str | None = None) -> str:
    """Return a name for the file that says what is in it; `number` tells one from its like."""
    wanted = asked.wanted
    sites = wanted.sites if wanted.sites is not None else ("all",)
    parts = ["consent", sites[0] if len(sites) == 1 else f"{len(sites)}-sites"]
    parts += [day_of(instant) for instant in (wanted.from_, wanted.to) if instant is not None]
    parts += [] if number is None else [number]
    separator = "-" if asked.format_name == EVIDENCE else "."
    return f"{'-'.join(parts)}{separator}{FORMS[asked.format_name].ending}"


def report_body(report: ExportReport) -> dict[str, Any]:
    finished = report.state is ExportState.FINISHED and report.ended_at is not None
    return {
        "id": report.id,
        "status": report.state.value,
        "format": report.format_name,
        "filter": filter_record(report.wanted),
        "rows": report.rows,
        "size": report.size,
        "sha256": report.sha256,
        "created_at": rfc3339(report.created_at),
        "finished_at": rfc3339(report.ended_at) if finished and report.ended_at else None,
    }
