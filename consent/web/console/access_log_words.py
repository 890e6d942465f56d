"""Acts in words: what was done, to what, and how far it is sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.roles import ALL_SITES
from consent.core.times import parse_rfc3339
from consent.services.accessing import BY_SUBJECT
from consent.store.action_lists import ListedAction
from consent.web.console.words import ConsoleWords

# What is told of an act beside its name: texts as they were noted, none of which names a visitor.
_TOLD = ("name", "format", "reason", "means", "clue", "passkey", "rows", "records")
_INSTANTS = ("from", "to")
_NO_CLUE = "none"  # the page to search on was opened, and nothing was looked for yet
_FILTERS = ("from", "to", "event", "category", "language", "provider", "officer", "kind")


@dataclass(frozen=True, slots=True)
class ShownAction:
    """One act as it stands in the list. `state` is sealed, waiting or unsealed."""

    id: str
    at: int
    who: str
    what: str
    details: tuple[str, ...]
    site: str | None
    state: str
    leaf: int | None


def shown_action(listed: ListedAction, words: ConsoleWords) -> ShownAction:
    """Return an act in the words of the reader's language."""
    action = listed.action
    detail: Mapping[str, Any] = json.loads(action.detail)
    by_visitor = action.officer == BY_SUBJECT
    is_idle = action.action == "record:search" and detail.get("clue") == _NO_CLUE
    return ShownAction(
        id=action.id,
        at=action.at,
        who=words("access_log.visitor") if by_visitor else action.officer,
        what=words("access_log.search_opened") if is_idle else what_of(action.action, words),
        details=tuple(_details(detail, words)),
        site=words("access_log.several") if action.site == ALL_SITES else action.site,
        state="sealed" if listed.leaf is not None else ("waiting" if listed.waits else "unsealed"),
        leaf=listed.leaf,
    )


def what_of(action: str, words: ConsoleWords) -> str:
    """Return what an act is called; one that this version has no word for is told by its name."""
    key = f"act.{action.replace(':', '_')}"
    return words(key) if words.has(key) else words("access_log.other", action=action)


def _details(detail: Mapping[str, Any], words: ConsoleWords) -> list[str]:
    told = {key: detail[key] for key in _TOLD if detail.get(key) not in (None, "", _NO_CLUE)}
    asked = detail.get("filter")
    if isinstance(asked, Mapping):
        told |= {key: asked[key] for key in _FILTERS if asked.get(key) not in (None, "")}
    return [
        words(f"access_log.told.{key}", value=_plain(key, value, words))
        for key, value in told.items()
    ]


def _plain(key: str, value: object, words: ConsoleWords) -> str:
    """Return a value that was noted as people say it, where there is a word for it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return words.number(value)
    if key in _INSTANTS:
        return _day(str(value), words)
    known = (
        f"access_log.value.{key}.{value}",
        f"access_log.kind_is.{value}",
        f"records.event.{value}",
    )
    return next((words(one) for one in known if words.has(one)), str(value))


def _day(text: str, words: ConsoleWords) -> str:
    """Return the day of an instant or of a day, as it was noted: 2026-10-01 or 20261001."""
    written = text if "-" in text else f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        return words.date(parse_rfc3339(written))
    except ValueError:
        return text
