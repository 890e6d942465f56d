"""A note on whether an impact assessment is needed (GDPR 35), and why no balancing test is.

The facts are told and what they point to; the decision, and who made it, is the controller's.
"""

from __future__ import annotations

from consent.core.documents.facts import Facts
from consent.core.documents.model import Document, Row
from consent.core.documents.parts import document, section
from consent.core.documents.words import DocumentWords, words_for

ASSESSMENT = "assessment"

# The nine criteria of the guidelines on impact assessments (WP 248 rev.01), in their order.
CRITERIA = (
    "scoring",
    "decisions",
    "monitoring",
    "sensitive",
    "scale",
    "combining",
    "vulnerable",
    "innovation",
    "barring",
)
# What only the controller can decide, and write down.
_TO_DECIDE = ("national", "advice", "decision", "review")


def assessment_note(facts: Facts, language: str) -> Document:
    """Return the note."""
    words = words_for(facts, language)
    count = len(facts.notice.categories)
    criteria = [_criterion(facts, words, one) for one in CRITERIA]
    undecided = sum(any(line.is_blank for line in row.lines) for row in criteria)
    met = {"unmet": str(len(CRITERIA) - undecided), "open": str(undecided)}
    sections = [
        section(
            words,
            "assessment.what",
            [
                words.line("assessment.what.text"),
                words.line("assessment.what.not", count=str(count)),
            ],
        ),
        section(
            words,
            "assessment.listed",
            items=[words.line(f"assessment.listed.{one}") for one in "abc"],
        ),
        section(words, "assessment.criteria", rows=criteria),
        section(
            words,
            "assessment.need",
            [words.line("assessment.need.text"), words.line("assessment.need.measures")],
        ),
        section(
            words,
            "assessment.result",
            [
                words.line("assessment.result.text", **met),
                *(words.blank(f"assessment.result.{one}") for one in _TO_DECIDE),
            ],
        ),
        section(words, "assessment.interest", [words.line("assessment.interest.text")]),
    ]
    return document(ASSESSMENT, facts, language, sections)


def _criterion(facts: Facts, words: DocumentWords, one: str) -> Row:
    """Return a criterion with the facts, and a blank where the website decides, not the service."""
    key, groups = f"assessment.criteria.{one}", facts.deployment.page_groups
    heading = words(f"{key}.heading")
    if one == "sensitive" and groups:
        told = words.line(f"{key}_groups", groups=words.join(groups))
        return Row(heading, (told, words.blank(f"{key}_blank")))
    if one in ("scale", "vulnerable"):
        return Row(heading, (words.line(key), words.blank(f"{key}_blank")))
    return Row(heading, (words.line(key),))
