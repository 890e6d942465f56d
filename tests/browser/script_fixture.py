"""A small website with the built script on its pages, and a stand-in for the service's answers.

Only the script's own tests use it; the journeys run against the real service. It answers as the
API is documented to, can be told to fail, and keeps every request that reaches it. Pages are on
`localhost`, the third party's tags on `tracker.localhost`: one server tells them apart by host.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from consent.core.script_line import composed, packed
from consent.core.theme import script_rules
from consent.web.blocker import CONFIG_PREFIX

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "static" / "js" / "dist" / "banner.js"
BLOCKER = ROOT / "static" / "js" / "dist" / "auto.js"
LOCALES = ROOT / "consent" / "locales"

SCRIPT = "/consent/sites/programme/banner.js"
AUTO = "/consent/sites/programme/auto.js"
API = "/consent/api/v1/sites/programme"
SCOPE = "4bf92f3577b34da6"
NEWER_SCOPE = "00f067aa0ba902b7"
TRACKER = "tracker.localhost"
CATEGORIES = ("functional", "personalisation", "ads")
PAUSE = b"/* the network pauses here */"
PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
_SITE_WORD = re.compile(r"\{([a-z_]+)\}")
_SCRIPT_TEXTS = ("banner", "dialog", "button", "control", "embed", "announce")

_WORDS = {
    "en": {
        "uses": "extra functions, personalised content and relevant ads",
        "functional": ("Functional", "Extra functions, such as videos and remembered filters."),
        "personalisation": ("Personalisation", "Show first what fits the pages you looked at."),
        "ads": ("Ads", "Show ads for our programmes on other websites that fit your interests."),
    },
    "nl": {
        "uses": "extra functies, persoonlijke inhoud en relevante advertenties",
        "functional": ("Voorkeuren", "Extra functies, zoals video's en onthouden filters."),
        "personalisation": ("Personalisatie", "Eerst tonen wat past bij wat u eerder bekeek."),
        "ads": ("Advertenties", "Advertenties op andere websites die passen bij uw interesses."),
    },
}
THEME = {
    "position": "bar",
    "radius": 8,
    "font": "system-ui, sans-serif",
    "surface": "#ffffff",
    "text": "#1b1f2e",
    "button": "#0c2577",
    "button_text": "#ffffff",
    "accent": "#0a58ca",
    "surface_dark": "#171a26",
    "text_dark": "#eef0f6",
    "button_dark": "#c5d2ff",
    "button_text_dark": "#0b1333",
    "accent_dark": "#8fb4ff",
}


def texts(language: str) -> dict[str, str]:
    """Return the script's texts with what a notice fills in, as the service serves them."""
    catalogue: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))[
        "texts"
    ]
    words = {
        "uses": _WORDS[language]["uses"],
        "gpc": _WORDS[language]["ads"][0],
        "controller": "Leiden University",
        "recipients": "3",
        "control": catalogue["control.label"],
        **{
            name: catalogue[f"button.{name}"]
            for name in ("accept_all", "refuse_all", "choose", "withdraw_all")
        },
    }
    shown = {}
    for key, text in catalogue.items():
        if key.partition(".")[0] in _SCRIPT_TEXTS:
            shown[key] = _SITE_WORD.sub(lambda found: str(words.get(found[1], found[0])), text)
    return shown


