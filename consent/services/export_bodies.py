"""What writes each form of an export; all of them count the rows that pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sqlalchemy.orm import Session

from consent.audit.policies import Policy
from consent.export import EVIDENCE, FORMATS, JSONLD, KANTARA, PARQUET
from consent.export.columns import row_of
from consent.export.jsonld import write_jsonld
from consent.export.kantara import write_kantara
from consent.export.parquet import parquet_is_available, write_parquet
from consent.services.evidence import EvidencePack, passes_of_pack
from consent.services.evidence_documents import find_documents
from consent.services.export_passes import RereadBody
from consent.services.exporting import Body, Export, Rows
from consent.services.keys import Keys


class CountedBody(Body, Protocol):
    """A body that counts each row every time it passes."""

    @property
    def passed(self) -> int: ...


def body_of(
    session: Session, export: Export, keys: Keys, *, outside: Policy | None = None
) -> CountedBody:
    """Return what writes an export in the form that was asked for.

    `outside` is the operator's policy of who else signs the log.
    """
    form = export.asked.format_name
    if form == EVIDENCE:
        return EvidencePack(session, export, keys, outside=outside)
    if form in FORMATS:
        return StreamedRows(session, export.asked)
    return Surveyed(session, export)


def passes_of(form: str) -> int:
    """Return how often each row passes until an export of this form is done."""
    if form == EVIDENCE:
        return passes_of_pack()
    return 1 if form in FORMATS else 2


def forms_at_hand() -> tuple[str, ...]:
    """Return the forms that can be made here, the fullest first: Parquet is an extra."""
    forms = (EVIDENCE, *FORMATS, JSONLD, KANTARA)
    return (*forms, PARQUET) if parquet_is_available() else forms


class StreamedRows(Rows):
    """Rows that pass once."""

    @property
    def passed(self) -> int:
        return self.rows


class Surveyed(RereadBody):
    """A form that is written when all records have passed once, and what they refer to is known."""

    def _written(self) -> Iterator[bytes]:
        for _ in self._tally.count(self._events()):
            pass
        export, links = self._export, self._links
        if export.asked.format_name == PARQUET:
            return write_parquet(row_of(event, links) for event in self._events())
        documents = find_documents(self._session, export.asked.wanted, self._tally)
        if export.asked.format_name == KANTARA:
            return write_kantara(self._events(), documents.shown_before, links)
        return write_jsonld(
            export.id,
            export.created_at,
            documents.shown,
            self._events(),
            documents.shown_before,
            links,
        )
