"""The page on which anyone checks a receipt or proof: the browser does it, the service only serves.

All that the check needs comes with the page: the keys of the log in every epoch, and every notice
of the site. Its policy forbids connections, so that nothing of a file can go anywhere.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from consent.audit.policies import Policy
from consent.bundled import bundled
from consent.core.canonical import digest_hex
from consent.core.patches import merge_patch, patched
from consent.errors import NotFoundError
from consent.services.noticing import list_published_notices
from consent.services.proving import list_policies
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.log import Log, log_name
from consent.web.context import live_site, service
from consent.web.frame import link, render_page, site_words
from consent.web.log import log_address
from consent.web.script import requested_language
from consent.web.wording import Words

POLICY = (
    "default-src 'none'; connect-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
CACHING = "public, max-age=300"
FOR_EVER = "public, max-age=31536000, immutable"

_SCRIPT = "verify.js"
_PARTS = "verify"
_STYLES = "receipts.css"
_TEXTS = ("verify.", "event.", "act.", "layer.", "page.current.")

blueprint = Blueprint("verify", __name__)


@blueprint.get("/sites/<site_id>/verify")
def show(site_id: str) -> ResponseReturnValue:
    site = live_site(site_id)
    words = site_words(site, requested_language(site))
    name = log_name(site.deployment.log_id)
    policies = list_policies(db.session, name, service().log.witnesses)
    body = render_page(
        site,
        "verify.html",
        words,
        addresses={tag: link(site, "pages.verify.show", lang=tag) for tag in site.notice.languages},
        carried=_carried(site, words, policies),
        keys=[_shown_keys(site, log, policy) for log, policy in reversed(policies)],
        script=_asset_link(site, "pages.verify.script"),
        more_styles=styles_link(site),
    )
    response = Response(body, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Content-Language"] = words.language
    response.headers["Vary"] = "Accept-Language"
    response.headers["Cache-Control"] = CACHING
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    return response.make_conditional(request)


@blueprint.get("/assets/<digest>/verify.js")
def script(digest: str) -> ResponseReturnValue:
    return _serve(digest, _SCRIPT)


@blueprint.get("/assets/<digest>/receipts.css")
def styles(digest: str) -> ResponseReturnValue:
    return _serve(digest, _STYLES, "text/css")


@blueprint.get("/assets/<digest>/verify/<name>")
def part(digest: str, name: str) -> ResponseReturnValue:
    return _serve(digest, f"{_PARTS}/{name}")


@lru_cache(maxsize=1)
def verify_files() -> dict[str, bytes]:
    """Return the page's styles, and its modules by the addresses that they import each other by."""
    folder = bundled("static/js/pages")
    paths = [folder / _SCRIPT, *sorted((folder / _PARTS).glob("*.js"))]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {_STYLES: (bundled("static/css") / _STYLES).read_bytes(), **files}


@lru_cache(maxsize=1)
def verify_digest() -> str:
    """Return what names the files all together, so that none is served with another's."""
    digest = hashlib.sha256()
    for name, content in verify_files().items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]


def styles_link(site: LiveSite) -> str:
    """Return where the styles of pages that take a receipt are."""
    return _asset_link(site, "pages.verify.styles")


def _serve(digest: str, name: str, mimetype: str = "text/javascript") -> Response:
    content = verify_files().get(name)
    if content is None or digest != verify_digest():
        raise NotFoundError("there is no such file")
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = FOR_EVER
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _asset_link(site: LiveSite, endpoint: str) -> str:
    path = url_for(endpoint, digest=verify_digest())
    return site.deployment.mount + path.removeprefix(request.script_root)


def _carried(site: LiveSite, words: Words, policies: list[tuple[Log, Policy]]) -> dict[str, Any]:
    """Return what the page's script works from."""
    return {
        "language": words.language,
        "controller": site.notice.controller_name,
        "site": {"id": site.id, "name": site.notice.site_name(words.language)},
        "texts": {key: text for key, text in words.texts.items() if key.startswith(_TEXTS)},
        "logs": [_carried_log(log, policy) for log, policy in policies],
        "notices": [
            {**notice, "published": words.date(published_at)}
            for notice, published_at in _carried_notices(site)
        ],
    }


def _carried_log(log: Log, policy: Policy) -> dict[str, Any]:
    return {
        "origin": log.origin,
        "log": [key.vkey for key in policy.log_keys],
        "clock": [key.vkey for key in policy.clock_keys],
        "receipt": [key.vkey for key in policy.receipt_keys],
        "witnesses": [witness.verifier.vkey for witness in policy.witnesses],
    }


@lru_cache(maxsize=64)
def _carried_notices(site: LiveSite) -> list[tuple[dict[str, Any], int]]:
    """Return each notice whole, or as what changed since the one before, with its date.

    A site changes a few texts at a time, so that the page stays small with many versions.
    """
    carried: list[tuple[dict[str, Any], int]] = []
    before: dict[str, Any] = {}
    for notice, published_at in list_published_notices(db.session, site):
        document, name = notice.document, notice.hash
        patch = merge_patch(before, document)
        is_exact = bool(before) and digest_hex(patched(before, patch)) == name
        content = {"patch": patch} if is_exact else {"document": document}
        carried.append(({"hash": name, **content}, published_at))
        before = document
    return carried


def _shown_keys(site: LiveSite, log: Log, policy: Policy) -> dict[str, Any]:
    """Return the keys of one log as people read them, and one as OpenSSL does."""
    newest = policy.receipt_keys[-1].public if policy.receipt_keys else None
    encoded = newest and newest.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "origin": log.origin,
        "policy": f"{log_address(site, log.log_id)}/policy",
        "pem": encoded and _pem(encoded),
        "roles": [
            ("verify.keys.log", [key.vkey for key in policy.log_keys]),
            ("verify.keys.clock", [key.vkey for key in policy.clock_keys]),
            ("verify.keys.receipt", [key.vkey for key in policy.receipt_keys]),
            ("verify.keys.witness", [one.verifier.vkey for one in policy.witnesses]),
        ],
    }


def _pem(encoded: bytes) -> str:
    body = base64.b64encode(encoded).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"
