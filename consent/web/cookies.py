"""Set the two cookies exactly as the design tables them, and nothing else."""

from __future__ import annotations

from flask import Response

from consent.core.deployment import Deployment
from consent.services.answering import Recorded


def apply_cookies(
    response: Response, deployment: Deployment, recorded: Recorded, now: int
) -> Response:
    """Add the cookies an act leads to; `Max-Age` is what is left of the choice's own lifetime."""
    if not deployment.sets_cookies:
        return response
    seconds_left = max(0, (recorded.valid_until - now) // 1000)
    if recorded.answer_cookie is not None:
        _set(response, deployment, deployment.answer_cookie, recorded.answer_cookie, seconds_left)
    if recorded.identity_cookie:
        _set(
            response,
            deployment,
            deployment.identity_cookie,
            recorded.identity_cookie,
            seconds_left,
            http_only=True,
        )
    elif recorded.identity_cookie is not None:
        _set(response, deployment, deployment.identity_cookie, "", 0, http_only=True)
    return response


def _set(
    response: Response,
    deployment: Deployment,
    name: str,
    value: str,
    max_age: int,
    *,
    http_only: bool = False,
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        domain=deployment.cookie_domain,
        secure=deployment.is_secure,
        httponly=http_only,
        samesite="Lax",
    )
