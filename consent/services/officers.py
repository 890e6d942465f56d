"""Add officers for the API, and recognise them by their token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Sequence

from consent.core.ids import uuid7
from consent.core.roles import ALL_SITES, BY_SUBJECT
from consent.errors import AuthenticationError, RuleError
from consent.export.statement import COMMAND_LINE
from consent.store.database import AnySession, write_transaction
from consent.store.officers import (
    Officer,
    find_officer_by_name,
    find_officer_by_token,
    insert_officer,
    list_officers,
    record_action,
)
from consent.store.publications import list_publications

TOKEN_PREFIX = "cnst_"  # noqa: S105 -- lets scanners of leaked secrets recognise a token

_NAME = re.compile(r"\S(?:.{0,118}\S)?")
_SITE = re.compile(r"[a-z][a-z0-9-]{0,31}")

__all__ = [
    "add_officer",
    "authenticate",
    "check_name",
    "check_sites",
    "list_officers",
    "operator",
    "require_sites",
]


def operator(account: str) -> Officer:
    """Return who works on the command line: an account of the machine, with the database in reach.

    The account needs no token and sees every site, since it could read the database as well.
    """
    return Officer(
        id="", name=f"{COMMAND_LINE}{account}", sites=(ALL_SITES,), created_at=0, revoked_at=None
    )


def add_officer(session: AnySession, name: str, sites: Sequence[str], *, by: str, now: int) -> str:
    """Add an officer and return the access token, which is stored nowhere and never shown again.

    Raises RuleError when the name is taken (revoked officers keep theirs: actions name them).
    """
    check_name(name)
    check_sites(sites)
    token = TOKEN_PREFIX + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    officer = Officer(uuid7(now, os.urandom(10)), name, tuple(sites), now, None)
    with write_transaction(session):
        if find_officer_by_name(session, name) is not None:
            raise RuleError(f"there is already an officer named {name!r}")
        insert_officer(session, officer, _token_hash(token))
        record_action(
            session,
            officer=by,
            action="officer:add",
            subject_id=officer.id,
            detail={"name": name, "sites": list(sites)},
            now=now,
        )
    return token


def require_sites(session: AnySession, sites: Sequence[str]) -> None:
    """Raise RuleError, with the sites that there are, unless each of these was ever published."""
    check_sites(sites)
    known = sorted({one.site for one in list_publications(session)})
    session.rollback()
    unknown = [site for site in sites if site != ALL_SITES and site not in known]
    if unknown:
        there_are = f"there are {', '.join(known)}" if known else "none is published yet"
        raise RuleError(f"there is no site {', '.join(map(repr, unknown))}; {there_are}")


def authenticate(session: AnySession, token: str) -> Officer:
    """Return the officer a token belongs to.

    Raises AuthenticationError otherwise, in the same words whether the token is malformed,
    unknown or revoked.
    """
    token_hash = _token_hash(token)
    found = find_officer_by_token(session, token_hash)
    if (
        found is None
        or not hmac.compare_digest(found[1], token_hash)
        or found[0].revoked_at is not None
    ):
        raise AuthenticationError("a valid access token of an officer is needed")
    return found[0]


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check_name(name: str) -> None:
    """Raise RuleError unless somebody may be called so."""
    is_plain = name.isprintable() and _NAME.fullmatch(name)
    if not is_plain or name.startswith(COMMAND_LINE) or name == BY_SUBJECT:
        raise RuleError(
            f"{name!r} cannot be an officer's name: it needs 1 to 120 printable characters, "
            f"no blank at its ends, no {COMMAND_LINE!r} in front, and not to be {BY_SUBJECT!r}"
        )


def check_sites(sites: Sequence[str]) -> None:
    """Raise RuleError unless these may be the sites of somebody; they need not exist."""
    if not sites:
        raise RuleError("an officer needs at least one site")
    if ALL_SITES in sites and len(sites) > 1:
        raise RuleError("an officer of all sites needs no list of sites")
    for site in sites:
        if site != ALL_SITES and not _SITE.fullmatch(site):
            raise RuleError(f"{site!r} is not a site id: small letters, digits and hyphens")
