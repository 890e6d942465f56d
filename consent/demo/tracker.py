"""The stand-in for other companies' hosts: embeds, tags and a pixel that leave real cookies.

It counts requests by path, and nothing about who made them, so that anyone can check that a
page contacted nobody before a choice was made.
"""

from __future__ import annotations

import base64
import mimetypes
import secrets
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from threading import Lock

from flask import Flask, Response, jsonify, request
from werkzeug.wrappers import Response as BaseResponse

TRACKER_HOST = "tracker.localhost"
DAY = 24 * 60 * 60
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
UNCOUNTED = frozenset({"/", "/favicon.ico", "/log"})

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors http:"
)


class RequestCount:
    """How often each path was asked for since the process started or the count was reset."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_path: Counter[str] = Counter()

    def add(self, path: str) -> None:
        with self._lock:
            self._by_path[path] += 1

    def by_path(self) -> dict[str, int]:
        with self._lock:
            return dict(sorted(self._by_path.items()))

    def reset(self) -> None:
        with self._lock:
            self._by_path.clear()


def create_tracker(files: Path) -> Flask:
    """Return the tracker host's application, which serves its pages and scripts from `files`."""
    app = Flask(__name__, static_folder=None)
    count = RequestCount()

    @app.before_request
    def note_request() -> None:
        if request.path not in UNCOUNTED:
            # Unknown paths share one line, so that the count cannot be made to grow.
            count.add(request.path if request.url_rule else "(unknown)")

    @app.after_request
    def add_headers(response: BaseResponse) -> BaseResponse:
        headers = response.headers
        headers["Content-Security-Policy"] = CONTENT_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Cache-Control"] = "no-store"  # a cached answer would be a contact not counted
        return response

    @app.get("/")
    def about() -> Response:
        return Response(
            "This host stands in for other companies in a demonstration of cookie consent.\n"
            "Requests it received, by path: /log\n",
            mimetype="text/plain",
        )

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", HTTPStatus.NO_CONTENT

    @app.get("/log")
    def show_count() -> Response:
        return jsonify(requests=count.by_path())

    @app.delete("/log")
    def reset_count() -> tuple[str, int]:
        count.reset()
        return "", HTTPStatus.NO_CONTENT

    add_embeds(app, files)
    add_tags(app, files)
    return app


def add_embeds(app: Flask, files: Path) -> None:
    @app.get("/embed/map")
    def campus_map() -> Response:
        response = file_response(files / "map.html")
        return keep(response, "map_view", "leiden.1", 30 * DAY)

    @app.get("/embed/video")
    def lecture() -> Response:
        response = file_response(files / "video.html")
        return keep(response, "video_quality", "drawn", 30 * DAY)

    @app.get("/embed/<any('embed.css', 'map.js', 'video.js'):name>")
    def embed_file(name: str) -> Response:
        return file_response(files / name)


def add_tags(app: Flask, files: Path) -> None:
    @app.get("/<any('ads.js', 'viewed.js', 'advert.svg'):name>")
    def tag(name: str) -> Response:
        return file_response(files / name)

    @app.get("/pixel.gif")
    def pixel() -> Response:
        known = request.cookies.get("ads_id", "")
        response = Response(PIXEL, mimetype="image/gif")
        return keep(response, "ads_id", known or secrets.token_hex(8), 90 * DAY)


def file_response(file: Path) -> Response:
    """Return a small file whole: one that is streamed stays open when a visitor leaves early."""
    return Response(file.read_bytes(), mimetype=mimetypes.guess_type(file.name)[0])


def keep(response: Response, name: str, value: str, seconds: int) -> Response:
    """Set a third-party cookie; browsers take one only with `SameSite=None; Secure`.

    `Secure` works without a certificate here, since browsers trust names under localhost.
    """
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="None"
    )
    return response
