"""Files for their holder: each with a name that says what it is."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

PROOF_SUFFIX = ".tlog-proof"
RETRY_PROOF_SECONDS = 60


def download(text: str, mimetype: str, name: str) -> Response:
    """Return a file that a browser stores under a name."""
    response = Response(text, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def proof_response(text: str, event_id: str) -> Response:
    """Return a proof as its file (C2SP tlog-proof)."""
    return download(text, "text/plain", f"consent-proof-{event_id}{PROOF_SUFFIX}")


def unsealed_response() -> Response:
    """Return what is said of a record that the published log does not have yet."""
    text = "recorded, and not in the published log yet\n"
    response = Response(text, HTTPStatus.ACCEPTED, mimetype="text/plain")
    response.headers["Retry-After"] = str(RETRY_PROOF_SECONDS)
    return response
