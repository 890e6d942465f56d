"""A notice as visitors read it, in one of its languages, on the pages of the console."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import url_for

from consent.core.catalogue import load_language
from consent.core.notice import Notice
from consent.services.picturing import LAYERS, VIEWPORTS
from consent.store.pictures import Picture
from consent.web.console.words import ConsoleWords
from consent.web.inventory import (
    ShownCategory,
    ShownRecipient,
    ShownTracker,
    shown_categories,
    shown_exempt,
    shown_necessary,
    shown_recipients,
)
from consent.web.wording import Words, words_of


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language of a notice, and where the same page is in it."""

    tag: str
    name: str
    direction: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture with the words that stand for it."""

    layer: str
    viewport: str
    src: str
    alt: str
    taken: str
    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ShownText:
    """Both layers of a notice in one language, and what is declared in it. `t` are its words."""

    tag: str
    name: str
    direction: str
    t: Words
    texts: dict[str, str]
    categories: list[ShownCategory]
    necessary: list[ShownTracker]
    exempt: list[ShownTracker]
    recipients: list[ShownRecipient]


def tongues(notice: Notice, current: str, href: Callable[[str], str]) -> list[Tongue]:
    """Return the languages of a notice, in its order."""
    found = []
    for tag in notice.languages:
        language = load_language(tag)
        found.append(Tongue(tag, language.name, language.direction, href(tag), tag == current))
    return found


def language_of(notice: Notice, asked: str | None, own: str) -> str:
    """Return the language asked for, else the reader's, else the notice's."""
    return next((one for one in (asked, own) if one in notice.languages), notice.default_language)


def shown_text(notice: Notice, tag: str) -> ShownText:
    language, words = load_language(tag), words_of(notice, tag)
    return ShownText(
        tag=tag,
        name=language.name,
        direction=language.direction,
        t=words,
        texts={key: filled(notice, text, tag) for key, text in notice.texts(tag).items()},
        categories=shown_categories(notice, words),
        necessary=shown_necessary(notice, words),
        exempt=shown_exempt(notice, words),
        recipients=shown_recipients(notice, words),
    )


def filled(notice: Notice, text: str, tag: str) -> str:
    """Return a text with what the script fills in."""
    values = {
        "controller": notice.controller_name,
        "recipients": notice.recipient_count,
        "site": notice.site_name(tag),
    }
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def newest_pictures(pictures: Iterable[Picture], tag: str) -> dict[tuple[str, str], Picture]:
    """Return the newest picture of each layer and size in a language."""
    found = {(one.viewport, one.layer): one for one in pictures if one.language == tag}
    places = [(viewport, layer) for viewport in VIEWPORTS for layer in LAYERS]
    return {place: found[place] for place in places if place in found}


def shown_picture(site: str, picture: Picture, words: ConsoleWords) -> ShownPicture:
    width, height = VIEWPORTS[picture.viewport]
    return ShownPicture(
        layer=picture.layer,
        viewport=picture.viewport,
        src=url_for(
            "console.notices_picture",
            site=site,
            notice_hash=picture.notice_hash,
            sha256=picture.sha256,
        ),
        alt=picture_name(picture.viewport, picture.layer, words),
        taken=words("notices.picture.taken", moment=words.moment(picture.taken_at)),
        digest=picture.sha256,
        width=width,
        height=height,
    )


def picture_name(viewport: str, layer: str, words: ConsoleWords) -> str:
    return words(f"notices.picture.{viewport}", layer=words(f"notices.layer.{layer}"))
