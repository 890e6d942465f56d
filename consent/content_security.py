"""The Content-Security-Policy header for a site's own Python application, without a framework.

It works from the document that `consent csp <site> --json` prints, and needs no network and no
database. Reading the choice cookie without keys is safe here: who forges one fools only the own
browser, which then contacts what its owner wrote. With keys, only answers we signed count.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from consent.audit.signed import Keyring
from consent.audit.tokens import open_answer
from consent.core.answer import Answer, parse_answer
from consent.core.content_policy import ENFORCING, NONCE_PLACE, REPORT_ONLY, require_nonce
from consent.core.content_policy_document import without_nonce
from consent.core.state import Scope, consent_state
from consent.errors import TokenError

__all__ = ["policy_headers"]

_SIGNED = re.compile(r"1\.[0-9a-f]+\.(?P<answer>.+)\.[A-Za-z0-9_-]+")


def policy_headers(
    document: Mapping[str, Any],
    cookie_header: str | None,
    *,
    keyring: Keyring | None = None,
    nonce: str | None = None,
    report_only: bool = False,
    now_ms: int | None = None,
) -> dict[str, str]:
    """Return the headers to send with a page, by the `Cookie` header of the request.

    No answer, or one that does not count, is a refusal of everything. `nonce` is a fresh one for
    this page, of 16 or more characters; RuleError is raised when it is none.
    """
    now = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    allowed = _allowed(document, cookie_header or "", keyring, now)
    found = _headers(document, allowed, nonce, report_only=report_only)
    return {**found, "Vary": "Cookie"}


def _headers(
    document: Mapping[str, Any], allowed: set[str], nonce: str | None, *, report_only: bool
) -> dict[str, str]:
    spelling = "_".join(f"{name}-{int(name in allowed)}" for name in document["categories"])
    value: str = document["report_only" if report_only else "enforce"][spelling]
    if nonce is None:
        value = without_nonce(value)
    else:
        require_nonce(nonce)
        value = value.replace(NONCE_PLACE, nonce)
    return {REPORT_ONLY if report_only else ENFORCING: value, **document["endpoints"]}


def _allowed(
    document: Mapping[str, Any], cookie_header: str, keyring: Keyring | None, now: int
) -> set[str]:
    """Return what the newest answers allow; where two are as new, what both allow."""
    answers = list(_answers(document, cookie_header, keyring))
    newest = max((answer.chosen_on for answer in answers), default="")
    scope = Scope(document["scope"], tuple(document["categories"]), document["earlier"])
    allowed = [
        {name for name, is_on in (consent_state(one, scope, now).choices or {}).items() if is_on}
        for one in answers
        if one.chosen_on == newest
    ]
    return set.intersection(*allowed) if allowed else set()


def _answers(
    document: Mapping[str, Any], cookie_header: str, keyring: Keyring | None
) -> Iterator[Answer]:
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name != document["cookie"]:
            continue
        try:
            yield (
                _unsigned(value)
                if keyring is None
                else open_answer(keyring, document["site"], value)
            )
        except TokenError:
            continue


def _unsigned(value: str) -> Answer:
    match = _SIGNED.fullmatch(value)
    if match is None:
        raise TokenError("the choice cookie has another form")
    return parse_answer(match["answer"])
