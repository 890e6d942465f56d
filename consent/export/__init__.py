"""Rows to bytes, as a stream; this table names the formats."""

from __future__ import annotations

from dataclasses import dataclass

from consent.export.csv import write_csv
from consent.export.digested import Writer
from consent.export.jsonl import write_jsonl

EVIDENCE = "evidence"  # not rows but an archive: the rows in every form, and what proves them
JSONLD, KANTARA, PARQUET = "jsonld", "kantara", "parquet"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an export. `name` is also the file name's ending."""

    name: str
    media_type: str
    write: Writer


FORMATS = {
    each.name: each
    for each in (
        Format("csv", "text/csv; charset=utf-8; header=present", write_csv),
        Format("jsonl", "application/jsonl", write_jsonl),
    )
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a file of records can be; `ending` is that of its name."""

    name: str
    ending: str
    media_type: str


# Those of FORMATS can be streamed row by row; the others need a look at all records first.
FORMS = {
    each.name: each
    for each in (
        *(Form(one.name, one.name, one.media_type) for one in FORMATS.values()),
        Form(EVIDENCE, "evidence.zip", "application/zip"),
        Form(JSONLD, "jsonld", "application/ld+json"),
        Form(KANTARA, "kantara.jsonl", "application/jsonl"),
        Form(PARQUET, "parquet", "application/vnd.apache.parquet"),
    )
}
