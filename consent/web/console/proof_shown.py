"""What a visitor was shown before an act: the words of that version in that language, and pictures.

Only what stood on the layer that the visitor acted on; the notice itself has all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from consent.core.catalogue import load_language
from consent.core.model import Layer
from consent.core.notice import Notice
from consent.errors import NotFoundError
from consent.services.noticing import find_published_notice
from consent.services.picturing import VIEWPORTS
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.store.events import StoredEvent
from consent.store.pictures import Picture
from consent.web.console.words import ConsoleWords

_BUTTONS = {
    Layer.BANNER: ("refuse_all", "accept_all", "choose"),
    Layer.DIALOG: ("refuse_all", "accept_all", "save"),
    Layer.PAGE: ("refuse_all", "accept_all", "save"),
}
_TITLES = {
    Layer.BANNER: ("banner.title", "banner.intro"),
    Layer.DIALOG: ("dialog.title", "dialog.intro"),
    Layer.PAGE: ("page.title", "page.intro"),
}


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture with the words that stand for it."""

    digest: str
    src: str
    alt: str
    taken: str
    viewport: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ShownNoticeView:
    """One layer of a notice as it was shown. `is_genuine` says that its digest was just computed.

    `others` are further pictures of the same version: of another layer, or another build.
    """

    digest: str
    scope: str
    published: str
    is_current: bool
    is_genuine: bool
    tag: str
    direction: str
    language: str
    layer: str
    title: str
    intro: str
    categories: tuple[tuple[str, str], ...]
    buttons: tuple[str, ...]
    pictures: tuple[ShownPicture, ...]
    address: str


def shown_notice(
    session: AnySession, site: LiveSite, stored: StoredEvent, notice: Notice, words: ConsoleWords
) -> ShownNoticeView:
    """Return what stood before the visitor when the act was made."""
    event = stored.event
    language = event.language if event.language in notice.languages else notice.default_language
    texts = {key: _filled(notice, text, language) for key, text in notice.texts(language).items()}
    title, intro = _TITLES[event.layer]
    try:
        found = find_published_notice(session, site, event.notice)
        published, is_current = words.date(found.published_at), found.is_current
        pictures = tuple(_pictures(site, stored, found.pictures, words))
    except NotFoundError:  # the notice is there, and nothing says when it was published
        published, is_current, pictures = words("proof.shown.undated"), False, ()
    return ShownNoticeView(
        digest=event.notice,
        scope=event.scope,
        published=published,
        is_current=is_current,
        is_genuine=notice.hash == event.notice and notice.scope == event.scope,
        tag=language,
        direction=load_language(language).direction,
        language=load_language(language).name,
        layer=words(f"records.layer.{event.layer.value}"),
        title=texts.get(title, ""),
        intro=texts.get(intro, ""),
        categories=tuple(
            (str(one["label"]), str(one["description"])) for one in notice.category_texts(language)
        ),
        buttons=tuple(texts[f"button.{name}"] for name in _BUTTONS[event.layer]),
        pictures=pictures,
        address=f"{site.deployment.service_url}/sites/{site.id}/notices/{event.notice}"
        f"?lang={language}",
    )


def _filled(notice: Notice, text: str, language: str) -> str:
    values = {
        "controller": notice.controller_name,
        "recipients": notice.recipient_count,
        "site": notice.site_name(language),
    }
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _pictures(
    site: LiveSite, stored: StoredEvent, pictures: tuple[Picture, ...], words: ConsoleWords
) -> Iterator[ShownPicture]:
    """Give the pictures of the layer and language; of the same build where there are any."""
    event = stored.event
    own = [
        one for one in pictures if one.language == event.language and one.layer == event.layer.value
    ]
    exact = [one for one in own if one.build == event.build]
    for picture in exact or own:
        width, height = VIEWPORTS[picture.viewport]
        layer = words(f"records.layer.{picture.layer}")
        yield ShownPicture(
            digest=picture.sha256,
            src=url_for(
                "console.records_picture",
                site=site.id,
                notice_hash=picture.notice_hash,
                sha256=picture.sha256,
            ),
            alt=words(f"proof.picture.{picture.viewport}", layer=layer),
            taken=words("proof.picture.taken", date=words.date(picture.taken_at)),
            viewport=picture.viewport,
            width=width,
            height=height,
        )
