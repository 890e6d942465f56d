"""What the API takes and gives: strict in, stable out."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate
from werkzeug.exceptions import HTTPException, UnprocessableEntity

from consent.core.ids import is_uuid
from consent.core.model import Control, EventName, Layer, Status, Submission

MAX_TOKEN_LENGTH = 512
MAX_RECEIPT_LENGTH = 2048
MAX_CATEGORIES = 16

_SLUG = validate.Regexp(r"^[a-z][a-z0-9_-]{0,31}$")


class StrictBoolean(fields.Boolean):
    """true or false; 1, "on" and null are not consent."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class CanonicalUUID(fields.String):
    """A UUID in lower case with dashes: one id has one spelling."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "uuid", **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, validate=_check_uuid, **kwargs)


def _check_uuid(value: str) -> None:
    if not is_uuid(value):
        raise ValidationError("Not a UUID in lower case.")


class SubmissionSchema(Schema):
    """One act of a visitor."""

    submission_id = CanonicalUUID(
        required=True, metadata={"description": "Drawn by the browser; a retry sends it again."}
    )
    notice_token = fields.String(
        required=True,
        validate=validate.Length(1, MAX_TOKEN_LENGTH),
        metadata={"description": "Came with the script, the page or the notice."},
    )
    control = fields.String(required=True, validate=validate.OneOf([c.value for c in Control]))
    layer = fields.String(required=True, validate=validate.OneOf([layer.value for layer in Layer]))
    choices = fields.Dict(
        keys=fields.String(),
        values=StrictBoolean(required=True),
        required=True,
        validate=validate.Length(1, MAX_CATEGORIES),
        metadata={
            "description": "An answer for each category of the notice.",
            "minProperties": 1,
            "maxProperties": MAX_CATEGORIES,
        },
    )
    page_group = fields.String(
        validate=_SLUG, metadata={"description": "From the site's configured list; never a URL."}
    )

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> tuple[Submission, str]:
        submission = Submission(
            submission_id=values["submission_id"],
            control=Control(values["control"]),
            layer=Layer(values["layer"]),
            choices=values["choices"],
            page_group=values.get("page_group"),
        )
        return submission, values["notice_token"]


class OpeningSchema(Schema):
    """What opens the log entry: HMAC-SHA-256 of `record` under `salt`."""

    record = fields.String(required=True, metadata={"description": "The record, verbatim."})
    salt = fields.String(required=True, metadata={"description": "64 bytes, base64."})


def _instant(description: str, **kwargs: Any) -> fields.String:
    return fields.String(metadata={"format": "date-time", "description": description}, **kwargs)


class AnswerSchema(Schema):
    """What an act led to."""

    id = fields.String(required=True, allow_none=True, metadata={"format": "uuid"})
    event = fields.String(
        required=True, validate=validate.OneOf([name.value for name in EventName])
    )
    choices = fields.Dict(keys=fields.String(), values=fields.Boolean(), required=True)
    decided_at = _instant("Server time of the act, UTC.", required=True)
    valid_until = _instant("From then on the visitor is asked again.", required=True)
    notice_hash = fields.String(required=True)
    receipt = fields.String(required=True, allow_none=True)
    opening = fields.Nested(OpeningSchema, required=True, allow_none=True)
    proof_url = fields.String(required=True, allow_none=True)
    proof = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "A C2SP tlog-proof, once the record is in the published log."},
    )
    cookie = fields.String(
        metadata={"description": "The signed choice, only where the service has no cookies here."}
    )


class StateSchema(Schema):
    """What holds now for this browser."""

    status = fields.String(required=True, validate=validate.OneOf([s.value for s in Status]))
    choices = fields.Dict(
        keys=fields.String(), values=fields.Boolean(), required=True, allow_none=True
    )
    decided_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "An RFC 3339 instant, or its day where only that is known."},
    )
    valid_until = _instant(
        "From then on the visitor is asked again.", required=True, allow_none=True
    )
    notice_hash = fields.String(required=True, allow_none=True)


class LookSchema(Schema):
    """That an officer of the controller looked at the records, or took a file of them."""

    at = fields.String(required=True)
    by = fields.String(required=True, validate=validate.Equal("officer"))
    what = fields.String(required=True, validate=validate.OneOf(["looked", "taken"]))


class HistorySchema(Schema):
    """Everything recorded under this browser's id, newest first, and when it was looked at."""

    reference_code = fields.String(required=True, allow_none=True)
    events = fields.List(fields.Nested(AnswerSchema), required=True)
    looks = fields.List(fields.Nested(LookSchema), required=True)


