"""Set the two cookies exactly as the design tables them, and nothing else."""

from __future__ import annotations

from flask import Response, request

from consent.core.deployment import Deployment
from consent.services.answering import Recorded
from consent.services.erasing import Erased


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


def apply_erasure(response: Response, deployment: Deployment, erased: Erased, now: int) -> Response:
    """Add the cookies of the withdrawal, if there was one, and delete the id in any case."""
    if erased.withdrawal is not None:
        return apply_cookies(response, deployment, erased.withdrawal, now)
    if erased.forgets_answer:
        _set(response, deployment, deployment.answer_cookie, "", 0)
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
    if deployment.cookie_domain is not None and len(request.cookies.getlist(name)) > 1:
        # The other is of this host alone, from before the hosts shared a choice.
        response.set_cookie(name, "", max_age=0, path="/", secure=deployment.is_secure)
