"""Judge the addresses in a site's file: origins, host names, links and e-mail addresses.

Each judge returns what is wrong, or nothing. Plain HTTP is only for a machine's own addresses.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?P<host>[A-Za-z0-9.-]+)")
_UNSAFE = re.compile(r"[^!-~]|[\"'<>\\^`{|}]")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Say whether a host name means this machine, so that plain HTTP is safe."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_fault(origin: str) -> str | None:
    """Judge an origin as browsers send it: scheme, host and a port that is not the default."""
    parts = _split(origin)
    if isinstance(parts, str):
        return parts
    plain = f"{parts.scheme}://{parts.netloc}"
    return None if origin == plain else f"is more than an origin; give {plain}"


def url_fault(url: str) -> str | None:
    """Judge a link: an absolute address over HTTPS."""
    parts = _split(url)
    return parts if isinstance(parts, str) else None


def link_fault(link: str) -> str | None:
    """Judge a link that may also be a path on the site."""
    if link.startswith("/") and not link.startswith("//") and not _UNSAFE.search(link):
        return None
    fault = url_fault(link)
    return fault and f"{fault}, or a path such as /privacy"


def service_url_fault(url: str) -> str | None:
    """Judge the address the service is mounted at: no query, no fragment."""
    parts = _split(url)
    if isinstance(parts, str):
        return parts
    if "?" in url or "#" in url or not _PATH.fullmatch(parts.path):
        return "is more than scheme, host and a plain path"
    return None


def host_fault(host: str) -> str | None:
    """Judge a host name without scheme, port or path, in lower case."""
    if _HOST.fullmatch(host):
        return None
    return "is not a host name in lower case, such as tracker.example.org"


def email_fault(address: str) -> str | None:
    match = _EMAIL.fullmatch(address)
    if match and host_fault(match["host"].lower()) is None:
        return None
    return "is not an e-mail address"


def host_of(url: str) -> str:
    """Return the host name of an address that was judged sound."""
    return urlsplit(url).hostname or ""


def _split(url: str) -> SplitResult | str:
    """Return the parts of an absolute address, or what is wrong with it."""
    if _UNSAFE.search(url):
        return "has characters that an address cannot hold"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in _DEFAULT_PORTS:
        return "is not an address that begins with https://"
    return _host_and_port_fault(parts, host, port) or parts


def _host_and_port_fault(parts: SplitResult, host: str, port: int | None) -> str | None:
    written = f"[{host}]" if ":" in host else host
    if parts.netloc not in (written, f"{written}:{port}") or not _is_host(host):
        return "does not name a host in lower case, with a port if there is one"
    if port == _DEFAULT_PORTS[parts.scheme]:
        return "names the default port, which browsers do not send; leave the port out"
    if parts.scheme == "http" and not is_loopback(host):
        return "is plain HTTP, which is only for localhost; give https://"
    return None


def _is_host(host: str) -> bool:
    return ":" in host or host_fault(host) is None  # urlsplit has checked IPv6 addresses
