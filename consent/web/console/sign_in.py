"""Come in with a password or an invitation, and go out again."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from consent.errors import AuthenticationError, RuleError, TooManyAttemptsError
from consent.services.invitations import accept_with_passkey, invitation_options
from consent.services.one_time_codes import complete_sign_in
from consent.services.passkeys import sign_in_options, sign_in_with_passkey
from consent.services.people import accept_invitation, find_invited
from consent.services.sessions import end_session, find_signed_in
from consent.services.sign_in import LONGEST_PASSWORD, SHORTEST_PASSWORD, sign_in_with_password
from consent.store.database import db
from consent.web.console import guard
from consent.web.console.assets import asset_link
from consent.web.console.frame import page
from consent.web.console.passkeys import party
from consent.web.console.routing import Entry, console_route
from consent.web.console.visit import find_visitor, give_cookie, is_fresh, take_cookie, visit
from consent.web.context import service


@console_route("/sign-in", permission=Entry.EVERYONE)
def sign_in() -> ResponseReturnValue:
    """Show the ways in; to who is in already only where he has to prove it again."""
    asks_again = request.args.get("again") == "1" and not is_fresh()
    if visit().signed_in is not None and not asks_again:
        return to(safe_target(request.args.get("next")))
    return sign_in_page()


@console_route("/sign-in", permission=Entry.EVERYONE, methods=["POST"])
def sign_in_post() -> ResponseReturnValue:
    """Let somebody in whose name and password are right; the session before this one ends."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    try:
        secret = sign_in_with_password(db.session, name, password, now=service().now_ms())
    except TooManyAttemptsError as error:
        return _slow_down(sign_in_page(_wait_text(error)), error)
    except AuthenticationError:
        return sign_in_page(visit().words("sign_in.wrong")), HTTPStatus.FORBIDDEN
    return let_in(secret, request.form.get("next"))


@console_route("/sign-in/passkey", permission=Entry.EVERYONE, methods=["POST"])
def sign_in_passkey() -> ResponseReturnValue:
    """Let somebody in with a passkey, whose device has asked who is there."""
    credential = request.form.get("credential", "")
    try:
        secret = sign_in_with_passkey(db.session, party(), credential, now=service().now_ms())
    except AuthenticationError:
        return sign_in_page(visit().words("sign_in.passkey_unknown")), HTTPStatus.FORBIDDEN
    return let_in(secret, request.form.get("next"))


@console_route("/second-step", permission=Entry.EVERYONE)
def second_step() -> ResponseReturnValue:
    """Ask who has given the right password for a code."""
    if find_visitor(is_complete=False) is None:
        return to(url_for("console.sign_in"))
    return second_step_page()


@console_route("/second-step", permission=Entry.EVERYONE, methods=["POST"])
def second_step_post() -> ResponseReturnValue:
    waiting = find_visitor(is_complete=False)
    if waiting is None:
        return to(url_for("console.sign_in"))
    running = service()
    try:
        secret = complete_sign_in(
            db.session,
            waiting.person,
            request.form.get("code", ""),
            keyring=running.keys.keyring,
            now=running.now_ms(),
        )
    except TooManyAttemptsError as error:
        return _slow_down(second_step_page(_wait_text(error)), error)
    except AuthenticationError:
        return second_step_page(visit().words("sign_in.code_wrong")), HTTPStatus.FORBIDDEN
    return let_in(secret, request.form.get("next"))


@console_route("/sign-out", permission=Entry.SIGNED_IN, methods=["POST"])
def sign_out() -> ResponseReturnValue:
    current = visit()
    end_session(db.session, current.session_key, of=current.person.id)
    return take_cookie(to(url_for("console.sign_in", out="1")))


@console_route("/invitation/<token>", permission=Entry.EVERYONE)
def invitation(token: str) -> ResponseReturnValue:
    return invitation_page(token)


@console_route("/invitation/<token>", permission=Entry.EVERYONE, methods=["POST"])
def invitation_post(token: str) -> ResponseReturnValue:
    """Give the invited person the password that was typed twice, and let him in."""
    password = request.form.get("password", "")
    words = visit().words
    if password != request.form.get("again", ""):
        return invitation_page(token, words("invitation.different")), HTTPStatus.BAD_REQUEST
    try:
        secret = accept_invitation(db.session, token, password, now=service().now_ms())
    except RuleError:
        return invitation_page(token, unfit_password_text()), HTTPStatus.BAD_REQUEST
    return let_in(secret, None)


@console_route("/invitation/<token>/passkey", permission=Entry.EVERYONE, methods=["POST"])
def invitation_passkey(token: str) -> ResponseReturnValue:
    """Give the invited person the passkey that his browser has made, and let him in."""
    words, now = visit().words, service().now_ms()
    credential, name = request.form.get("credential", ""), words("passkeys.first_name")
    try:
        secret = accept_with_passkey(db.session, party(), token, credential, name, now=now)
    except RuleError:
        return invitation_page(token, words("invitation.passkey_unfit")), HTTPStatus.BAD_REQUEST
    return let_in(secret, None)


def sign_in_page(fault: str | None = None) -> str:
    running = service()
    return page(
        "sign_in.html",
        fault=fault,
        name=request.form.get("name", ""),
        target=request.values.get("next", ""),
        has_gone=request.args.get("out") == "1",
        asks_again=request.args.get("again") == "1",
        provider=None if running.provider is None else running.provider.name,
        passkey_options=sign_in_options(party(), running.now_ms()),
        passkey_script=asset_link("console-passkey.js"),
    )


def second_step_page(fault: str | None = None) -> str:
    return page("second_step.html", fault=fault, target=request.values.get("next", ""))


def invitation_page(token: str, fault: str | None = None) -> str:
    running = service()
    now = running.now_ms()
    invited = find_invited(db.session, token, now=now)
    return page(
        "invitation.html",
        invited=invited,
        provider=None if running.provider is None else running.provider.name,
        passkey_options=invitation_options(db.session, party(), token, now=now),
        passkey_script=asset_link("console-passkey.js"),
        token=token,
        fault=fault,
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
    )


def unfit_password_text() -> str:
    return visit().words("invitation.unfit", shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)


def let_in(secret: str, target: str | None) -> Response:
    """Give the browser its new session, and send it on."""
    is_in = change_session(secret)
    if is_in:
        return give_cookie(to(safe_target(target)), secret)
    return give_cookie(to(url_for("console.second_step", next=target or None)), secret)


def change_session(secret: str) -> bool:
    """End the session the browser came with, so that no id outlives a sign-in.

    Says whether the new one is complete.
    """
    before = find_visitor() or find_visitor(is_complete=False)
    if before is not None:
        end_session(db.session, before.session.key, of=before.person.id)
    return find_signed_in(db.session, secret, service().now_ms()) is not None


def to(address: str) -> Response:
    """Answer a form: go on to this page."""
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


def safe_target(target: str | None) -> str:
    """Return a path of the console to go on to; anything else leads to the first page."""
    mounted = f"{request.script_root}{guard.PREFIX}/"
    if target is None or not target.startswith((mounted, f"{guard.PREFIX}/")):
        return url_for("console.overview")
    if "//" in target or "\\" in target or not target.isprintable():
        return url_for("console.overview")
    return request.script_root + target.removeprefix(request.script_root)


def _wait_text(error: TooManyAttemptsError) -> str:
    return visit().words.count("sign_in.too_many", error.wait_seconds // 60 + 1)


def _slow_down(body: str, error: TooManyAttemptsError) -> Response:
    response = make_response(body, HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(error.wait_seconds)
    return response
