"""What belongs to the person who is signed in: language, ways to sign in, sessions."""

from __future__ import annotations

from http import HTTPStatus

import segno
from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from consent.errors import AuthenticationError, RuleError
from consent.services import one_time_codes
from consent.services.passkeys import (
    LONGEST_NAME,
    add_passkey,
    is_last_way_in,
    registration_options,
    remove_passkey,
)
from consent.services.sessions import end_session, end_sessions, list_live_sessions
from consent.services.sign_in import LONGEST_PASSWORD, SHORTEST_PASSWORD, change_password
from consent.store.database import db, write_transaction
from consent.store.passkeys import list_passkeys
from consent.store.people import count_recovery_codes, set_language
from consent.web.console.account_acts import NEWEST_ROWS, own_acts
from consent.web.console.assets import asset_link
from consent.web.console.frame import page
from consent.web.console.passkeys import party
from consent.web.console.routing import Entry, console_route
from consent.web.console.sign_in import to, unfit_password_text
from consent.web.console.visit import is_fresh, say, visit
from consent.web.console.words import LANGUAGES
from consent.web.context import service

QR_PIXELS = 5


@console_route("/account", permission=Entry.SIGNED_IN)
def account() -> ResponseReturnValue:
    return account_page()


@console_route("/account/language", permission=Entry.SIGNED_IN, methods=["POST"])
def account_language() -> ResponseReturnValue:
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise BadRequest
    with write_transaction(db.session):
        set_language(db.session, visit().person.id, language)
    say("account.language_saved")
    return _to_account()


@console_route("/account/password", permission=Entry.SIGNED_IN, methods=["POST"])
def account_password() -> ResponseReturnValue:
    """Change the password; who knows it elsewhere is signed out."""
    if not is_fresh():
        return sign_in_again()
    current, words = visit(), visit().words
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return account_page(password_fault=words("invitation.different")), HTTPStatus.BAD_REQUEST
    try:
        change_password(
            db.session, current.person, request.form.get("current", ""), new, now=service().now_ms()
        )
    except AuthenticationError:
        fault = words("account.password_wrong")
        return account_page(password_fault=fault), HTTPStatus.FORBIDDEN
    except RuleError:
        return account_page(password_fault=unfit_password_text()), HTTPStatus.BAD_REQUEST
    end_sessions(db.session, current.person.id, but=current.session_key)
    say("account.password_saved" if current.person.has_password else "account.password_added")
    return _to_account()


@console_route("/account/codes", permission=Entry.SIGNED_IN)
def account_codes() -> ResponseReturnValue:
    """Show what an authenticator app scans, and ask for the first code."""
    if not is_fresh():
        return sign_in_again()
    return codes_page(one_time_codes.new_totp_secret())


@console_route("/account/codes", permission=Entry.SIGNED_IN, methods=["POST"])
def account_codes_post() -> ResponseReturnValue:
    """Turn the codes on, and show the recovery codes: this once, so without a redirect."""
    if not is_fresh():
        return sign_in_again()
    secret = request.form.get("secret", "")
    running = service()
    try:
        codes = one_time_codes.turn_on(
            db.session,
            visit().person,
            secret,
            request.form.get("code", ""),
            keyring=running.keys.keyring,
            now=running.now_ms(),
        )
    except RuleError:
        if not one_time_codes.is_totp_secret(secret):
            raise BadRequest from None
        return codes_page(secret, visit().words("codes.wrong")), HTTPStatus.BAD_REQUEST
    return page("recovery_codes.html", codes=codes)


@console_route("/account/codes/off", permission=Entry.SIGNED_IN, methods=["POST"])
def account_codes_off() -> ResponseReturnValue:
    if not is_fresh():
        return sign_in_again()
    one_time_codes.turn_off(db.session, visit().person, now=service().now_ms())
    say("codes.are_off")
    return _to_account()


@console_route("/account/passkeys/new", permission=Entry.SIGNED_IN)
def account_passkey() -> ResponseReturnValue:
    if not is_fresh():
        return sign_in_again()
    return passkey_page()


@console_route("/account/passkeys/new", permission=Entry.SIGNED_IN, methods=["POST"])
def account_passkey_post() -> ResponseReturnValue:
    if not is_fresh():
        return sign_in_again()
    credential, name = request.form.get("credential", ""), request.form.get("name", "")
    now = service().now_ms()
    try:
        add_passkey(db.session, party(), visit().person, credential, name, now=now)
    except RuleError:
        return passkey_page(visit().words("passkeys.unfit")), HTTPStatus.BAD_REQUEST
    say("passkeys.added")
    return _to_account()


@console_route("/account/passkeys/remove", permission=Entry.SIGNED_IN, methods=["POST"])
def account_passkey_remove() -> ResponseReturnValue:
    if not is_fresh():
        return sign_in_again()
    passkey = request.form.get("passkey", "")
    running = service()
    has_provider = running.provider is not None
    try:
        remove_passkey(
            db.session, visit().person, passkey, has_provider=has_provider, now=running.now_ms()
        )
    except RuleError:
        fault = visit().words("passkeys.last")
        return account_page(passkey_fault=fault), HTTPStatus.CONFLICT
    say("passkeys.removed")
    return _to_account()


@console_route("/account/sessions/end", permission=Entry.SIGNED_IN, methods=["POST"])
def account_session_end() -> ResponseReturnValue:
    """End one session of one's own, or without a name all but this one."""
    current = visit()
    key = request.form.get("session", "")
    if key:
        end_session(db.session, key, of=current.person.id)
    else:
        end_sessions(db.session, current.person.id, but=current.session_key)
    say("account.session_ended")
    return _to_account()


def sign_in_again() -> Response:
    """Ask who sits there before the ways to sign in are changed, as a lost session could be."""
    target = url_for("console.account")
    return to(url_for("console.sign_in", next=target, again="1"))


def account_page(password_fault: str | None = None, passkey_fault: str | None = None) -> str:
    current, running = visit(), service()
    person, now = current.person, running.now_ms()
    passkeys, has_provider = list_passkeys(db.session, person.id), running.provider is not None
    return page(
        "account.html",
        sessions=list_live_sessions(db.session, person.id, now),
        own_session=current.session_key,
        passkeys=passkeys,
        needs_passkey=is_last_way_in(person, len(passkeys), has_provider=has_provider),
        passkey_fault=passkey_fault,
        recovery_codes=count_recovery_codes(db.session, person.id),
        password_fault=password_fault,
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
        own_acts=own_acts(rows=NEWEST_ROWS),
    )


def codes_page(secret: str, fault: str | None = None) -> str:
    name = visit().person.name
    address = one_time_codes.provisioning_uri(secret, name, party().id)
    return page(
        "codes.html",
        secret=secret,
        fault=fault,
        picture=segno.make(address, micro=False).svg_inline(
            scale=QR_PIXELS, border=4, dark="#000", light="#fff", omitsize=True
        ),
    )


def passkey_page(fault: str | None = None) -> str:
    person, now = visit().person, service().now_ms()
    return page(
        "passkey.html",
        fault=fault,
        options=registration_options(db.session, party(), person, now),
        longest=LONGEST_NAME,
        passkey_script=asset_link("console-passkey.js"),
    )


def _to_account() -> Response:
    return to(url_for("console.account"))
