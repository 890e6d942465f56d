"""Which documents there are, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from consent.core.documents.assessment import ASSESSMENT, assessment_note
from consent.core.documents.facts import Facts
from consent.core.documents.model import Document
from consent.core.documents.privacy import PRIVACY, privacy_statement
from consent.core.documents.record import RECORD, processing_record

DOCUMENTS: Mapping[str, Callable[[Facts, str], Document]] = {
    RECORD: processing_record,
    PRIVACY: privacy_statement,
    ASSESSMENT: assessment_note,
}


def make_document(document_id: str, facts: Facts, language: str) -> Document:
    """Return one of DOCUMENTS in one of the documents' languages."""
    return DOCUMENTS[document_id](facts, language)
