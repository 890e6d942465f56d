"""Come in through the organisation's OpenID provider."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, make_response, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from consent.errors import ProviderError, UninvitedError
from consent.store.database import db
from consent.web.console import guard
from consent.web.console.frame import page
from consent.web.console.routing import Entry, console_route
from consent.web.console.sign_in import change_session, safe_target, sign_in_page
from consent.web.console.visit import give_cookie, visit
from consent.web.context import service

if TYPE_CHECKING:
    from consent.services.provider import Provider

_KEPT_SECONDS = 600

_log = logging.getLogger(__name__)


@console_route("/provider", permission=Entry.EVERYONE)
def provider() -> ResponseReturnValue:
    """Send the browser to the provider, with what it has to bring back.

    That cookie is Lax: the browser comes back from another site. The session's own stays Strict.
    """
    try:
        departure = _provider().depart(
            safe_target(request.args.get("next")), now=service().now_ms()
        )
    except ProviderError as error:
        return _failed(error, "sign_in.provider_failed", HTTPStatus.BAD_GATEWAY)
    response = make_response(redirect(departure.address, HTTPStatus.SEE_OTHER))
    response.set_cookie(
        _cookie_name(),
        departure.kept,
        max_age=_KEPT_SECONDS,
        path="/",
        secure=guard.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@console_route("/provider/back", permission=Entry.EVERYONE)
def provider_back() -> ResponseReturnValue:
    """Let in whom the provider has recognised and somebody has invited.

    The answer is a page that goes on by itself, and no redirect: a browser that follows one from
    another site would not send the Strict cookie it has just got.
    """
    try:
        secret, target = _provider().arrive(
            db.session,
            request.url,
            request.cookies.get(_cookie_name()),
            now=service().now_ms(),
        )
    except UninvitedError as error:
        return _failed(error, "sign_in.uninvited", HTTPStatus.FORBIDDEN)
    except ProviderError as error:
        return _failed(error, "sign_in.provider_failed", HTTPStatus.FORBIDDEN)
    change_session(secret)
    response = make_response(page("provider_back.html", target=safe_target(target)))
    return _forget(give_cookie(response, secret))


def _provider() -> Provider:
    found = service().provider
    if found is None:
        raise NotFound
    return found


def _failed(error: Exception, key: str, status: HTTPStatus) -> Response:
    _log.warning("signing in through the provider failed: %s", error)
    return _forget(make_response(sign_in_page(visit().words(key)), status))


def _forget(response: Response) -> Response:
    response.delete_cookie(
        _cookie_name(), path="/", secure=guard.is_secure(), httponly=True, samesite="Lax"
    )
    return response


def _cookie_name() -> str:
    return "__Host-consent-console-oidc" if guard.is_secure() else "consent-console-oidc"
