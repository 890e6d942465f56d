"""The banner script: one line of JSON and the committed bundle verbatim, from one cacheable URL.

The bytes are the same for everyone who asks for one site in one language on one day; they are
made once, compressed once, and served from memory.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import brotli
from flask import Blueprint, Response, request

from consent.audit.tokens import sign_notice
from consent.core.catalogue import load_language
from consent.core.model import ShownNotice
from consent.core.script_line import TEXTS as SCRIPT_TEXTS
from consent.core.script_line import composed
from consent.core.texts import parse_accept_language, pick_language
from consent.core.theme import script_rules
from consent.core.times import day_of, rfc3339
from consent.services.builds import script_build, script_content
from consent.services.sites import LiveSite
from consent.web.context import Service, live_site, service

CACHE_CONTROL = "public, max-age=3600, stale-if-error=604800"

_LARGEST_CACHE = 512

blueprint = Blueprint("script", __name__)


@dataclass(frozen=True, slots=True)
class Served:
    """One script in each encoding it is served in."""

    plain: bytes
    brotli: bytes
    gzip: bytes

    def in_encoding(self, encoding: str) -> bytes:
        return {"br": self.brotli, "gzip": self.gzip}.get(encoding, self.plain)


def compressed(plain: bytes) -> Served:
    """Return a script in each encoding, as small as each makes it."""
    return Served(
        plain,
        brotli.compress(plain, quality=11),
        gzip.compress(plain, compresslevel=9, mtime=0),
    )


@blueprint.get("/sites/<site_id>/banner.js")
def banner(site_id: str) -> Response:
    site = live_site(site_id)
    language = requested_language(site)
    served = _scripts.get(service(), site, language, is_pinned="lang" in request.args)
    response = script_response(served, vary="Accept-Language, Accept-Encoding")
    response.headers["Content-Language"] = language
    return response


def script_response(served: Served, *, vary: str) -> Response:
    """Answer with a script in the best encoding, or with 304 to who has it."""
    encoding = _best_encoding()
    response = Response(served.in_encoding(encoding), mimetype="text/javascript")
    if encoding:
        response.content_encoding = encoding
    response.headers["Cache-Control"] = CACHE_CONTROL
    response.headers["Vary"] = vary
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.set_etag(
        hashlib.sha256(served.plain).hexdigest()[:32] + (f"-{encoding}" if encoding else "")
    )
    response.make_conditional(request)
    return response


def requested_language(site: LiveSite) -> str:
    """Return the language to answer in: `?lang=`, else what the browser prefers."""
    notice = site.notice
    pinned = request.args.get("lang")
    wanted = (
        [pinned] if pinned else parse_accept_language(request.headers.get("Accept-Language", ""))
    )
    return pick_language(wanted, notice.languages, notice.default_language)


def notice_token(running: Service, site: LiveSite, language: str, build: str) -> str:
    """Return the token that vouches for what is shown today in one language."""
    day = day_of(running.now_ms())
    shown = ShownNotice(site.id, site.notice.hash, build, language, day)
    return sign_notice(running.keys.keyring, shown)


def script_config(running: Service, site: LiveSite, language: str) -> dict[str, Any]:
    """Return what the script works from, in one language."""
    token = notice_token(running, site, language, script_build())
    return drawn_config(site, language, now=running.now_ms(), token=token)


def drawn_config(site: LiveSite, language: str, *, now: int, token: str = "") -> dict[str, Any]:
    """Return what the script draws from; nothing it sends is accepted without a token."""
    notice, deployment = site.notice, site.deployment
    base = _base_url(site)
    return {
        "api": f"{base}/api/v1/sites/{site.id}",
        "preferences": f"{base}/sites/{site.id}/preferences",
        "policy": f"{base}/sites/{site.id}/policy",
        "privacy": notice.privacy_url(language),
        "cookie": deployment.answer_cookie,
        "first_party": deployment.sets_cookies,
        "day": rfc3339(now)[:10],
        "scope": site.scope.hash16,
        "earlier": _earlier(site),
        "days": {"consent": notice.consent_days, "refusal": notice.refusal_days},
        "token": token,
        "language": language,
        "languages": list(notice.languages),
        "dir": load_language(language).direction,
        "categories": notice.category_texts(language),
        "trackers": [_deletable(tracker) for tracker in notice.deletable_trackers()],
        "providers": notice.provider_hosts(),
        "groups": list(deployment.page_groups),
        "theme": {"position": notice.theme["position"], "css": script_rules(notice.theme)},
        "texts": _script_texts(site, language),
        **_where_needed(site),
    }


def _where_needed(site: LiveSite) -> dict[str, Any]:
    """Return what only some sites' scripts need, so that the others' stay small."""
    found = {"domain": site.deployment.cookie_domain, "google": site.notice.google_signals}
    return {key: value for key, value in found.items() if value}


def composed_script(
    running: Service, site: LiveSite, language: str, *, is_pinned: bool = False
) -> bytes:
    """Return the script of a site in one language, in the bytes browsers get.

    Where the page has pinned the language, the script has no other to ask for.
    """
    config = script_config(running, site, language)
    return composed(config | {"languages": []} if is_pinned else config) + script_content()


def _earlier(site: LiveSite) -> dict[str, list[str]]:
    """Return what to ask again after a change of scope; on another domain that is everything.

    There the answer is not sent along with an act, so the service could not tell which of its
    choices were carried over.
    """
    if not site.deployment.sets_cookies:
        return {}
    return {scope: list(changed) for scope, changed in site.scope.earlier.items()}


def _script_texts(site: LiveSite, language: str) -> dict[str, str]:
    notice, own = site.notice, site.deployment.content_policy
    known = {"controller": notice.controller_name, "recipients": str(notice.recipient_count)}
    texts = {
        key: _filled(text, known)
        for key, text in notice.texts(language).items()
        if key in SCRIPT_TEXTS
    }
    if own is not None and not own.load_once:
        # The page's policy would hold the frame, so the button is not offered.
        texts["embed.load_once"] = ""
    return texts


def _filled(text: str, known: Mapping[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _deletable(tracker: Mapping[str, Any]) -> dict[str, str]:
    """Return what a script needs to delete an item; a path is told where it is not the root."""
    keys = ("name", "category", "kind")
    path = {} if tracker["path"] == "/" else {"path": tracker["path"]}
    return {**{key: tracker[key] for key in keys}, **path}


def _base_url(site: LiveSite) -> str:
    """Return the service's address as the site's pages reach it: a path where it is the same."""
    deployment = site.deployment
    if set(deployment.origins) == {deployment.service_origin}:
        return deployment.mount
    return deployment.service_url


def _best_encoding() -> str:
    for encoding in ("br", "gzip"):
        if request.accept_encodings.quality(encoding) > 0:
            return encoding
    return ""


class _Scripts:
    """The scripts served lately, by what their bytes depend on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._served: OrderedDict[tuple[LiveSite, str, bool, str], Served] = OrderedDict()

    def get(self, running: Service, site: LiveSite, language: str, *, is_pinned: bool) -> Served:
        key = (site, language, is_pinned, day_of(running.now_ms()))
        with self._lock:
            served = self._served.get(key)
        if served is None:
            served = compressed(composed_script(running, site, language, is_pinned=is_pinned))
            with self._lock:
                self._served[key] = served
                while len(self._served) > _LARGEST_CACHE:
                    self._served.popitem(last=False)
        return served


_scripts = _Scripts()
