"""Make an evidence pack: the records of an export, all they refer to, and what proves it.

One archive, made as it is sent, in constant memory; every query sees the same state of the
database. Pseudonyms are keyed anew, and the records themselves stay closed, unless a reason is
named: a re-keyed record could not open its entry in the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version

from sqlalchemy.orm import Session

from consent.audit.notes import NoteSigner
from consent.audit.packs import export_key_name
from consent.audit.policies import Policy
from consent.core.model import ConsentEvent
from consent.export.archive import Archive
from consent.export.columns import Row, row_of
from consent.export.csv import write_csv
from consent.export.facts import LogFacts, PackFacts, Tally
from consent.export.inspection import FOLDER, Attached
from consent.export.jsonl import write_jsonl
from consent.export.jsonld import write_jsonld
from consent.export.kantara import write_kantara
from consent.export.manifest import (
    MANIFEST,
    NOTE,
    SUMS,
    manifest_bytes,
    manifest_note,
    sums_bytes,
)
from consent.export.parquet import parquet_is_available, write_parquet
from consent.export.statement import statement
from consent.services.evidence_documents import (
    Documents,
    absent_from,
    build_files,
    document_files,
    find_documents,
    picture_files,
    publications_file,
    site_facts,
)
from consent.services.evidence_logs import (
    concerned_logs,
    log_facts,
    logged_files,
    verifier_files,
)
from consent.services.export_passes import RereadBody
from consent.services.exporting import Export, count_rows, filter_record
from consent.services.keys import Keys
from consent.store.log import Log

_INCOMPRESSIBLE = re.compile(r"pictures/|inspection/.*\.(?:png|jpe?g|webp)|log/[^/]+/tile/")


def count_passes(session: Session, export: Export) -> int:
    """Return how many rows pass until a pack is done, to show how far it is."""
    return count_rows(session, export) * passes_of_pack()


def passes_of_pack() -> int:
    """Return how often each row passes."""
    return 5 if parquet_is_available() else 4


class EvidencePack(RereadBody):
    """The body of an export that is an evidence pack.

    `outside` is the operator's policy of who else signs the log, `attached` an inspection that
    goes with it.
    """

    def __init__(
        self,
        session: Session,
        export: Export,
        keys: Keys,
        *,
        outside: Policy | None = None,
        attached: Attached | None = None,
    ) -> None:
        super().__init__(session, export)
        self._keys = keys
        self._outside = outside
        self._attached = attached
        self._archive = Archive(export.created_at)

    def _written(self) -> Iterator[bytes]:
        wanted = self._export.asked.wanted
        yield from self._add("records/records.csv", write_csv(self._rows(self._tally)))
        yield from self._add("records/records.jsonl", write_jsonl(self._rows()))
        if parquet_is_available():
            yield from self._add("records/records.parquet", write_parquet(self._rows()))
        documents = find_documents(self._session, wanted, self._tally)
        yield from self._add_documents(documents)
        for file in () if self._attached is None else self._attached.inspection.files:
            yield from self._add(f"{FOLDER}{file.name}", [file.content])
        logs = concerned_logs(self._session, documents.logs)
        facts = self._facts(documents, logs)
        yield from self._add_logs(facts)
        for name, content in statement(facts, self._archive.files).items():
            yield from self._add(name, [content])
        yield from self._add_manifest(facts, logs)
        yield from self._archive.end()

    def _add_documents(self, documents: Documents) -> Iterator[bytes]:
        export = self._export
        yield from self._add(
            "records/records.jsonld",
            write_jsonld(
                export.id,
                export.created_at,
                documents.shown,
                self._events(),
                documents.shown_before,
                self._links,
            ),
        )
        receipts = write_kantara(self._events(), documents.shown_before, self._links)
        yield from self._add("records/kantara.jsonl", receipts)
        for name, content in (
            publications_file(documents),
            *document_files(documents),
            *build_files(self._session, self._tally.builds),
        ):
            yield from self._add(name, [content])
        for name, content in picture_files(self._session, documents.notices):
            yield from self._add(name, [content])

    def _add_logs(self, facts: PackFacts) -> Iterator[bytes]:
        """Write the logs, which have the records themselves only where a reason is named."""
        asked = self._export.asked
        opened = None if asked.reason is None else asked.wanted
        for log in facts.logs:
            files = logged_files(
                self._session,
                log,
                outside=self._outside,
                opened=opened,
                key=self._keys.receipt,
                now=facts.made_at,
            )
            for name, chunks in files:
                yield from self._add(name, chunks)
        for name, chunks in verifier_files(facts):
            yield from self._add(name, chunks)

    def _add_manifest(self, facts: PackFacts, logs: list[Log]) -> Iterator[bytes]:
        """Write the manifest last but for its own signature; without a log nobody signs."""
        yield from self._add(SUMS, [sums_bytes(self._archive.files)])
        manifest = manifest_bytes(facts, self._archive.files)
        yield from self._add(MANIFEST, [manifest])
        signers = [NoteSigner(export_key_name(log.origin), self._keys.receipt) for log in logs]
        if signers:
            yield from self._add(NOTE, [manifest_note(facts, manifest, signers)])

    def _facts(self, documents: Documents, logs: list[Log]) -> PackFacts:
        export = self._export
        found: tuple[LogFacts, ...] = tuple(
            log_facts(self._session, log, export.asked.wanted, export.created_at) for log in logs
        )
        return PackFacts(
            export_id=export.id,
            officer=export.officer,
            made_at=export.created_at,
            generator=f"consent {version('consent')}",
            wanted=filter_record(export.asked.wanted),
            reason=export.asked.reason,
            tally=self._tally,
            sites=site_facts(documents),
            logs=found,
            absent=absent_from(documents, self._tally, self._archive.files),
            attached=self._attached,
            purpose=export.asked.purpose,
        )

    def _add(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        compress = _INCOMPRESSIBLE.match(name) is None
        return self._archive.add(name, chunks, compress=compress)

    def _rows(self, tally: Tally | None = None) -> Iterator[Row]:
        events: Iterable[ConsentEvent] = self._events()
        if tally is not None:
            events = tally.count(events)
        return (row_of(event, self._links) for event in events)
