"""The console's style sheet and its small scripts, at addresses that change with them."""

from __future__ import annotations

import hashlib
from functools import cache

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from consent.bundled import bundled
from consent.web.console.routing import Entry, console_route

_FOLDERS = {"css": "static/css", "js": "static/js/pages"}
_TYPES = {"css": "text/css", "js": "text/javascript"}


def asset_link(name: str) -> str:
    return url_for("console.asset", digest=_read(name)[1], name=name)


@console_route("/assets/<digest>/<name>", permission=Entry.EVERYONE)
def asset(digest: str, name: str) -> ResponseReturnValue:
    """Serve `console*.css` or `console*.js`."""
    try:
        content, current = _read(name)
    except FileNotFoundError as error:
        raise NotFound from error
    if digest != current:
        raise NotFound
    response = Response(content, mimetype=_TYPES[name.rpartition(".")[2]])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.set_etag(digest)
    return response.make_conditional(request)


@cache
def _read(name: str) -> tuple[bytes, str]:
    stem, _, kind = name.rpartition(".")
    is_ours = stem.startswith("console") and stem.replace("-", "").replace("_", "").isalnum()
    if kind not in _FOLDERS or not is_ours:
        raise FileNotFoundError(name)
    content = (bundled(_FOLDERS[kind]) / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]
