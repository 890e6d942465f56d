"""What a visitor was shown before an act: the words of that version in that language, and pictures.

Only what stood on the layer that the visitor acted on; the notice itself has all the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from consent.core.catalogue import load_language
from consent.core.model import Control
from consent.core.notice import Notice
from consent.errors import NotFoundError
from consent.services.noticing import find_published_notice
from consent.services.picturing import LAYERS, VIEWPORTS
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.store.events import StoredEvent
from consent.store.pictures import Picture
from consent.web.console.records_words import place_of, spoken_in, text_of
from consent.web.console.words import ConsoleWords

_BUTTONS = {
    "banner": ("button.refuse_all", "button.accept_all", "button.choose"),
    "dialog": ("button.refuse_all", "button.accept_all", "button.save"),
    "page": ("button.refuse_all", "button.accept_all", "button.save"),
    "control": ("control.label", "button.withdraw_all"),
    "embed": ("embed.allow_always",),
}
_WITHDRAW = "button.withdraw_all"  # on the page as well, while something is allowed
_TITLES = {
    "banner": ("banner.title", "banner.intro"),
    "dialog": ("dialog.title", "dialog.intro"),
    "page": ("page.title", "page.intro"),
    "control": (None, None),
    "embed": (None, "embed.blocked"),
}
_WITH_CATEGORIES = ("banner", "dialog", "page")


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

    `place` says where it was. Where no picture shows that, `others` are pictures of what else the
    same version had in that language, and `lacking` says so.
    """

    digest: str
    scope: str
    published: str
    is_current: bool
    is_genuine: bool
    tag: str
    direction: str
    language: str
    place: str
    title: str
    intro: str
    categories: tuple[tuple[str, str], ...]
    buttons: tuple[str, ...]
    pictures: tuple[ShownPicture, ...]
    others: tuple[ShownPicture, ...]
    lacking: str
    address: str


def shown_notice(
    session: AnySession,
    site: LiveSite,
    stored: StoredEvent,
    notice: Notice,
    words: ConsoleWords,
    *,
    was_granted: bool,
) -> ShownNoticeView:
    """Return what stood before the visitor when the act was made.

    `was_granted` says that consent given before counted then.
    """
    event, place = stored.event, place_of(stored.event)
    language = spoken_in(notice, event.language)
    title, intro = _TITLES[place]
    kept: tuple[Picture, ...] = ()
    published, is_current = words("proof.shown.undated"), False
    try:
        found = find_published_notice(session, site, event.notice)
        published, is_current = words.date(found.published_at), found.is_current
        kept = found.pictures
    except NotFoundError:  # the notice is there, and nothing says when it was published
        pass
    own, others = _pictures(stored, place, kept)
    return ShownNoticeView(
        digest=event.notice,
        scope=event.scope,
        published=published,
        is_current=is_current,
        is_genuine=notice.hash == event.notice and notice.scope == event.scope,
        tag=language,
        direction=load_language(language).direction,
        language=load_language(language).name,
        place=words(f"records.layer.{place}"),
        title=_text(notice, language, title),
        intro=_text(notice, language, intro),
        categories=tuple(
            (str(one["label"]), str(one["description"]))
            for one in notice.category_texts(language)
            if place in _WITH_CATEGORIES
        ),
        buttons=tuple(
            _text(notice, language, key)
            for key in _buttons(
                place, can_withdraw=was_granted or event.control is Control.WITHDRAW_ALL
            )
        ),
        pictures=tuple(_shown_picture(site, one, words) for one in own),
        others=tuple(_shown_picture(site, one, words) for one in others),
        lacking="" if own else _lacking(place, kept, words),
        address=f"{site.deployment.service_url}/sites/{site.id}/notices/{event.notice}"
        f"?lang={language}",
    )


def _buttons(place: str, *, can_withdraw: bool) -> tuple[str, ...]:
    """Return the keys of the labels of the buttons that stood there."""
    return (*_BUTTONS[place], _WITHDRAW) if place == "page" and can_withdraw else _BUTTONS[place]


def _text(notice: Notice, language: str, key: str | None) -> str:
    return "" if key is None else _filled(notice, text_of(notice, language, key), language)


def _lacking(place: str, kept: tuple[Picture, ...], words: ConsoleWords) -> str:
    if not kept:
        return words("proof.picture.none")
    key = "none_here" if place in LAYERS else "none_of"
    return words(f"proof.picture.{key}", layer=words(f"records.layer.{place}"))


def _filled(notice: Notice, text: str, language: str) -> str:
    values = {
        "controller": notice.controller_name,
        "recipients": notice.recipient_count,
        "site": notice.site_name(language),
        "provider": "…",  # whose content it was, and so which category, is not recorded
        "category": "…",
    }
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _pictures(
    stored: StoredEvent, place: str, kept: tuple[Picture, ...]
) -> tuple[list[Picture], list[Picture]]:
    """Return the pictures of the place in the language of an act; without any, the other ones."""
    spoken = [one for one in kept if one.language == stored.event.language]
    own = _of_build(stored, [one for one in spoken if one.layer == place])
    return own, [] if own else _of_build(stored, spoken)


def _of_build(stored: StoredEvent, pictures: list[Picture]) -> list[Picture]:
    """Return those of the same build where there are any."""
    return [one for one in pictures if one.build == stored.event.build] or pictures


def _shown_picture(site: LiveSite, picture: Picture, words: ConsoleWords) -> ShownPicture:
    width, height = VIEWPORTS[picture.viewport]
    layer = words(f"records.layer.{picture.layer}")
    return ShownPicture(
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
