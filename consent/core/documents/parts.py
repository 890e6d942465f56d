"""What several documents say: what they belong to, who answers, how long records are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consent.core.documents.facts import Facts
from consent.core.documents.model import Document, Line, Row, Section
from consent.core.documents.words import DocumentWords, told_language, words_for
from consent.core.limits import (
    PROOF_MONTHS_WITHOUT_REASON,
    REFUSAL_RECORD_DAYS,
    SUBMISSION_DAYS,
)
from consent.core.model import ErasureMode


def document(
    document_id: str, facts: Facts, language: str, sections: Sequence[Section]
) -> Document:
    """Return a document with its heading: what it is of, and which notice it belongs to."""
    words = words_for(facts, language)
    about = {
        "site": words("document.site_is"),
        "notice": facts.notice.hash,
        "policy": facts.policy_version,
        "in_force": words.date(facts.published_at),
        "made": words.date(facts.made_at),
    }
    return Document(
        id=document_id,
        language=language,
        title=words(f"{document_id}.title"),
        intro=words(f"{document_id}.intro"),
        about=tuple((words(f"document.{key}"), value) for key, value in about.items()),
        sections=tuple(sections),
        notice=facts.notice.hash,
        made_at=facts.made_at,
    )


def section(
    words: DocumentWords,
    key: str,
    lines: Sequence[Line] = (),
    *,
    items: Sequence[Line] = (),
    rows: Sequence[Row] = (),
) -> Section:
    """Return a section of the catalogue: its heading, and its article where it has one."""
    article = words.texts.get(f"{key}.article", "")
    heading = words(f"{key}.heading")
    return Section(key, heading, article, tuple(lines), tuple(items), tuple(rows))


def time_limits(facts: Facts, words: DocumentWords) -> Iterator[Line]:
    """Yield how long everything about visitors is kept, as the service enforces it."""
    notice, deployment = facts.notice, facts.deployment
    yield words.line(
        "limits.consent",
        days=words.days(notice.consent_days),
        months=words.months(notice.proof_months),
    )
    if notice.proof_months > PROOF_MONTHS_WITHOUT_REASON:
        yield words.line("limits.proof_reason")
    if facts.keeps_refusals:
        yield words.line("limits.refusals_event", days=words.days(REFUSAL_RECORD_DAYS))
    else:
        yield words.line("limits.refusals_count")
    yield words.line("limits.submission", days=words.days(SUBMISSION_DAYS))
    if deployment.erasure is ErasureMode.UNLINK:
        yield words.line("limits.erased_unlink", reason=_erasure_reason(facts, words))
    else:
        yield words.line("limits.erased_full")
    yield words.line("limits.log")
    yield backups(facts, words)
    yield words.blank("limits.proxy_blank")


def backups(facts: Facts, words: DocumentWords) -> Line:
    """Return how long backups are kept, or the blank where nobody has said so."""
    days = facts.deployment.backup_days
    if days is None:
        return words.blank("limits.backups_blank")
    return words.line("limits.backups", days=words.days(days))


def recipients(facts: Facts, words: DocumentWords) -> Iterator[Row]:
    """Yield who receives data when visitors allow a category: not by the service, by the site."""
    language = told_language(facts, words.language)
    for category in facts.notice.document["categories"]:
        named = sorted(
            {one["provider"] for one in _trackers(facts) if one["category"] == category["id"]}
        )
        told = [_recipient(facts, words, provider) for provider in named]
        yield Row(category["label"][language], tuple(map(Line, told)))


def _trackers(facts: Facts) -> list[dict[str, str]]:
    return list(facts.notice.document["trackers"])


def _recipient(facts: Facts, words: DocumentWords, provider_id: str) -> str:
    for one in facts.notice.document["providers"]:
        if one["id"] == provider_id:
            role, country = words(f"role.{one['role']}"), words.country(one["country"])
            basis = one["transfer_basis"]
            told = words("recipient.one", name=one["name"], role=role, country=country)
            return told if basis is None else f"{told}; {words(f'transfer.{basis}')}"
    return words("recipient.own")


def _erasure_reason(facts: Facts, words: DocumentWords) -> str:
    reasons = facts.deployment.erasure_reason
    return reasons.get(words.language) or reasons.get(facts.notice.default_language, "")
