"""The privacy statement for the service itself (GDPR 12 and 13), to visitors and to staff."""

from __future__ import annotations

from collections.abc import Iterator

from consent.core.documents.facts import Facts
from consent.core.documents.model import Document, Line, Row, Section
from consent.core.documents.parts import backups, document, section
from consent.core.documents.record import staff_entry
from consent.core.documents.words import DocumentWords, words_for
from consent.core.limits import (
    PROOF_MONTHS_WITHOUT_REASON,
    REFUSAL_RECORD_DAYS,
    SUBMISSION_DAYS,
    UNSENT_DAYS,
)
from consent.core.model import ErasureMode
from consent.core.own_trackers import OWN_NAMES

PRIVACY = "privacy"


def privacy_statement(facts: Facts, language: str) -> Document:
    """Return the statement, in the words in which the cookie policy tells the same."""
    words = words_for(facts, language)
    sections = list(_to_visitors(facts, words))
    if facts.surroundings.has_console:
        sections.append(_to_staff(facts, words))
    return document(PRIVACY, facts, language, sections)


def _to_visitors(facts: Facts, words: DocumentWords) -> Iterator[Section]:
    yield section(
        words,
        "privacy.who",
        [words.line("privacy.who.controller"), words.line("privacy.who.dpo")],
    )
    yield section(
        words,
        "privacy.why",
        [words.of_policy("log.purpose"), words.of_policy("log.basis"), words.line("privacy.ends")],
    )
    yield section(
        words,
        "privacy.what",
        [
            words.of_policy("log.not_stored"),
            words.line("privacy.what.address"),
            words.of_policy("log.stored"),
        ],
        items=[words.of_policy(f"log.stored_{one}") for one in _stored(facts)],
    )
    yield section(
        words, "privacy.device", [words.line("privacy.device.text")], rows=list(_own(facts, words))
    )
    yield section(words, "privacy.limits", list(_limits(facts, words)))
    yield section(
        words,
        "privacy.recipients",
        [words.of_policy("log.recipients"), words.blank("privacy.recipients.hosting")],
    )
    yield section(
        words,
        "privacy.rights",
        [words.line("privacy.rights.text")],
        items=list(_rights(facts, words)),
    )
    yield section(words, "privacy.free", [words.line("privacy.free.text")])
    yield section(words, "privacy.automated", [words.line("privacy.automated.text")])
    yield section(
        words, "privacy.check", [words.of_policy("log.tamper"), words.line("privacy.check.text")]
    )


def _stored(facts: Facts) -> list[str]:
    """Return what a record holds, as the policy's catalogue names it."""
    groups = ["group"] if facts.deployment.page_groups else []
    return ["choice", "time", "notice", *groups, "signal", "subject"]


def _own(facts: Facts, words: DocumentWords) -> Iterator[Row]:
    """Yield what the service keeps on the device, as the notice declares it."""
    for one in facts.notice.document["trackers"]:
        if one["name"] in OWN_NAMES:
            days = one["lifetime"]["amount"] or UNSENT_DAYS
            key = one["name"].removeprefix("__Host-").removeprefix("__Secure-")
            told = words.line(f"privacy.device.{key.replace('-', '_')}", days=words.days(int(days)))
            yield Row(one["name"], (told,))


def _limits(facts: Facts, words: DocumentWords) -> Iterator[Line]:
    months = words.months(facts.notice.proof_months)
    yield words.of_policy("log.retention", duration=months)
    if facts.notice.proof_months > PROOF_MONTHS_WITHOUT_REASON:
        yield words.line("limits.proof_reason")
    refusals = f"log.refusals_{facts.deployment.record_refusals}"
    yield words.of_policy(refusals, duration=words.days(REFUSAL_RECORD_DAYS))
    yield words.of_policy("log.sent", duration=words.days(SUBMISSION_DAYS))
    yield words.of_policy("log.after")
    if facts.deployment.erasure is ErasureMode.UNLINK:
        reasons = facts.deployment.erasure_reason
        reason = reasons.get(words.language) or reasons[facts.notice.default_language]
        yield words.of_policy("log.erased_unlink", reason=reason)
    yield backups(facts, words)


def _rights(facts: Facts, words: DocumentWords) -> Iterator[Line]:
    yield words.of_policy("rights.access")
    if facts.surroundings.has_console:
        yield words.line("privacy.rights.looks")
    is_full = facts.deployment.erasure is ErasureMode.FULL
    yield words.of_policy("rights.erasure" if is_full else "rights.erasure_unlink")
    yield words.line("privacy.rights.withdraw")
    yield words.of_policy("rights.other")
    yield words.of_policy("rights.objection")
    yield words.of_policy("rights.complaint")


def _to_staff(facts: Facts, words: DocumentWords) -> Section:
    rights = Row(words("staff.rights.heading"), (words.line("staff.rights"),))
    return section(words, "privacy.staff", rows=[*staff_entry(facts, words), rights])
