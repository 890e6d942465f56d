"""The preview of a site's file: every state, size and scheme of its banner, and what the gate says.

It is an application of its own, without a database, keys or any of the service's addresses, for
one person on one machine. Each frame runs the script itself; its acts are answered "busy", its
storage is made of memory, and its cookies have names of their own, so that frames do not meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, render_template, request

from consent.bundled import bundled
from consent.core.answer import SCOPE_DIGITS, Answer
from consent.core.catalogue import load_language
from consent.core.equality import Pair, inequalities
from consent.core.finding import Finding
from consent.core.gate_theme import contrasts
from consent.core.model import Site, Theme
from consent.core.script_line import composed
from consent.core.theme import COLOURS, DARK, POSITIONS
from consent.core.times import MILLIS_PER_DAY, day_of
from consent.services.builds import script_content
from consent.services.unpublished import as_served
from consent.web.script import drawn_config

EARLIER_SCOPE = "a" * SCOPE_DIGITS
HOSTS = ("127.0.0.1", "localhost")

_TEMPLATES = Path(__file__).parents[1] / "templates"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class State:
    """Something a visitor may see, and how the page of the preview shows it."""

    id: str
    name: str
    about: str


STATES = (
    State("first", "First layer", "A visitor who has not chosen yet."),
    State("dialog", "Second layer", "After “Choose”: one switch for each category, all off."),
    State("renewal", "Asked again", "The scope of one category changed; the rest stays."),
    State("gpc", "With Global Privacy Control", "The browser says no for the visitor."),
    State("embed", "Placeholder and control", "Everything refused: an embed waits to be asked."),
    State("granted", "Control with withdrawal", "Something is allowed: one click withdraws."),
    State("status", "Message", "The server did not answer; the choice counts here already."),
    State("mirrored", "Mirrored", "The first layer as in a language from right to left."),
)
_BY_ID = {state.id: state for state in STATES}


def create_preview(
    site: Site, findings: Sequence[Finding], pairs: Sequence[Pair], unmeasured: str, *, now: int
) -> Flask:
    """Return the preview of a site; `unmeasured` says why there are no pairs, if there are none."""
    app = Flask("consent.preview", template_folder=str(_TEMPLATES), static_folder=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_url_rule(
        "/", view_func=partial(_overview, site, findings, pairs, unmeasured), endpoint="overview"
    )
    app.add_url_rule("/frame", view_func=partial(_frame, site), endpoint="frame")
    app.add_url_rule("/script.js", view_func=partial(_script, site, now), endpoint="script")
    app.add_url_rule("/embedded", view_func=lambda: "Embedded content", endpoint="embedded")
    app.add_url_rule("/theme.css", view_func=partial(_swatches, site.theme), endpoint="theme")
    app.add_url_rule("/files/<name>", view_func=_file, endpoint="file")
    app.add_url_rule("/api/<path:_path>", view_func=_busy, endpoint="api", methods=["GET", "POST"])
    app.before_request(_refuse_other_hosts)
    app.after_request(_protect)
    return app


def _overview(
    site: Site, findings: Sequence[Finding], pairs: Sequence[Pair], unmeasured: str
) -> str:
    language = _language(site)
    return render_template(
        "preview.html",
        site_id=site.id,
        language=language,
        languages=[(tag, load_language(tag)) for tag in site.languages],
        states=[one for one in STATES if site.categories],
        positions=POSITIONS,
        theme=site.theme,
        colours=[(name, getattr(site.theme, name), getattr(site.theme, name + DARK))
                 for name in COLOURS],
        findings=findings,
        contrasts=list(contrasts(site.theme)),
        measured=_measured(pairs),
        widths=sorted({pair.view[0] for pair in pairs}),
        unmeasured=unmeasured,
        drawings=len(pairs),
        unequal=sum(1 for pair in pairs if any(inequalities(pair))),
    )  # fmt: skip


def _measured(pairs: Sequence[Pair]) -> dict[str, dict[tuple[str, int], Pair]]:
    """Return what is shown of each language: by layer and width, by day, or what is wrong."""
    rows: dict[str, dict[tuple[str, int], Pair]] = {}
    for pair in pairs:
        cells = rows.setdefault(pair.language, {})
        key = (pair.layer, pair.view[0])
        if key not in cells or any(inequalities(pair)):
            cells[key] = pair
    return rows


def _frame(site: Site) -> str:
    state, scheme = _state(), _scheme()
    return render_template(
        "preview_frame.html",
        language=_language(site),
        state=state.id,
        scheme=scheme,
        query=request.query_string.decode(),
        category=site.categories[0].id if site.categories else "",
    )


def _script(site: Site, now: int) -> Response:
    """Return the script as the site would serve it, its configuration bent to show one state."""
    state, theme = _state(), _of_one_scheme(site.theme, _scheme())
    position = request.args.get("position", theme.position)
    if position not in POSITIONS:
        abort(404)
    served = as_served(replace(site, theme=replace(theme, position=position)))
    config = drawn_config(served, _language(site), now=now)
    config |= {
        "api": "/api",
        "preferences": "#preferences",
        "policy": "#policy",
        "privacy": "#privacy",
        "cookie": f"preview-{state.id}",
        "first_party": True,
        "languages": [config["language"]],
    }
    config["theme"]["css"] += f".consent-ui:not(#_):not(#_){{color-scheme:{_scheme()}}}"
    ids = [one["id"] for one in config["categories"]]
    if state.id == "mirrored":
        config["dir"] = "ltr" if config["dir"] == "rtl" else "rtl"
    if state.id == "renewal":
        config["earlier"] = {EARLIER_SCOPE: ids[-1:]}
    response = Response(composed(config) + script_content(), mimetype="text/javascript")
    if (answer := _answer(state, config["scope"], ids, now)) is not None:
        value = f"1.preview.{answer.text}.unsigned"
        response.set_cookie(config["cookie"], value, samesite="Strict", path="/")
    else:
        response.delete_cookie(config["cookie"], path="/")
    return response


def _answer(state: State, scope: str, ids: Sequence[str], now: int) -> Answer | None:
    """Return the choice a state begins with."""
    granted: Mapping[str, tuple[str, Sequence[str]]] = {
        "renewal": (EARLIER_SCOPE, ids[:1]),
        "embed": (scope, ()),
        "granted": (scope, ids),
    }
    if state.id not in granted:
        return None
    of_scope, allowed = granted[state.id]
    choices = {one: one in allowed for one in ids}
    return Answer(of_scope, choices, day_of(now), day_of(now + 30 * MILLIS_PER_DAY))


def _of_one_scheme(theme: Theme, scheme: str) -> Theme:
    """Return a theme that looks the same by day and by night, since a frame has no choice."""
    suffix = DARK if scheme == "dark" else ""
    colours: dict[str, Any] = {
        name + to: getattr(theme, name + suffix) for name in COLOURS for to in ("", DARK)
    }
    return replace(theme, **colours)


def _swatches(theme: Theme) -> Response:
    """Return the theme's colours as classes, since the policy allows no styles in the page."""
    rules = [
        f".swatch-{name}{suffix} {{ background: {getattr(theme, name + suffix)} }}"
        for name in COLOURS
        for suffix in ("", DARK)
    ]
    return Response("\n".join(rules), mimetype="text/css")


def _file(name: str) -> Response:
    """Return one of the preview's own files."""
    files = {
        "preview.css": "static/css",
        "preview_frame.css": "static/css",
        "before.js": "static/js/tools",
        "after.js": "static/js/tools",
    }
    if name not in files:
        abort(404)
    path = bundled(files[name]) / name
    return Response(path.read_bytes(), mimetype=_TYPES[path.suffix])


def _busy(_path: str) -> tuple[str, int]:
    return "The preview records nothing.", 503


def _language(site: Site) -> str:
    wanted = request.args.get("lang", site.default_language)
    return wanted if wanted in site.languages else abort(404)


def _state() -> State:
    return _BY_ID.get(request.args.get("state", "first")) or abort(404)


def _scheme() -> str:
    return "dark" if request.args.get("scheme") == "dark" else "light"


def _refuse_other_hosts() -> None:
    """Keep other sites from reading the preview by a name of theirs that leads to this machine."""
    if urlsplit(f"//{request.host}").hostname not in HOSTS:
        abort(404)


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
