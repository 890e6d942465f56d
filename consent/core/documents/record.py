"""The record of processing activities for the service itself (GDPR 30(1))."""

from __future__ import annotations

from collections.abc import Iterator

from consent.core.documents.facts import Facts
from consent.core.documents.fields import COLUMNS
from consent.core.documents.model import Document, Line, Row, Section
from consent.core.documents.parts import document, recipients, section, time_limits
from consent.core.documents.words import DocumentWords, words_for
from consent.core.limits import ACTION_RECORD_MONTHS

RECORD = "record"


def processing_record(facts: Facts, language: str) -> Document:
    """Return the entries of the controller's register: the proof, and the staff who work with it.

    What others do with data that visitors allow them is another entry: the record says which.
    """
    words = words_for(facts, language)
    sections = [*_proof(facts, words)]
    if facts.surroundings.has_console:
        sections.append(section(words, "record.staff", rows=list(staff_entry(facts, words))))
    others = list(recipients(facts, words))
    lines = [words.line("record.others.text" if others else "record.others.none")]
    sections += [
        section(words, "record.others", lines, rows=others),
        section(words, "record.assessment", [words.line("record.assessment.text")]),
    ]
    return document(RECORD, facts, language, sections)


def _proof(facts: Facts, words: DocumentWords) -> Iterator[Section]:
    yield section(
        words,
        "record.controller",
        items=[
            words.line("record.controller.who"),
            words.line("record.controller.dpo"),
            words.line("record.controller.authority"),
            words.blank("record.controller.joint"),
        ],
    )
    yield section(
        words,
        "record.purposes",
        items=[words.line(f"record.purposes.{one}") for one in ("act", "prove", "count")],
    )
    yield section(
        words,
        "record.data",
        [
            words.line("record.data.subjects"),
            words.line("record.data.refusers" if facts.keeps_refusals else "record.data.counted"),
            words.line("record.data.none"),
            words.line("record.data.columns"),
        ],
        rows=[Row(column, (words.line(f"field.{column}"),)) for column in COLUMNS],
    )
    yield section(words, "record.recipients", items=list(_recipients(facts, words)))
    yield section(
        words,
        "record.transfers",
        items=[words.line("record.transfers.none"), words.blank("record.transfers.hosting")],
    )
    yield section(words, "record.limits", items=list(time_limits(facts, words)))
    yield section(words, "record.security", items=list(_security(facts, words)))


def _recipients(facts: Facts, words: DocumentWords) -> Iterator[Line]:
    yield words.line("record.recipients.none")
    yield words.line("record.recipients.authority")
    yield words.blank("record.recipients.hosting")
    anchors = facts.surroundings.anchors
    if anchors:
        yield words.line("record.recipients.anchors", anchors=words.join(anchors))


def _security(facts: Facts, words: DocumentWords) -> Iterator[Line]:
    told = ["pseudonyms", "log", "access", "erasure"]
    if facts.deployment.is_secure:
        told.append("transport")
    for one in told:
        yield words.line(f"record.security.{one}")
    yield words.blank("record.security.machine")


def staff_entry(facts: Facts, words: DocumentWords) -> Iterator[Row]:
    """Yield what is kept about those who work with the records, and why."""
    for key in ("purpose", "basis", "data", "recipients"):
        yield Row(words(f"staff.{key}.heading"), (words.line(f"staff.{key}"),))
    yield Row(words("staff.limits.heading"), tuple(_staff_limits(facts, words)))
    provider = facts.surroundings.provider
    if provider is not None:
        told = words.line("staff.provider", provider=provider)
        yield Row(words("staff.provider.heading"), (told,))
    server = facts.surroundings.report_server
    if server is not None:
        told = words.line("staff.report", server=server)
        yield Row(words("staff.report.heading"), (told,))


def _staff_limits(facts: Facts, words: DocumentWords) -> Iterator[Line]:
    """Yield how long what is kept about staff stays."""
    yield words.line("staff.limits.sessions", hours=str(facts.surroundings.session_hours))
    yield words.line("staff.limits.acts", acts=words.years(ACTION_RECORD_MONTHS // 12))
    yield words.line("staff.limits.left")
    yield words.blank("staff.limits.blank")
