"""Published documents as pages and downloads: cookie policies, and notices as they were shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from consent.core.canonical import canonical_bytes
from consent.core.texts import parse_accept_language, pick_language
from consent.services.noticing import (
    PolicyVersion,
    PublishedNotice,
    PublishedPolicy,
    find_published_notice,
    find_published_policy,
    get_published_picture,
)
from consent.services.picturing import VIEWPORTS
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.pictures import Picture
from consent.web.context import live_site
from consent.web.frame import link, render_page
from consent.web.inventory import (
    shown_categories,
    shown_exempt,
    shown_necessary,
    shown_recipients,
)
from consent.web.wording import Words, words_of

CURRENT = "public, max-age=300"
ARCHIVED = "public, max-age=86400, immutable"  # its styles may change with the service, not it
FOR_EVER = "public, max-age=31536000, immutable"

_SMALL = "phone"  # the viewport in which a text may be longer than its place

policies = Blueprint("policy", __name__)
notices = Blueprint("notices", __name__)


@dataclass(frozen=True, slots=True)
class VersionLink:
    """An earlier version of a policy: since when, and where it stays."""

    label: str
    href: str
    version: str


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture with the words that stand for it, and its size in pixels."""

    src: str
    alt: str
    taken: str
    scrolls: bool
    build: str
    width: int
    height: int
    digest: str


@policies.get("/sites/<site_id>/policy")
def current(site_id: str) -> ResponseReturnValue:
    site = live_site(site_id)
    return _policy(site, find_published_policy(db.session, site), CURRENT)


@policies.get("/sites/<site_id>/policy/<version>")
def archived(site_id: str, version: str) -> ResponseReturnValue:
    site = live_site(site_id)
    return _policy(site, find_published_policy(db.session, site, version), ARCHIVED)


@notices.get("/sites/<site_id>/notices/<notice_hash>")
def show(site_id: str, notice_hash: str) -> ResponseReturnValue:
    site = live_site(site_id)
    found = find_published_notice(db.session, site, notice_hash)
    if _wants_json():
        return _document(found.notice.document, f"notice-{notice_hash}.json", FOR_EVER)
    notice = found.notice
    language = _language(notice.languages, notice.default_language)
    words = words_of(notice, language)
    addresses = {
        tag: link(site, "pages.notices.show", notice_hash=notice_hash, lang=tag)
        for tag in notice.languages
    }
    context = _notice_context(site, found, words)
    body = render_page(site, "notice.html", words, addresses=addresses, **context)
    return _page(body, language, CURRENT)


@notices.get("/sites/<site_id>/notices/<notice_hash>/pictures/<sha256>")
def picture(site_id: str, notice_hash: str, sha256: str) -> ResponseReturnValue:
    found = get_published_picture(db.session, live_site(site_id), notice_hash, sha256)
    return _cached(Response(found.content, mimetype=found.media_type), FOR_EVER)


def _policy(site: LiveSite, found: PublishedPolicy, caching: str) -> Response:
    document, version = found.document, found.version.version
    if _wants_json():
        is_stable = caching is not CURRENT
        name = f"cookie-policy-{version}.json"
        return _document(document, name, FOR_EVER if is_stable else CURRENT)
    language = _language(list(document["languages"]), document["default_language"])
    words = words_of(site.notice, language)
    endpoint, values = request.endpoint or "", request.view_args or {}
    own = {name: value for name, value in values.items() if name != "site_id"}
    # The canonical document has lost the order in which the site names its languages.
    tags = sorted(document["languages"], key=_place_in(site.notice.languages))
    addresses = {tag: link(site, endpoint, lang=tag, **own) for tag in tags}
    body = render_page(
        site,
        "policy.html",
        words,
        addresses=addresses,
        policy=document["languages"][language],
        version=version,
        published=words.date(found.version.published_at),
        is_current=found.is_current,
        is_archive_page=caching is not CURRENT,
        earlier=[_version_link(site, one, words) for one in found.earlier],
        stable=link(site, "pages.policy.archived", version=version, lang=language),
        download=link(site, "pages.policy.archived", version=version, format="json"),
        transparency=link(site, "pages.transparency.published"),
    )
    return _page(body, language, caching)


def _place_in(order: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    return lambda tag: (order.index(tag) if tag in order else len(order), tag)


def _version_link(site: LiveSite, one: PolicyVersion, words: Words) -> VersionLink:
    href = link(site, "pages.policy.archived", version=one.version, lang=words.language)
    label = words("page.archive.version_of", date=words.date(one.published_at))
    return VersionLink(label, href, one.version)


def _notice_context(site: LiveSite, found: PublishedNotice, words: Words) -> dict[str, Any]:
    notice = found.notice
    categories = shown_categories(notice, words)
    texts = notice.texts(words.language)
    return {
        "notice": notice,
        "shown": _shown_texts(notice.document, texts, notice.recipient_count),
        "all_texts": sorted(texts.items()),
        "pictures": [
            _shown_picture(site, picture, words)
            for picture in found.pictures
            if picture.language == words.language
        ],
        "categories": categories,
        "digests": notice.digests,
        "necessary": shown_necessary(notice, words),
        "exempt": shown_exempt(notice, words),
        "recipients": shown_recipients(notice, words),
        "controller": notice.document["controller"],
        "published": words.date(found.published_at),
        "is_current": found.is_current,
        "hosts": words.list(notice.document["hosts"]),
        "privacy_url": notice.privacy_url(words.language),
        "download": link(site, "pages.notices.show", notice_hash=notice.hash, format="json"),
    }


def _shown_picture(site: LiveSite, picture: Picture, words: Words) -> ShownPicture:
    width, height = VIEWPORTS[picture.viewport]
    what = words(f"notice.picture.{picture.layer}")
    return ShownPicture(
        src=link(
            site, "pages.notices.picture", notice_hash=picture.notice_hash, sha256=picture.sha256
        ),
        alt=f"{what}, {words(f'notice.picture.{picture.viewport}')}",
        taken=words("notice.picture.taken", moment=words.moment(picture.taken_at)),
        scrolls=picture.viewport == _SMALL,
        build=words("notice.picture.build", build=picture.build[:16]),
        width=width,
        height=height,
        digest=picture.sha256,
    )


def _shown_texts(
    document: Mapping[str, Any], texts: Mapping[str, str], recipients: int
) -> dict[str, str]:
    """Return the texts of both layers with what the script fills in."""
    filled = {"controller": document["controller"]["name"], "recipients": recipients}
    shown = {}
    for key, text in texts.items():
        for name, value in filled.items():
            text = text.replace(f"{{{name}}}", str(value))  # noqa: PLW2901
        shown[key] = text
    return shown


def _wants_json() -> bool:
    wanted = request.args.get("format")
    if wanted not in (None, "json"):
        raise BadRequest("The only other format is json.")
    return wanted == "json"


def _language(offered: tuple[str, ...] | list[str], default: str) -> str:
    pinned = request.args.get("lang")
    header = request.headers.get("Accept-Language", "")
    return pick_language([pinned] if pinned else parse_accept_language(header), offered, default)


def _document(document: Mapping[str, Any], name: str, caching: str) -> Response:
    """Return a document in the very bytes whose SHA-256 it is named by."""
    response = Response(canonical_bytes(document), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _cached(response, caching)


def _page(body: str, language: str, caching: str) -> Response:
    response = Response(body, mimetype="text/html")
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return _cached(response, caching)


def _cached(response: Response, caching: str) -> Response:
    response.headers["Cache-Control"] = caching
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response
