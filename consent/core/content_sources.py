"""Content-Security-Policy as text and as directives: read, write, merge (W3C CSP3).

Directives are kept in one order and sources in one order, so that equal policies are equal texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from consent.core.declared_hosts import DeclaredHost
from consent.errors import RuleError

Directives = Mapping[str, tuple[str, ...]]

NONE = "'none'"
SELF = "'self'"
NONCE = "'nonce'"  # where the nonce of an answer goes

DEFAULT = "default-src"

# What decides where something is loaded from, with what holds in its absence.
FALLBACKS: Mapping[str, tuple[str, ...]] = {
    DEFAULT: (),
    "script-src": (DEFAULT,),
    "script-src-elem": ("script-src", DEFAULT),
    "script-src-attr": ("script-src", DEFAULT),
    "style-src": (DEFAULT,),
    "style-src-elem": ("style-src", DEFAULT),
    "style-src-attr": ("style-src", DEFAULT),
    "img-src": (DEFAULT,),
    "font-src": (DEFAULT,),
    "connect-src": (DEFAULT,),
    "media-src": (DEFAULT,),
    "object-src": (DEFAULT,),
    "child-src": (DEFAULT,),
    "frame-src": ("child-src", DEFAULT),
    "worker-src": ("child-src", "script-src", DEFAULT),
    "manifest-src": (DEFAULT,),
    "prefetch-src": (DEFAULT,),
}
_OTHERS = (
    "base-uri",
    "form-action",
    "frame-ancestors",
    "require-trusted-types-for",
    "trusted-types",
    "sandbox",
    "upgrade-insecure-requests",
    "block-all-mixed-content",
)
DIRECTIVES = (*FALLBACKS, *_OTHERS)
# What a site's file calls the directives a tracker needs.
WEBSOCKET = "websocket"
TRACKER_DIRECTIVES: Mapping[str, str] = {
    "script": "script-src",
    "style": "style-src",
    "img": "img-src",
    "font": "font-src",
    "connect": "connect-src",
    "frame": "frame-src",
    "media": "media-src",
    WEBSOCKET: "connect-src",
}
# Where reports go is no part of the directives: the service adds its own address.
REPORTING = ("report-uri", "report-to")

# What lets a script or style in by something else than where it comes from.
_BY_OTHER_MEANS = re.compile(r"'(?:nonce(?:-[^']*)?|strict-dynamic|sha(?:256|384|512)-[^']+)'")
_ANY_SCRIPT = ("'unsafe-inline'", "'unsafe-eval'", "'wasm-unsafe-eval'")
_LENIENT = {
    "script-src": _ANY_SCRIPT,
    "script-src-elem": _ANY_SCRIPT,
    "style-src": _ANY_SCRIPT[:1],
    "style-src-elem": _ANY_SCRIPT[:1],
}
_KEYWORD = re.compile(
    r"'(?:none|self|nonce|strict-dynamic|report-sample|unsafe-(?:inline|eval|hashes)"
    r"|wasm-unsafe-eval|inline-speculation-rules|sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2})'"
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?"
    r"(?P<host>\*|(?:\*\.)?[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}|\*))?(?P<path>/[A-Za-z0-9._~%@:+=/-]*)?"
)
_TOKEN = re.compile(r"[A-Za-z0-9#=_/@.%*'-]+")
_SOURCED = (*FALLBACKS, "base-uri", "form-action", "frame-ancestors")
_NETWORK = frozenset({"http", "https", "ws", "wss"})


def parse_policy(text: str) -> dict[str, tuple[str, ...]]:
    """Return the directives of one policy; raise RuleError on what browsers would drop silently."""
    found: dict[str, tuple[str, ...]] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, *values = part.split()
        name = name.lower()
        if name in found:
            raise RuleError(f"{name} is there twice; browsers would heed the first one only")
        if name in REPORTING:
            raise RuleError(f"{name} is for the service to give; leave it out")
        if name not in DIRECTIVES:
            raise RuleError(f"{name!r} is not a directive of a Content-Security-Policy")
        for value in values:
            require_source(name, value)
        found[name] = in_order(values) or ((NONE,) if name in _SOURCED else ())
    return {name: found[name] for name in DIRECTIVES if name in found}


def require_source(directive: str, source: str) -> None:
    """Raise RuleError on what browsers would not understand as a source of a directive."""
    if "'nonce-" in source:
        raise RuleError(f"{source} is fixed, so anybody knows it; give {NONCE}")
    is_known = (
        _KEYWORD.fullmatch(source) or _SCHEME.fullmatch(source) or _HOST_SOURCE.fullmatch(source)
        if directive in _SOURCED
        else _TOKEN.fullmatch(source)
    )
    if not is_known:
        raise RuleError(f"{source!r} is not a source that {directive} can have")


def format_policy(directives: Directives) -> str:
    """Return the text of a policy."""
    return "; ".join(
        " ".join((name, *directives[name])) for name in DIRECTIVES if name in directives
    )


def in_order(sources: Iterable[str]) -> tuple[str, ...]:
    """Return each source once, keywords first; 'none' only where it is alone."""
    found = set(sources)
    if len(found) > 1:
        found.discard(NONE)
    return tuple(sorted(found, key=lambda source: (not source.startswith("'"), source)))


def effective(directives: Directives, name: str) -> tuple[str, ...] | None:
    """Return the sources that hold for a directive; None where nothing restricts it."""
    for each in (name, *FALLBACKS.get(name, ())):
        if each in directives:
            return directives[each]
    return None


def merge(base: Directives, extra: Directives) -> dict[str, tuple[str, ...]]:
    """Return `base` with sources added.

    A directive that `base` leaves to another one begins with the sources of that one, so that
    adding a source takes none away.
    """
    merged = dict(base)
    for name in DIRECTIVES:
        if name not in extra:
            continue
        sources = in_order((*(effective(merged, name) or ()), *extra[name]))
        merged[name] = sources
        # script-src-elem would hide what is added to script-src.
        narrower = f"{name}-elem"
        if narrower in merged:
            merged[narrower] = in_order((*merged[narrower], *extra[name]))
    return {name: merged[name] for name in DIRECTIVES if name in merged}


def with_nonce(directives: Directives, nonce: str | None) -> dict[str, tuple[str, ...]]:
    """Return a policy with its place for a nonce filled in, or, without one, taken out."""
    filled = [] if nonce is None else [f"'nonce-{nonce}'"]
    return {
        name: in_order(
            one for source in sources for one in (filled if source == NONCE else [source])
        )
        or ((NONE,) if name in FALLBACKS else ())
        for name, sources in directives.items()
    }


def guard(directives: Directives) -> dict[str, tuple[str, ...]]:
    """Return a second policy that holds by host what the first one lets in by a nonce or hash.

    A tag with a nonce may name any host, and 'strict-dynamic' lets such a tag insert any other.
    Browsers that get two policies heed both. Nothing is returned where the first one suffices.
    """
    second: dict[str, tuple[str, ...]] = {}
    for name, lenient in _LENIENT.items():
        sources = directives.get(name) if name.endswith("-elem") else effective(directives, name)
        by_host = [one for one in sources or () if not _BY_OTHER_MEANS.fullmatch(one)]
        if len(by_host) < len(sources or ()):
            second[name] = in_order((*by_host, *lenient))
    workers = directives.get("worker-src", directives.get("child-src"))
    if "script-src" in second and workers is not None:
        second["worker-src"] = workers  # without it, they would follow script-src
    return second


def reaches(source: str, declared: DeclaredHost) -> bool:
    """Say whether a source lets anything of a declared host through.

    Any port counts, for a declaration names none. 'self' is no host here.
    """
    scheme = _SCHEME.fullmatch(source)
    if scheme:
        return scheme[1] in _NETWORK
    match = _HOST_SOURCE.fullmatch(source)
    if match is None or (match["scheme"] or "https") not in _NETWORK:
        return False
    path = unquote(match["path"] or "")
    return hosts_meet(match["host"], declared.host) and _paths_meet(path, unquote(declared.path))


def source_host(source: str) -> str:
    """Return the host that a source names; nothing where it names none."""
    match = None if _SCHEME.fullmatch(source) else _HOST_SOURCE.fullmatch(source)
    return match["host"] if match else ""


def hosts_meet(one: str, other: str) -> bool:
    """Say whether some host is meant by both of two patterns."""
    if one in ("*", other):
        return True
    if one.startswith("*.") and other.startswith("*."):
        return one.endswith(other[1:]) or other.endswith(one[1:])
    if one.startswith("*."):
        return other.endswith(one[1:])
    return other.startswith("*.") and one.endswith(other[1:])


def _paths_meet(source: str, declared: str) -> bool:
    """Compare the path of a source, a folder if it ends in a slash, with a declared one."""
    if source in ("", "/") or not declared or source == declared:
        return True
    below = f"{declared.removesuffix('/')}/"
    return source.startswith(below) or (source.endswith("/") and declared.startswith(source))
