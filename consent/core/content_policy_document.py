"""A site's policies written down, one for each choice: for its own programs and its web server.

The document is all that is needed to send the header, in any language: find the choice in the
cookie, take the policy of that name. Web servers get the same as configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from consent.core.content_policy import (
    ENFORCING,
    NONCE_PLACE,
    REPORT_ONLY,
    ContentPolicy,
)
from consent.core.deployment import Deployment
from consent.core.state import Scope

VERSION = 1


def content_policy_document(
    policy: ContentPolicy, scope: Scope, deployment: Deployment, site: str
) -> dict[str, Any]:
    """Return every policy of a site with what tells which one a browser gets."""
    return {
        "v": VERSION,
        "site": site,
        "cookie": deployment.answer_cookie,
        "scope": scope.hash16,
        "earlier": {name: list(changed) for name, changed in scope.earlier.items()},
        "categories": list(policy.categories),
        "enforce": _by_choice(policy, reports=False),
        "report_only": _by_choice(policy, reports=True),
        "endpoints": policy.endpoints(),
    }


def _by_choice(policy: ContentPolicy, *, reports: bool) -> dict[str, str]:
    return {
        policy.spelling(allowed): policy.header(allowed, NONCE_PLACE, reports=reports)
        for allowed in policy.choices()
    }


def without_nonce(value: str) -> str:
    """Return a policy of the document as it is sent where a page has no nonce."""
    return re.sub(rf" 'nonce-{re.escape(NONCE_PLACE)}'", "", value)


def server_configuration(
    document: Mapping[str, Any], server: str, *, report_only: bool, nonce: str | None
) -> str:
    """Return what a web server needs to send the header, by the cookie of each request.

    Only answers to the notice in force count there: others are refused, and asked anew anyway.
    So are two cookies of the name, which servers cannot compare by date: one may be a refusal.
    `nonce` is what stands for a fresh nonce in the server's own language.
    """
    values = {
        choice: without_nonce(value) if nonce is None else value.replace(NONCE_PLACE, nonce)
        for choice, value in document["report_only" if report_only else "enforce"].items()
    }
    (_, refused), *others = values.items()
    patterns = [
        (_two_cookies_pattern(document), refused),
        *((_cookie_pattern(document, choice), value) for choice, value in others),
    ]
    header = REPORT_ONLY if report_only else ENFORCING
    lines = _WRITERS[server](
        document["site"], header, refused, patterns, document["endpoints"].items()
    )
    return "\n".join(lines) + "\n"


def _cookie_pattern(document: Mapping[str, Any], choice: str) -> str:
    """Return a regular expression without backslashes and braces, which servers read variously."""
    return (
        f"(^|; ?){document['cookie']}=1[.][0-9a-f]+[.]{document['scope']}[.]{choice}"
        "[.][0-9]+[.][0-9]+[.]"
    )


def _two_cookies_pattern(document: Mapping[str, Any]) -> str:
    return f"(^|; ?){document['cookie']}=.*; ?{document['cookie']}="


_Pairs = Iterable[tuple[str, str]]


def _nginx(site: str, header: str, refused: str, patterns: _Pairs, ends: _Pairs) -> Iterator[str]:
    """The first pattern that matches counts."""
    variable = f"$consent_csp_{_variable(site)}"
    yield "# In the http block:"
    yield f"map $http_cookie {variable} {{"
    yield f'    default "{refused}";'
    for pattern, value in patterns:
        yield f'    "~{pattern}" "{value}";'
    yield "}"
    yield "# In the server or location that gives the pages:"
    yield f"# add_header {header} {variable} always;"
    yield "# add_header Vary Cookie always;"
    for name, value in ends:
        yield f"# add_header {name} '{value}' always;"


def _apache(site: str, header: str, refused: str, patterns: _Pairs, ends: _Pairs) -> Iterator[str]:
    """The last pattern that matches counts here."""
    variable = f"CONSENT_CSP_{_variable(site)}"
    yield "# Needs mod_setenvif and mod_headers; in the VirtualHost that gives the pages:"
    yield f'SetEnvIf Request_URI "^" "{variable}={refused}"'
    for pattern, value in reversed(list(patterns)):
        yield f'SetEnvIf Cookie "{pattern}" "{variable}={value}"'
    yield f'Header always set {header} "%{{{variable}}}e"'
    yield "Header always merge Vary Cookie"
    for name, value in ends:
        yield f"Header always set {name} '{value}'"


def _caddy(site: str, header: str, refused: str, patterns: _Pairs, ends: _Pairs) -> Iterator[str]:
    variable = f"{{consent_csp_{_variable(site)}}}"
    yield "# In the site block:"
    yield f"map {{http.request.header.Cookie}} {variable} {{"
    for pattern, value in patterns:
        yield f"\t`~{pattern}` `{value}`"
    yield f"\tdefault `{refused}`"
    yield "}"
    yield f"header {header} {variable}"
    yield "header +Vary Cookie"
    for name, value in ends:
        yield f"header {name} `{value}`"


_WRITERS: Mapping[str, Callable[..., Iterator[str]]] = {
    "nginx": _nginx,
    "apache": _apache,
    "caddy": _caddy,
}
SERVERS = tuple(_WRITERS)


def _variable(site: str) -> str:
    return site.replace("-", "_")
