"""The pages people see, in one blueprint: preferences, receipts, policies, notices, errors."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from consent.core.catalogue import LANGUAGES
from consent.core.texts import parse_accept_language, pick_language
from consent.errors import ConsentError
from consent.services.sites import LiveSite
from consent.web import access, archive, preferences, receipts, transparency, verify
from consent.web.context import live_site
from consent.web.frame import link, stylesheet_link, theme_css, theme_digest
from consent.web.markup import linked
from consent.web.problems import Problem
from consent.web.wording import plain_words

DEFAULT_LANGUAGE = "en"

# Errors of which the problem's own detail says more than the page's text, to a developer.
_TECHNICAL = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)

blueprint = Blueprint("pages", __name__)
blueprint.register_blueprint(preferences.blueprint)
blueprint.register_blueprint(receipts.blueprint)
blueprint.register_blueprint(access.blueprint)
blueprint.register_blueprint(verify.blueprint)
blueprint.register_blueprint(transparency.blueprint)
blueprint.register_blueprint(archive.policies)
blueprint.register_blueprint(archive.notices)
blueprint.add_app_template_filter(linked)


@blueprint.get("/sites/<site_id>/theme.css")
def theme(site_id: str) -> ResponseReturnValue:
    """Serve a site's colours at an address that changes with them."""
    site = live_site(site_id)
    digest = theme_digest(site.notice)
    response = Response(theme_css(site.notice), mimetype="text/css")
    is_pinned = request.args.get("v") == digest
    response.headers["Cache-Control"] = archive.FOR_EVER if is_pinned else archive.CURRENT
    response.set_etag(digest)
    return response.make_conditional(request)


def error_context(problem: Problem) -> dict[str, Any]:
    """Return what error.html prints of a problem, in the reader's language; it never raises."""
    site = _known_site()
    words = plain_words(_language())
    key = _text_key(problem.status, words.texts)
    mount = request.script_root if site is None else site.deployment.mount
    return {
        "t": words,
        "heading": words(f"{key}.title"),
        "message": words(f"{key}.text"),
        "technical": problem.detail if problem.status in _TECHNICAL else None,
        "incident": problem.extra.get("incident"),
        "site_name": None if site is None else _site_name(site, words.language),
        "home": None if site is None else f"{site.deployment.origins[0]}/",
        "back": None if site is None else link(site, "pages.preferences.show", lang=words.language),
        "styles": [stylesheet_link(mount), *([] if site is None else [_theme(site)])],
        "language_links": (),
        "links": {},
    }


def _known_site() -> LiveSite | None:
    site_id = (request.view_args or {}).get("site_id")
    try:
        return None if site_id is None else live_site(site_id)
    except (ConsentError, SQLAlchemyError):
        return None


def _language() -> str:
    pinned = request.args.get("lang")
    header = request.headers.get("Accept-Language", "")
    wanted = [pinned] if pinned else parse_accept_language(header)
    return pick_language(wanted, LANGUAGES, DEFAULT_LANGUAGE)


def _text_key(status: int, texts: Any) -> str:
    if f"error.{status}.title" in texts:
        return f"error.{status}"
    return "error.400" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "error.500"


def _site_name(site: LiveSite, language: str) -> str:
    notice = site.notice
    return notice.site_name(language if language in notice.languages else notice.default_language)


def _theme(site: LiveSite) -> str:
    return link(site, "pages.theme", v=theme_digest(site.notice))
