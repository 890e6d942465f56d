"""Acts in words: what was done, to what, and how far it is sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.ids import is_uuid
from consent.core.roles import ALL_SITES, BY_SUBJECT
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.store.action_lists import ListedAction
from consent.store.sealed_actions import StoredAction
from consent.web.console.words import ConsoleWords

# What is told of an act beside its name: texts as they were noted, none of which names a visitor.
_TOLD = (
    "name",
    "document",
    "format",
    "purpose",
    "reference",
    "reason",
    "means",
    "clue",
    "passkey",
    "rows",
    "records",
)
_EXPORTS = ("export", "log_export")
_NO_CLUE = "none"  # the page to search on was opened, and nothing was looked for yet
_BOUNDS = ("from", "to")
_FILTERS = (*_BOUNDS, "event", "category", "language", "provider", "officer", "kind")


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
        details=tuple(_details(action, detail, words)),
        site=words("access_log.several") if action.site == ALL_SITES else action.site,
        state="sealed" if listed.leaf is not None else ("waiting" if listed.waits else "unsealed"),
        leaf=listed.leaf,
    )


def what_of(action: str, words: ConsoleWords) -> str:
    """Return what an act is called; one that this version has no word for is told by its name."""
    key = f"act.{action.replace(':', '_')}"
    return words(key) if words.has(key) else words("access_log.other", action=action)


def _details(action: StoredAction, detail: Mapping[str, Any], words: ConsoleWords) -> Iterator[str]:
    if _is_of_one_export(action):
        yield words("access_log.told.export", value=action.subject_id)
    told = {key: detail[key] for key in _TOLD if detail.get(key) not in (None, "", _NO_CLUE)}
    if told.get("reason") == told.get("reference"):
        told.pop("reason", None)
    for key, value in told.items():
        yield words(f"access_log.told.{key}", value=_plain(key, value, words))
    asked = detail.get("filter")
    if not isinstance(asked, Mapping):
        return
    for key in _FILTERS:
        value = asked.get(key)
        if value in (None, ""):
            continue
        if key in _BOUNDS:
            yield _bound(key, str(value), words)
        else:
            yield words(f"access_log.told.{key}", value=_plain(key, value, words))


def _is_of_one_export(action: StoredAction) -> bool:
    """Say whether an act is on one export, which is its subject; a look at their list has none."""
    subject, _, verb = action.action.partition(":")
    return subject in _EXPORTS and verb != "list" and is_uuid(action.subject_id)


def _plain(key: str, value: object, words: ConsoleWords) -> str:
    """Return a value that was noted as people say it, where there is a word for it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return words.number(value)
    known = (
        f"access_log.value.{key}.{value}",
        f"access_log.kind_is.{value}",
        f"records.event.{value}",
        f"exports.purpose.{value}",
        f"settings.document.{value}",
    )
    return next((words(one) for one in known if words.has(one)), str(value))


def _bound(key: str, text: str, words: ConsoleWords) -> str:
    """Return where a period begins or ends, both by the days that are part of it.

    A form notes its last day. An export notes the instant behind the last one, which may also be
    in the middle of a day.
    """
    written = text if "-" in text else f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        at = parse_rfc3339(written)
    except ValueError:
        return words(f"access_log.told.{key}", value=text)
    if at % MILLIS_PER_DAY:
        name = "since" if key == "from" else "before"
        return words(f"access_log.told.{name}", value=words.moment(at))
    last = at - 1 if key == "to" and "T" in written else at
    return words(f"access_log.told.{key}", value=words.date(last))
