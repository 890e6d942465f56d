"""One act of a visitor in the officer's words, with the names its notice gave to categories."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core.catalogue import load_language
from consent.core.model import ConsentEvent
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
    """What a visitor did, in words; `at` is in milliseconds."""

    id: str
    at: int
    what: str
    how: str
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
    control = words(f"records.control.{event.control.value}")
    layer = words(f"records.layer.{event.layer.value}")
    return ShownAct(
        id=event.id,
        at=event.at,
        what=words(f"records.event.{event.event.value}"),
        how=words("records.pressed", control=control, layer=layer),
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


def label_of(notice: Notice, category: str, language: str) -> str:
    """Return what a notice called a category, in a language it had, or else in its first one."""
    spoken = language if language in notice.languages else notice.default_language
    labels = {one["id"]: str(one["label"]) for one in notice.category_texts(spoken)}
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