class HeldEventSchema(AnswerSchema):
    """One act with all that is held of it."""

    control = fields.String(required=True)
    layer = fields.String(required=True)
    language = fields.String(required=True)
    kept_until = _instant("From then on the record is gone.", required=True)


class SectionSchema(Schema):
    """A part of the cookie policy."""

    id = fields.String(required=True)
    heading = fields.String(required=True)
    paragraphs = fields.List(fields.String(), required=True)
    list = fields.List(fields.String())


class RecipientSchema(Schema):
    """An organisation that received data because a category was allowed."""

    name = fields.String(required=True)
    role = fields.String(required=True)
    country = fields.String(required=True)
    privacy_url = fields.String(required=True, allow_none=True)
    categories = fields.List(fields.String(), required=True)


class HeldSchema(Schema):
    """Everything that is held of one person."""

    v = fields.Integer(required=True)
    made_at = _instant("When this document was made.", required=True)
    site = fields.String(required=True)
    language = fields.String(required=True)
    controller = fields.Dict(keys=fields.String(), required=True)
    about = fields.List(
        fields.Nested(SectionSchema),
        required=True,
        metadata={"description": "Purpose, legal basis, retention, recipients and rights."},
    )
    reference_code = fields.String(required=True, allow_none=True)
    events = fields.List(fields.Nested(HeldEventSchema), required=True)
    recipients = fields.List(fields.Nested(RecipientSchema), required=True)
    looks = fields.List(fields.Nested(LookSchema), required=True)
    notices = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String()),
        required=True,
        metadata={"description": "Every notice that was shown, whole, by its hash."},
    )


class ErasedSchema(Schema):
    """What an erasure led to."""

    erased = fields.Integer(
        required=True,
        metadata={"description": "Records that nobody is shown from now on.", "minimum": 0},
    )
    kept = fields.String(required=True, metadata={"description": "What stays, why and until when."})
    removed_by = _instant("By then the records are gone.", required=True)


class LookupSchema(Schema):
    """A receipt, as it was given."""

    receipt = fields.String(required=True, validate=validate.Length(1, MAX_RECEIPT_LENGTH))


class ProofQuerySchema(Schema):
    """How much of a proof."""

    bare = fields.Integer(
        validate=validate.OneOf([0, 1]),
        metadata={"description": "1 leaves out what opens the entry to its record."},
    )


class NoticeQuerySchema(Schema):
    """Which language."""

    lang = fields.String(validate=validate.Regexp(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"))


class NoticeCategorySchema(Schema):
    """One category to choose about."""

    id = fields.String(required=True)
    label = fields.String(required=True)
    description = fields.String(required=True)
    gpc = fields.Boolean(required=True)


class NoticeSchema(Schema):
    """A notice in one language, with the token that proves it was shown."""

    v = fields.Integer(required=True)
    site = fields.String(required=True)
    notice_hash = fields.String(required=True)
    scope_hash = fields.String(required=True)
    language = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    categories = fields.List(fields.Nested(NoticeCategorySchema), required=True)
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    notice_token = fields.String(required=True)
    config = fields.List(
        fields.Raw(),
        required=True,
        metadata={"description": "What the script works from, in an order of its own."},
    )


class ProblemSchema(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(keys=fields.String())
    incident = fields.String()


def header_error() -> HTTPException:
    """Return what to raise for a withdrawal or erasure whose headers are missing or wrong."""
    error = UnprocessableEntity()
    error.data = {  # type: ignore[attr-defined]
        "messages": {
            "headers": {
                "Submission-Id": ["A UUID in lower case is required."],
                "Notice-Token": ["The token that came with the notice is required."],
            }
        }
    }
    return error
