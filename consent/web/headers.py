"""Headers every answer carries, and a strict policy on every page."""

from __future__ import annotations

from flask import Response, request

from consent.errors import ConsentError
from consent.web.context import live_site

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = "camera=(), geolocation=(), microphone=(), browsing-topics=()"
ONE_YEAR = 31_536_000


def add_security_headers(response: Response) -> Response:
    """Add what protects the visitor; a view that set a header of its own keeps it."""
    is_page = response.mimetype == "text/html"
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else API_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("Cache-Control", "no-store")
    if is_page:
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("X-Frame-Options", "DENY")
    if _is_served_securely():
        headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR}")
    return response


def _is_served_securely() -> bool:
    site_id = (request.view_args or {}).get("site_id")
    if site_id is None:
        return request.is_secure
    try:
        return live_site(site_id).deployment.is_secure
    except ConsentError:
        return request.is_secure
