"""The tables of the cookie policy: what is kept on the device, and who receives data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consent.core.countries import is_outside_eea
from consent.core.formats import duration
from consent.core.letters import lower_case
from consent.core.model import NECESSARY
from consent.core.notice import EXEMPT, recipient_ids, trackers_of
from consent.core.policy_parts import Section, Table, Words

_CAPITAL_NOUNS = ("de", "lb")  # in these a small letter would be a mistake
_COLUMNS = ("name", "provider", "purpose", "lifetime", "kind", "host", "country")


def category_section(words: Words, category: dict[str, Any]) -> Section:
    """Explain one category: what for, which data, on which basis, and each of its trackers."""
    label = category["label"][words.language]
    purposes = [words.document["purposes"][code][words.language] for code in category["purposes"]]
    data = [words.document["data_kinds"][code][words.language] for code in category["data"]]
    rows = [
        [*_tracker_cells(words, tracker), _country(words, tracker["provider"])]
        for tracker in trackers_of(words.document, category["id"])
    ]
    return words.section(
        f"category-{category['id']}",
        [
            category["description"][words.language],
            words.text("policy.category.basis"),
            words.text(
                "policy.category.data",
                data=words.join([_as_part(words.language, one) for one in data]),
            ),
            words.text("policy.category.purposes"),
        ],
        heading=words.text("policy.category.heading", category=label),
        items=purposes,
        table=_table(words, words.text("policy.category.caption", category=label), _COLUMNS, rows),
    )


def necessary_section(words: Words) -> Section:
    """List what is necessary, each with the reason why."""
    rows = [
        [*_tracker_cells(words, tracker), tracker["necessity_reason"][words.language]]
        for tracker in trackers_of(words.document, NECESSARY)
    ]
    caption = words.text("policy.necessary.caption")
    columns = (*_COLUMNS[:-1], "reason")
    return words.section(
        "necessary",
        [words.text("policy.necessary.text")],
        table=_table(words, caption, columns, rows),
    )


def exempt_section(words: Words) -> Section | None:
    """List what measures without consent, each with the reason why it may; None if nothing does."""
    trackers = trackers_of(words.document, EXEMPT)
    if not trackers:
        return None
    rows = [
        [*_tracker_cells(words, tracker), tracker["necessity_reason"][words.language]]
        for tracker in trackers
    ]
    months = max(tracker["exempt"]["data_months"] for tracker in trackers)
    kept = duration(words.language, months, "months")
    heading = words.text("policy.exempt.heading")
    table = _table(words, heading, _COLUMNS[:-1], rows)
    table["columns"].append(words.text("policy.exempt.reason"))
    return words.section(
        "exempt",
        [words.text("policy.exempt.text"), words.text("policy.exempt.kept", duration=kept)],
        table=table,
    )


def recipients_section(words: Words) -> Section:
    """Name every other organisation that receives data, with its role and country."""
    recipients = recipient_ids(words.document)
    if not recipients:
        return words.section("recipients", [words.text("policy.recipients.none")])
    rows = [
        [
            provider["name"],
            words.text(f"role.{provider['role']}"),
            _country(words, provider["id"]),
            words.join(_categories_of(words, provider["id"])),
            provider["privacy_url"] or words.text("table.none"),
        ]
        for provider in words.document["providers"]
        if provider["id"] in recipients
    ]
    columns = ("provider", "role", "country", "categories", "privacy")
    table = _table(words, words.text("policy.recipients.caption"), columns, rows)
    return words.section("recipients", [words.text("policy.recipients.text")], table=table)


def _tracker_cells(words: Words, tracker: dict[str, Any]) -> list[str]:
    places = tracker["hosts"] or ([tracker["domain"]] if tracker["domain"] else [])
    return [
        tracker["name"],
        words.notice.provider_name(tracker["provider"]),
        tracker["purpose"][words.language],
        words.lifetime(tracker),
        words.text(f"kind.{tracker['kind']}"),
        words.join(places) or words.text("party.first"),
    ]


def _country(words: Words, provider_id: str) -> str:
    """Return the country, and the basis for a transfer where data leaves the EEA."""
    for provider in words.document["providers"]:
        if provider["id"] == provider_id:
            name = str(provider["country_name"][words.language])
            if is_outside_eea(provider["country"]):
                return f"{name}: {words.text('transfer.' + provider['transfer_basis'])}"
            return name
    return words.text("transfer.self")


def _categories_of(words: Words, provider_id: str) -> list[str]:
    return [
        category["label"][words.language]
        for category in words.document["categories"]
        if provider_id in recipient_ids(words.document, category["id"])
    ]


def _table(
    words: Words, caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> Table:
    return {
        "caption": caption,
        "columns": [words.text(f"table.{column}") for column in columns],
        "rows": [list(row) for row in rows],
    }


def _as_part(language: str, label: str) -> str:
    """Return a label as part of a sentence: "which pages you view", but "IP address"."""
    if language in _CAPITAL_NOUNS or label[1:2].isupper():
        return label
    return lower_case(language, label[:1]) + label[1:]