def script_config(language: str = "en") -> dict[str, Any]:
    categories = [
        {"id": name, "label": label, "description": description, "gpc": name == "ads"}
        for name in CATEGORIES
        for label, description in [_WORDS[language][name]]
    ]
    return {
        "api": API,
        "preferences": "/consent/sites/programme/preferences",
        "policy": "/consent/sites/programme/policy",
        "privacy": "/privacy",
        "cookie": "consent",
        "first_party": True,
        "day": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        "scope": SCOPE,
        "earlier": {},
        "days": {"consent": 180, "refusal": 180},
        "token": f"token-{language}",
        "language": language,
        "languages": ["en", "nl"],
        "dir": "ltr",
        "categories": categories,
        "trackers": [
            {"name": "_ads_*", "category": "ads", "kind": "cookie"},
            {"name": "ads-*", "category": "ads", "kind": "local_storage"},
            {"name": "ads-tab", "category": "ads", "kind": "session_storage"},
            {"name": "ads-db", "category": "ads", "kind": "indexed_db"},
            {"name": "filters", "category": "functional", "kind": "cookie", "path": "/programmes"},
        ],
        "providers": {TRACKER: "Demo Tracker Ltd"},
        "groups": ["programme", "admissions"],
        "theme": {"position": THEME["position"], "css": script_rules(THEME)},
        "texts": texts(language),
    }  # fmt: skip


def day(offset: int = 0) -> str:
    """Return a day, YYYYMMDD, so many days from today (UTC)."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(days=offset)).strftime("%Y%m%d")


def choice_cookie(
    *granted: str,
    scope: str = SCOPE,
    chosen: str = "",
    ends: str = "",
    signature: str = "sig",
    categories: Iterable[str] = CATEGORIES,
) -> str:
    """Return a choice cookie in which those categories are allowed and the others refused."""
    choices = "_".join(f"{name}-{int(name in granted)}" for name in categories)
    return f"1.k1.{scope}.{choices}.{chosen or day()}.{ends or day(180)}.{signature}"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that reached the server."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Website:
    """What is served, how the service behaves (a status, or "down"), and what was asked for."""

    port: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=script_config)
    newer: dict[str, dict[str, Any]] = field(default_factory=dict)
    auto: dict[str, Any] | None = None
    behaviour: int | str = 201
    #: For how long the service keeps acts waiting; the end of it lets those go that wait.
    delay_seconds: float = 0
    #: What ends the pause in a page; without it, half a second does.
    goes_on_when: Callable[[], object] | None = None
    seen: list[Seen] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def tag(self, name: str) -> str:
        """Return the address of a third-party script that notes its name when it runs."""
        return self.url(f"/tag/{name}.js", TRACKER)

    def page(
        self,
        body: str = "",
        *,
        path: str = "/",
        head: str = "",
        lang: str = "en",
        script: str = f'<script src="{SCRIPT}" defer></script>',
    ) -> str:
        """Put a page in place and return its address."""
        self.pages[path] = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>Programme</title>{script}{head}</head>"
            f"<body>{body or '<main><h1>Programme</h1><a href=/>Home</a></main>'}</body></html>"
        )
        return self.url(path)

    def config_in(self, language: str) -> dict[str, Any]:
        """Return the newest configuration in a language; the script's own may be older."""
        if language in self.newer:
            return self.newer[language]
        fresh = script_config(language)
        return {**copy.deepcopy(self.config), **{k: fresh[k] for k in _BY_LANGUAGE}}

    @property
    def acts(self) -> list[Any]:
        """Return what was sent to the service as choices, oldest first."""
        return [one.json for one in self.seen if one.method == "POST" and "/consents" in one.path]

    def acts_by_id(self) -> list[Any]:
        """Return them without repeats: an act whose answer was not awaited is sent once more."""
        return list({act["submission_id"]: act for act in self.acts}.values())

    def paths(self, host: str = "localhost") -> list[str]:
        return [seen.path for seen in self.seen if seen.host == host]

    def hosts(self) -> set[str]:
        return {seen.host for seen in self.seen}


