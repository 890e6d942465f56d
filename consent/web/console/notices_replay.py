"""Show a version again as it was: the stored script itself, at work in a sealed frame.

The frame is a document without an origin: it has no cookies and no storage, can reach nobody, and
what is pressed in it ends there. Its policy lets only the scripts run that we put into it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from consent.bundled import bundled
from consent.core.catalogue import load_language
from consent.core.deployment import Deployment
from consent.core.notice import Notice
from consent.core.roles import Permission
from consent.core.script_line import composed
from consent.services.builds import script_build, script_content
from consent.services.picturing import VIEWPORTS
from consent.services.proposals import find_state
from consent.services.sites import LiveSite
from consent.services.unpublished import served_with
from consent.services.versions import (
    Version,
    find_version,
    list_versions,
    log_entries,
    notice_of,
    script_builds,
    uses_blocker,
)
from consent.store.database import db
from consent.web.console.frame import page
from consent.web.console.notices_text import language_of, tongues
from consent.web.console.routing import RECORDED_BY_SERVICE, console_route
from consent.web.console.visit import visit
from consent.web.context import service
from consent.web.headers import PAGE_POLICY
from consent.web.script import drawn_config

LAYERS = ("banner", "dialog")


@console_route(
    "/sites/<site>/notices/<int:number>/replay",
    permission=Permission.READ_NOTICES,
    look="notice:replay",
)
def notices_replay(site: LiveSite, number: int) -> ResponseReturnValue:
    version = find_version(list_versions(db.session, site.id), number)
    notice = notice_of(db.session, version)
    entries = log_entries(db.session, version)
    builds = script_builds(db.session, entries)
    visit().note(notice=notice.hash)
    return _page(
        site,
        notice,
        {"number": number},
        name=visit().words("notices.version", number=number),
        builds=builds,
        has_blocker=uses_blocker(entries),
    )


@console_route(
    "/sites/<site>/notices/<int:number>/replay/frame",
    permission=Permission.READ_NOTICES,
    look=RECORDED_BY_SERVICE,  # by the page around it
)
def notices_replay_frame(site: LiveSite, number: int) -> ResponseReturnValue:
    version = find_version(list_versions(db.session, site.id), number)
    content = _build(version)
    if content is None:
        raise NotFound
    return _frame(notice_of(db.session, version), version.publication.deployment, content)


@console_route(
    "/sites/<site>/notices/proposals/<proposal_id>/replay",
    permission=Permission.READ_NOTICES,
    look="proposal:replay",
)
def notices_draft(site: LiveSite, proposal_id: str) -> ResponseReturnValue:
    """Show what is proposed, as today's script would draw it."""
    state = find_state(db.session, site.id, proposal_id)
    visit().note(subject_id=state.stored.id, digest=state.stored.digest)
    return _page(
        site,
        state.notice,
        {"proposal_id": proposal_id},
        name=visit().words("notices.proposal"),
        builds={script_build(): script_content()},
        has_blocker=state.deployment.blocking.automatic,
    )


@console_route(
    "/sites/<site>/notices/proposals/<proposal_id>/replay/frame",
    permission=Permission.READ_NOTICES,
    look=RECORDED_BY_SERVICE,  # by the page around it
)
def notices_draft_frame(site: LiveSite, proposal_id: str) -> ResponseReturnValue:
    state = find_state(db.session, site.id, proposal_id)
    return _frame(state.notice, state.deployment, script_content())


def _page(
    site: LiveSite,
    notice: Notice,
    place: Mapping[str, Any],
    *,
    name: str,
    builds: Mapping[str, bytes],
    has_blocker: bool,
) -> ResponseReturnValue:
    current = visit()
    endpoint = "console.notices_draft" if "proposal_id" in place else "console.notices_replay"
    tag = language_of(notice, request.args.get("lang"), current.words.language)
    asked = {
        "layer": _one_of("layer", LAYERS),
        "size": _one_of("size", tuple(VIEWPORTS)),
        "build": _one_of("build", tuple(builds)[::-1]) if builds else "",
    }

    def href(**changes: str) -> str:
        return url_for(endpoint, site=site.id, **{**place, "lang": tag, **asked, **changes})

    frame = url_for(f"{endpoint}_frame", site=site.id, **{**place, "lang": tag, **asked})
    response = make_response(
        page(
            "notices_replay.html",
            name=name,
            place=place,
            tag=tag,
            asked=asked,
            layers=[(one, href(layer=one)) for one in LAYERS],
            sizes=[(one, href(size=one)) for one in VIEWPORTS],
            builds=[(one, href(build=one)) for one in builds],
            spoken_in=tongues(notice, tag, lambda one: href(lang=one)),
            frame=frame if builds and notice.categories else None,
            width=VIEWPORTS[asked["size"]][0],
            height=VIEWPORTS[asked["size"]][1],
            has_categories=bool(notice.categories),
            has_blocker=has_blocker,
        )
    )
    response.headers["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src 'self'"
    return response


def _frame(notice: Notice, deployment: Deployment, script: bytes) -> ResponseReturnValue:
    """Return a page on which a script draws a notice; it can do nothing else."""
    tag = language_of(notice, request.args.get("lang"), notice.default_language)
    config = drawn_config(served_with(notice, deployment), tag, now=service().now_ms())
    config |= {
        "api": "/",
        "preferences": "#",
        "policy": "#",
        "privacy": "#",
        "cookie": "replay",
        "first_party": True,
        "languages": [tag],
    }
    nonce = secrets.token_urlsafe(16)
    response = make_response(
        render_template(
            "console/notices_frame.html",
            tag=tag,
            direction=load_language(tag).direction,
            name=notice.site_name(tag),
            layer=_one_of("layer", LAYERS),
            nonce=nonce,
            before=_inline((bundled("static/js/pages") / "console-replay.js").read_bytes()),
            style=_inline((bundled("static/css") / "preview_frame.css").read_bytes()),
            line=_inline(composed(config).replace(b"<", b"\\u003c")),
            script=_inline(script),
        )
    )
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-scripts"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _build(version: Version) -> bytes | None:
    """Return the script that is asked for, if it was served with this version."""
    builds = script_builds(db.session, log_entries(db.session, version))
    return builds.get(request.args.get("build", ""))


def _inline(content: bytes) -> Markup:
    """Return what may stand between tags; nothing in it may end them."""
    text = content.decode()
    if "</" in text and ("</script" in text.lower() or "</style" in text.lower()):
        raise NotFound
    return Markup(text)  # noqa: S704 -- our own files, and JSON without any <


def _one_of(name: str, options: tuple[str, ...]) -> str:
    asked = request.args.get(name)
    return asked if asked in options else options[0]
