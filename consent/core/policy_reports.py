"""What browsers report of a Content-Security-Policy, cut down to what was kept out, and by what.

A report has the address of the page, the one before it, and often whole addresses with queries.
None of that leaves this module: a name of a host, or a kind of thing in brackets, and a directive.
An IP address is no name: it may be a person's, and counts as a kind of thing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from consent.core.config_addresses import host_fault, is_loopback
from consent.core.content_sources import DIRECTIVES
from consent.errors import RuleError

REPORTING_API = "application/reports+json"
REPORT_URI = "application/csp-report"
MAX_REPORTS = 100
KEPT_DAYS = 90

EXTENSION = "(browser extension)"
PRIVATE = "(private network)"
ADDRESS = "(address)"
OTHER = "(other)"
MORE = "(more hosts)"

_WORDS = frozenset(
    {"inline", "eval", "wasm-eval", "trusted-types-policy", "trusted-types-sink", "self"}
)
_SCHEMES = frozenset({"data", "blob", "about", "filesystem"})
_NETWORK = frozenset({"http", "https", "ws", "wss"})
_PRIVATE_ENDS = (
    ".local",
    ".lan",
    ".home",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".corp",
    ".localdomain",
)

# What browsers take for an IPv4 address however it is written (WHATWG URL, ends in a number).
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")

Counts = Counter[tuple[str, str]]  # by directive and name


def count_reports(body: bytes, media_type: str, origins: Collection[str]) -> Counts:
    """Return what was kept out of pages of these origins, and how often.

    Raises RuleError when the body is not what browsers send. Reports of other kinds or of other
    sites' pages are left out.
    """
    counts: Counts = Counter()
    for page, blocked, directive, source in _violations(_decoded(body), media_type):
        if _origin_of(page) in origins and directive in DIRECTIVES:
            counts[_folded(directive), _name_of(blocked, source, page)] += 1
    return counts


def is_host(name: str) -> bool:
    """Say whether a name is that of a host, and not a kind of thing."""
    return not name.startswith("(")


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise RuleError("the reports are not JSON") from error


def _violations(value: Any, media_type: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield page, what was blocked, directive and source of each report."""
    if media_type == REPORT_URI:
        names = ("document-uri", "blocked-uri", "effective-directive", "source-file")
        yield _texts(_member(value, "csp-report"), names, "violated-directive")
        return
    if not isinstance(value, list) or len(value) > MAX_REPORTS:
        raise RuleError(f"give a list of at most {MAX_REPORTS} reports")
    names = ("documentURL", "blockedURL", "effectiveDirective", "sourceFile")
    for report in value:
        if not isinstance(report, Mapping):
            raise RuleError("a report is an object")
        if report.get("type") == "csp-violation":
            yield _texts(_member(report, "body"), names, "violatedDirective")


def _member(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, Mapping):
        raise RuleError(f"a report has an object {name!r}")
    return found


def _texts(
    report: Mapping[str, Any], names: tuple[str, str, str, str], older: str
) -> tuple[str, str, str, str]:
    """Return four members as texts; `older` is what the directive was called in CSP 2."""
    page, blocked, directive, source = (report.get(name) or "" for name in names)
    directive = directive or report.get(older) or ""
    texts = (page, blocked, directive, source)
    if not all(isinstance(text, str) for text in texts):
        raise RuleError("the members of a report are texts")
    return page, blocked, (directive.split() or [""])[0], source


def _folded(directive: str) -> str:
    return directive.removesuffix("-elem").removesuffix("-attr")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _name_of(blocked: str, source: str, page: str) -> str:
    """Return what is counted for something that was kept out."""
    scheme = blocked.partition(":")[0].lower()
    if any(each.partition(":")[0].lower().endswith("-extension") for each in (blocked, source)):
        return EXTENSION
    if scheme in _NETWORK and ":" in blocked:
        return _host_name(blocked, page)
    if blocked in _WORDS or scheme in _SCHEMES:
        return f"({scheme})"
    return OTHER


def _host_name(url: str, page: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return OTHER
    if ":" in host or _ENDS_IN_NUMBER.fullmatch(host):
        return ADDRESS
    if is_loopback(host):  # the site itself is being tried out, or a program of the visitor's
        return host if is_loopback(urlsplit(page).hostname or "") else PRIVATE
    if "." not in host or host.endswith(_PRIVATE_ENDS):
        return PRIVATE
    return OTHER if host_fault(host) else host
