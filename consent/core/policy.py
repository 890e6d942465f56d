"""The cookie policy, made from the same registry as the banner and the blocking.

The document has no date and no address of its own, so that the same content has the same digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from consent.core.model import Site
from consent.core.notice import EXEMPT, Notice, trackers_of
from consent.core.policy_parts import Words, contact, log, rights, third_parties
from consent.core.policy_tables import (
    category_section,
    exempt_section,
    necessary_section,
    recipients_section,
)

VERSION = 1

Section = dict[str, Any]


def policy_document(site: Site, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policy in every language of the site, as titled sections of plain text."""
    notice = Notice(dict(document))
    return {
        "v": VERSION,
        "site": site.id,
        "default_language": site.default_language,
        "languages": {
            language: _policy(Words(site, notice, language)) for language in site.languages
        },
    }


def _policy(words: Words) -> dict[str, Any]:
    sections: list[Section | None] = [_who(words), _what(words)]
    sections += [category_section(words, category) for category in words.document["categories"]]
    sections += [necessary_section(words), exempt_section(words)]
    later: list[Callable[[Words], Section | None]] = [log, rights, contact, _versions]
    if words.notice.categories:
        later = [recipients_section, _choice, third_parties, *later]
    sections += [make(words) for make in later]
    return {
        "title": words.text("policy.title"),
        "sections": [section for section in sections if section is not None],
    }


def _who(words: Words) -> Section:
    paragraphs = [words.text("policy.who.controller")]
    if words.document["hosts"]:
        paragraphs.append(words.text("policy.who.hosts", hosts=words.join(words.document["hosts"])))
    return words.section("who", paragraphs)


def _what(words: Words) -> Section:
    paragraphs = [words.text("policy.what.text"), words.text("policy.what.necessary")]
    is_measured = bool(trackers_of(words.document, EXEMPT))
    if is_measured:
        paragraphs.append(words.text("policy.what.exempt"))
    if words.notice.categories:
        paragraphs.append(words.text("policy.what.choice"))
    elif not is_measured:
        paragraphs.append(words.text("policy.what.only_necessary"))
    return words.section("what", paragraphs)


def _choice(words: Words) -> Section:
    paragraphs = [words.text("policy.choice.text"), words.text("policy.choice.effect")]
    paragraphs.append(
        words.text(
            "policy.choice.lifetime",
            consent_duration=words.days(words.notice.consent_days),
            refusal_duration=words.days(words.notice.refusal_days),
        )
    )
    if words.notice.gpc_categories:
        paragraphs.append(words.text("policy.choice.gpc"))
    ways = [words.text(f"policy.choice.{way}") for way in ("control", "withdraw", "browser")]
    return words.section("choice", paragraphs, items=ways)


def _versions(words: Words) -> Section:
    return words.section("versions", [words.text("policy.versions.text")])
