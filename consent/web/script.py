"""The banner script: one line of JSON and the committed bundle verbatim, from one cacheable URL.

The bytes are the same for everyone who asks for one site in one language on one day; they are
made once, compressed once, and served from memory.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import brotli
from flask import Blueprint, Response, request

from consent.audit.tokens import sign_notice
from consent.core.model import ShownNotice
from consent.core.notice import Notice
from consent.core.texts import parse_accept_language, pick_language
from consent.core.times import day_of
from consent.services.builds import script_build, script_content
from consent.services.sites import LiveSite
from consent.web.context import Service, live_site, service

CACHE_CONTROL = "public, max-age=3600, stale-if-error=604800"
CONFIG_PREFIX = "(self.consent=self.consent||{}).config="
CONFIG_VERSION = 1

_SCRIPT_TEXTS = ("banner.", "button.", "dialog.", "control.", "embed.", "announce.")
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


@blueprint.get("/sites/<site_id>/banner.js")
def banner(site_id: str) -> Response:
    site = live_site(site_id)
    language = requested_language(site)
    served = _scripts.get(service(), site, language)
    encoding = _best_encoding()
    response = Response(served.in_encoding(encoding), mimetype="text/javascript")
    if encoding:
        response.content_encoding = encoding
    response.headers["Cache-Control"] = CACHE_CONTROL
    response.headers["Vary"] = "Accept-Language, Accept-Encoding"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Language"] = language
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
    notice, deployment = site.notice, site.deployment
    base = _base_url(site)
    return {
        "v": CONFIG_VERSION,
        "site": site.id,
        "api": f"{base}/api/v1/sites/{site.id}",
        "preferences": f"{base}/sites/{site.id}/preferences",
        "policy": f"{base}/sites/{site.id}/policy",
        "privacy": notice.privacy_url(language),
        "cookie": deployment.answer_cookie,
        "first_party": deployment.sets_cookies,
        "scope": site.scope.hash16,
        "earlier": _earlier(site),
        "days": {"consent": notice.consent_days, "refusal": notice.refusal_days},
        "token": notice_token(running, site, language, script_build()),
        "language": language,
        "languages": list(notice.languages),
        "dir": "ltr",
        "controller": notice.controller_name,
        "recipients": notice.recipient_count,
        "categories": notice.category_texts(language),
        "trackers": notice.deletable_trackers(),
        "providers": notice.provider_hosts(),
        "groups": list(deployment.page_groups),
        "theme": notice.theme,
        "texts": _script_texts(notice, language),
    }


def composed_script(running: Service, site: LiveSite, language: str) -> bytes:
    """Return the script of a site in one language, in the bytes browsers get."""
    config = json.dumps(
        script_config(running, site, language), ensure_ascii=False, separators=(",", ":")
    )
    safe = config.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"{CONFIG_PREFIX}{safe};\n".encode() + script_content()


def _earlier(site: LiveSite) -> dict[str, list[str]]:
    """Return what to ask again after a change of scope; on another domain that is everything.

    There the answer is not sent along with an act, so the service could not tell which of its
    choices were carried over.
    """
    if not site.deployment.sets_cookies:
        return {}
    return {scope: list(changed) for scope, changed in site.scope.earlier.items()}


def _script_texts(notice: Notice, language: str) -> dict[str, str]:
    texts = notice.texts(language)
    return {key: text for key, text in texts.items() if key.startswith(_SCRIPT_TEXTS)}


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
        self._served: OrderedDict[tuple[LiveSite, str, str], Served] = OrderedDict()

    def get(self, running: Service, site: LiveSite, language: str) -> Served:
        key = (site, language, day_of(running.now_ms()))
        with self._lock:
            served = self._served.get(key)
        if served is None:
            served = self._compose(running, site, language)
            with self._lock:
                self._served[key] = served
                while len(self._served) > _LARGEST_CACHE:
                    self._served.popitem(last=False)
        return served

    @staticmethod
    def _compose(running: Service, site: LiveSite, language: str) -> Served:
        plain = composed_script(running, site, language)
        return Served(
            plain,
            brotli.compress(plain, quality=11),
            gzip.compress(plain, compresslevel=9, mtime=0),
        )


_scripts = _Scripts()
