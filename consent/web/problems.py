"""Errors as answers: one table from exception to status, as problem+json or as a readable page.

RFC 9457. What is unexpected gets an id and nothing else; the log has the id.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, json, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from consent import errors

RETRY_AFTER_SECONDS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure as it is told: `slug` names the kind and never changes."""

    status: int
    slug: str
    title: str
    detail: str
    extra: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "type": f"urn:consent:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


_KINDS: tuple[tuple[type[errors.ConsentError], HTTPStatus, str, str], ...] = (
    (errors.UnknownCategoryError, HTTPStatus.UNPROCESSABLE_ENTITY, "unknown-category",
     "Unknown category"),
    (errors.IncompleteChoicesError, HTTPStatus.UNPROCESSABLE_ENTITY, "incomplete-choices",
     "A category has no answer"),
    (errors.ContradictoryControlError, HTTPStatus.UNPROCESSABLE_ENTITY, "contradictory-control",
     "Control and choices disagree"),
    (errors.UnknownPageGroupError, HTTPStatus.UNPROCESSABLE_ENTITY, "unknown-page-group",
     "Unknown page group"),
    (errors.NoticeSupersededError, HTTPStatus.CONFLICT, "notice-superseded",
     "The notice has changed"),
    (errors.SubmissionConflictError, HTTPStatus.CONFLICT, "submission-conflict",
     "The submission id is taken"),
    (errors.RuleError, HTTPStatus.UNPROCESSABLE_ENTITY, "rule-broken", "Not possible"),
    (errors.NoticeTokenError, HTTPStatus.FORBIDDEN, "notice-token-invalid",
     "No valid proof of the notice shown"),
    (errors.TokenError, HTTPStatus.FORBIDDEN, "token-invalid", "Not a valid signed value"),
    (errors.NotFoundError, HTTPStatus.NOT_FOUND, "not-found", "Not found"),
    (errors.NotPermittedError, HTTPStatus.FORBIDDEN, "not-permitted", "Not permitted"),
    (errors.AuthenticationError, HTTPStatus.UNAUTHORIZED, "authentication-failed",
     "Not signed in"),
    (errors.StoreUnavailableError, HTTPStatus.SERVICE_UNAVAILABLE, "try-again",
     "Not possible right now"),
)  # fmt: skip


def problem_of(error: Exception) -> Problem:
    """Return what to tell about an error, without anything that is not the caller's business."""
    for kind, status, slug, title in _KINDS:
        if isinstance(error, kind):
            return Problem(status, slug, title, str(error), {})
    if isinstance(error, HTTPException) and error.code is not None:
        return _http_problem(error, error.code)
    if _is_out_of_reach(error):
        return problem_of(errors.StoreUnavailableError("the database cannot be read now"))
    incident = secrets.token_hex(6)
    _log.exception("unexpected error, incident %s", incident)
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "Something went wrong on our side",
        f"Nothing was changed. Mention incident {incident} when you report this.",
        {"incident": incident},
    )


def _is_out_of_reach(error: Exception) -> bool:
    """Say whether the database cannot be read now, rather than not in the way it was asked."""
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"
    return isinstance(error, PoolTimeoutError)


def problem_response(problem: Problem, error: Exception) -> Response:
    """Return the answer of an API to an error."""
    response = Response(
        json.dumps(problem.as_json()), problem.status, mimetype="application/problem+json"
    )
    return add_headers(response, problem, error)


def add_headers(response: Response, problem: Problem, error: Exception) -> Response:
    """Keep the headers an HTTP error must carry: Allow, Retry-After, WWW-Authenticate."""
    if isinstance(error, HTTPException):
        for name, value in error.get_headers(request.environ):
            if name.lower() not in ("content-type", "content-length"):
                response.headers.setdefault(name, value)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers.setdefault("WWW-Authenticate", 'Bearer realm="consent"')
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        response.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    response.headers["Cache-Control"] = "no-store"
    return response


def _http_problem(error: HTTPException, status: int) -> Problem:
    title = HTTPStatus(status).phrase
    slug = title.lower().replace(" ", "-").replace("'", "")
    detail = error.description or title
    found: dict[str, Any] = getattr(error, "data", None) or {}
    messages = found.get("messages")
    if messages:
        return Problem(
            status, slug, title, "The request is not as documented.", {"errors": messages}
        )
    return Problem(status, slug, title, detail, {})
