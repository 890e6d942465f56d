"""The form above the list of records: which records are meant, in an officer's terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent.core.catalogue import load_language
from consent.core.model import EventName
from consent.core.notice import Notice
from consent.services.sites import LiveSite
from consent.store.events import EventFilter
from consent.web.console.days import read_days
from consent.web.console.records_words import label_of
from consent.web.console.words import ConsoleWords

FIELDS = ("from", "to", "event", "category", "notice", "language")


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class AskedFilter:
    """What was asked for as it was written, what it means, and the fields that mean nothing."""

    given: Mapping[str, str]
    wanted: EventFilter
    faults: Mapping[str, str]


def options_of(
    notices: Sequence[tuple[Notice, int]], words: ConsoleWords
) -> dict[str, list[Option]]:
    """Return what can be chosen on a site: only what it ever showed, newest first."""
    categories: dict[str, str] = {}
    languages: dict[str, str] = {}
    for notice, _ in reversed(notices):
        for category in notice.categories:
            categories.setdefault(category, label_of(notice, category, words.language))
        for language in notice.languages:
            languages.setdefault(language, load_language(language).name)
    return {
        "event": [Option(one.value, words(f"records.event.{one.value}")) for one in EventName],
        "category": [Option(*one) for one in categories.items()],
        "notice": [
            Option(
                notice.hash,
                words("records.notice_of", date=words.date(published), digest=notice.hash[:8]),
            )
            for notice, published in reversed(notices)
        ],
        "language": [Option(*one) for one in sorted(languages.items())],
    }


def read_filter(
    site: LiveSite, args: Mapping[str, Any], options: Mapping[str, Sequence[Option]]
) -> AskedFilter:
    """Return the filter of an address. The last day that is named is part of the period."""
    given = {name: str(args.get(name, "")).strip() for name in FIELDS}
    faults: dict[str, str] = {}
    begins, ends = read_days(given, faults)
    for name, offered in options.items():
        if given[name] and given[name] not in {option.value for option in offered}:
            faults[name] = "records.fault.unknown"
    if faults:
        return AskedFilter(given, EventFilter(sites=(site.id,)), faults)
    wanted = EventFilter(
        sites=(site.id,),
        from_=begins,
        to=ends,
        event=EventName(given["event"]) if given["event"] else None,
        category=given["category"] or None,
        language=given["language"] or None,
        notice=given["notice"] or None,
    )
    return AskedFilter(given, wanted, faults)