_BY_LANGUAGE = ("language", "texts", "categories", "token")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    website: Website

    def do_GET(self) -> None:
        self._note("")
        path, _, query = self.path.partition("?")
        if path == SCRIPT:
            pinned: dict[str, list[str]] = {"languages": []} if "lang" in parse_qs(query) else {}
            line = composed(self.website.config | pinned)
            self._answer(line + BUNDLE.read_bytes(), "text/javascript")
        elif path == AUTO:
            start = CONFIG_PREFIX + json.dumps(self.website.auto)
            self._answer(f"{start};\n{BLOCKER.read_text('utf-8')}".encode(), "text/javascript")
        elif path == f"{API}/notice":
            language = parse_qs(query).get("lang", ["en"])[0]
            self._answer_json(200, {"config": packed(self.website.config_in(language))})
        elif path.startswith("/tag/"):
            if "slow" in path:
                time.sleep(0.3)
            name = Path(path).stem
            self._answer(f"(self.ran=self.ran||[]).push('{name}')".encode(), "text/javascript")
        elif path in self.website.pages:
            body = self.website.pages[path].encode()
            kind = _TYPES.get(Path(path).suffix, "text/html; charset=utf-8")
            self._answer(body, kind, self.website.headers)
        elif path.endswith(".png"):
            self._answer(_PIXEL, "image/png")
        elif path.startswith(("/consent/", "/embed", "/privacy")):
            self._answer(b"<!doctype html><title>Page</title><p>Page", "text/html")
        else:
            self._answer(b"", "text/plain", status=404)

    def do_POST(self) -> None:
        website = self.website
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        behaviour = website.behaviour
        self._note(body)
        if not self.path.endswith("/consents"):
            self._answer(b"", "text/plain", status=204)
            return
        came_at = time.monotonic()
        while time.monotonic() - came_at < website.delay_seconds:
            time.sleep(0.01)
        if behaviour == "down":
            self.close_connection = True
            return
        if behaviour == "new_token" and json.loads(body)["notice_token"] == "token-en":
            self._answer_json(403, {"type": "urn:consent:problem:notice-token-invalid"})
            return
        if isinstance(behaviour, int) and behaviour >= 400:
            slug = "notice-superseded" if behaviour == 409 else "other"
            self._answer_json(behaviour, {"type": f"urn:consent:problem:{slug}"})
            return
        choices = json.loads(body)["choices"]
        granted = [name for name, allowed in choices.items() if allowed]
        scope = website.config_in("en")["scope"]
        value = choice_cookie(*granted, scope=scope, categories=choices)
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=180)).isoformat()
        answer: dict[str, Any] = {"choices": choices, "valid_until": until}
        headers = {}
        if website.config["first_party"]:
            headers["Set-Cookie"] = f"consent={value}; Path=/; Max-Age=15552000; SameSite=Lax"
        else:
            answer["cookie"] = value
        self._answer_json(201, answer, headers)

    def do_OPTIONS(self) -> None:
        self._note("")
        self._answer(b"", "text/plain", {"Access-Control-Allow-Headers": "content-type"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Tests read `Website.seen` instead."""

    def _note(self, body: str) -> None:
        host = self.headers["Host"].partition(":")[0]
        seen = Seen(self.command, host, self.path, dict(self.headers), body)
        self.website.seen.append(seen)

    def _answer_json(
        self, status: int, value: Any, headers: Mapping[str, str] | None = None
    ) -> None:
        kind = "application/json" if status < HTTPStatus.BAD_REQUEST else "application/problem+json"
        self._answer(json.dumps(value).encode(), kind, headers, status)

    def _answer(
        self,
        body: bytes,
        kind: str,
        headers: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        origin = self.headers.get("Origin")
        if origin and urlsplit(origin).hostname != self.headers["Host"].partition(":")[0]:
            self.send_header("Access-Control-Allow-Origin", origin)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        first, pause, rest = body.partition(PAUSE)
        self.wfile.write(first)
        if pause:
            # The browser parses, and shows, what it has.
            came_at, goes_on = time.monotonic(), self.website.goes_on_when
            longest = PAUSE_SECONDS if goes_on is None else LONGEST_PAUSE_SECONDS
            while time.monotonic() - came_at < longest and not (goes_on and goes_on()):
                time.sleep(0.01)
            self.wfile.write(pause + rest)


@contextmanager
def running_website() -> Iterator[Website]:
    """Serve a website on a free loopback port."""
    website = Website()
    handler = type("Handler", (_Handler,), {"website": website})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    website.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield website
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
