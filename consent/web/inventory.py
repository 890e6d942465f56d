"""Categories, trackers and recipients of a notice as pages show them, in one language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consent.core.countries import is_outside_eea
from consent.core.formats import lifetime_text
from consent.core.model import NECESSARY
from consent.core.notice import EXEMPT, Notice, recipient_ids, trackers_of
from consent.web.wording import Words


@dataclass(frozen=True, slots=True)
class ShownTracker:
    """One row of the table of cookies and other items."""

    name: str
    kind: str
    provider: str
    purpose: str
    lifetime: str
    goes_to: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownRecipient:
    """One organisation that receives data, with its country and the basis for a transfer."""

    name: str
    role: str
    country: str
    privacy_url: str | None


@dataclass(frozen=True, slots=True)
class ShownCategory:
    """One category with all that a yes to it covers."""

    id: str
    label: str
    description: str
    purposes: tuple[str, ...]
    data: tuple[str, ...]
    recipients: tuple[ShownRecipient, ...]
    trackers: tuple[ShownTracker, ...]


def shown_categories(notice: Notice, words: Words) -> list[ShownCategory]:
    """Return the categories a visitor can answer, in the notice's order."""
    return [_category(notice, words, category) for category in notice.document["categories"]]


def shown_necessary(notice: Notice, words: Words) -> list[ShownTracker]:
    """Return what is necessary, each with the reason why."""
    return _trackers(notice, words, NECESSARY)


def shown_exempt(notice: Notice, words: Words) -> list[ShownTracker]:
    """Return what measures without consent, each with the reason why it may."""
    return _trackers(notice, words, EXEMPT)


def shown_recipients(
    notice: Notice, words: Words, category: str | None = None
) -> list[ShownRecipient]:
    """Return who receives data, for one category or for all."""
    wanted = recipient_ids(notice.document, category)
    return [
        ShownRecipient(
            name=provider["name"],
            role=words(f"role.{provider['role']}"),
            country=_country(words, provider),
            privacy_url=provider["privacy_url"],
        )
        for provider in notice.document["providers"]
        if provider["id"] in wanted
    ]


def _category(notice: Notice, words: Words, category: dict[str, Any]) -> ShownCategory:
    document, language = notice.document, words.language
    return ShownCategory(
        id=category["id"],
        label=category["label"][language],
        description=category["description"][language],
        purposes=tuple(document["purposes"][code][language] for code in category["purposes"]),
        data=tuple(document["data_kinds"][code][language] for code in category["data"]),
        recipients=tuple(shown_recipients(notice, words, category["id"])),
        trackers=tuple(_trackers(notice, words, category["id"])),
    )


def _trackers(notice: Notice, words: Words, group: str) -> list[ShownTracker]:
    return [
        ShownTracker(
            name=one["name"],
            kind=words(f"kind.{one['kind']}"),
            provider=notice.provider_name(one["provider"]),
            purpose=one["purpose"][words.language],
            lifetime=_lifetime(words, one),
            goes_to=_place(words, one),
            reason=one["necessity_reason"].get(words.language, ""),
        )
        for one in trackers_of(notice.document, group)
    ]


def _lifetime(words: Words, tracker: dict[str, Any]) -> str:
    lifetime = tracker["lifetime"]
    return lifetime_text(
        words.language, words.texts, tracker["kind"], lifetime["amount"], lifetime["unit"]
    )


def _place(words: Words, tracker: dict[str, Any]) -> str:
    """Return which hosts data goes to: those contacted, or where the item is kept."""
    hosts = tracker["hosts"] or ([tracker["domain"]] if tracker["domain"] else [])
    return words.list(hosts) or words("party.first")


def _country(words: Words, provider: dict[str, Any]) -> str:
    name = str(provider["country_name"][words.language])
    if is_outside_eea(provider["country"]):
        return f"{name}: {words('transfer.' + provider['transfer_basis'])}"
    return name
