"""One act of a visitor in the officer's words, with the names its notice gave to categories."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core.catalogue import load_catalogue, load_language
from consent.core.model import ConsentEvent, Control, Layer
from consent.core.notice import Notice
from consent.web.console.words import ConsoleWords


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """A category as the notice named it, and the answer: allowed or refused."""

    label: str
    answer: str
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class ShownAct:
    """What a visitor did, in words; `at` is in milliseconds.

    `pressed` is the label of the button as the notice had it, in the language `tag`; empty where
    the label named what is not recorded. `place` says where it stood, `how` says both.
    """

    id: str
    at: int
    what: str
    how: str
    pressed: str
    tag: str
    place: str
    choices: tuple[ShownChoice, ...]
    language: str
    signals: str | None
    is_test: bool

    @property
    def allowed(self) -> list[str]:
        return [one.label for one in self.choices if one.is_allowed]

    @property
    def refused(self) -> list[str]:
        return [one.label for one in self.choices if not one.is_allowed]


def shown_act(event: ConsentEvent, notice: Notice, words: ConsoleWords) -> ShownAct:
    """Return an event as it is shown, under the notice that its visitor saw."""
    place = words(f"records.layer.{place_of(event)}")
    spoken = spoken_in(notice, event.language)
    pressed = ""
    if event.control is not Control.EMBED:
        pressed = text_of(notice, spoken, f"button.{event.control.value}")
    return ShownAct(
        id=event.id,
        at=event.at,
        what=words(f"records.event.{event.event.value}"),
        how=words("records.pressed", control=pressed, layer=place) if pressed else place,
        pressed=pressed,
        tag=spoken,
        place=place,
        choices=tuple(
            ShownChoice(
                label_of(notice, category, words.language),
                words("records.answer.allowed" if is_allowed else "records.answer.refused"),
                is_allowed,
            )
            for category, is_allowed in _in_order(event, notice)
        ),
        language=load_language(event.language).name,
        signals=_signals(event, words),
        is_test=event.test,
    )


def place_of(event: ConsentEvent) -> str:
    """Return where the button stood: a layer, or what the script shows apart from its layers.

    Embedded content that waits, and the control on every page, record the first layer as theirs.
    """
    if event.control is Control.EMBED:
        return "embed"
    if event.control is Control.WITHDRAW_ALL and event.layer is Layer.BANNER:
        return "control"
    return event.layer.value


def spoken_in(notice: Notice, language: str) -> str:
    """Return a language that a notice had: the wanted one, or else its first one."""
    return language if language in notice.languages else notice.default_language


def text_of(notice: Notice, language: str, key: str) -> str:
    """Return a text as a notice had it; the catalogue's where it is older than that text."""
    own = notice.texts(language)
    return own[key] if key in own else load_catalogue(language)[key]


def label_of(notice: Notice, category: str, language: str) -> str:
    """Return what a notice called a category, in a language it had, or else in its first one."""
    texts = notice.category_texts(spoken_in(notice, language))
    labels = {one["id"]: str(one["label"]) for one in texts}
    return labels.get(category, category)


def _in_order(event: ConsentEvent, notice: Notice) -> list[tuple[str, bool]]:
    """Return the answers in the order in which the categories were shown."""
    order = {category: place for place, category in enumerate(notice.categories)}
    return sorted(event.choices.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))


def _signals(event: ConsentEvent, words: ConsoleWords) -> str | None:
    """Return which signal of the browser mattered; None for none."""
    if event.gpc and event.dnt:
        return words("records.signal.both")
    if event.gpc:
        return words("records.signal.gpc")
    return words("records.signal.dnt") if event.dnt else None
