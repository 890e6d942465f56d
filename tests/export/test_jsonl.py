"""JSON Lines: each line an object with every column."""

from __future__ import annotations

import json

from consent.export.columns import COLUMNS, OriginalLinks, row_of
from consent.export.jsonl import write_jsonl
from tests.make_events import ALICE, make_event, make_refusal


def test_each_line_is_an_object_with_every_column_in_order() -> None:
    granted = make_event(at="2026-03-15T12:00:00Z", page_group="admissions")
    refused = make_refusal()
    rows = [row_of(event, OriginalLinks()) for event in (granted, refused)]
    first, second, end = b"".join(write_jsonl(rows)).decode().split("\n")
    assert end == ""
    record = json.loads(first)
    assert tuple(record) == COLUMNS
    assert record["choices"] == {"functional": True, "personalisation": True, "ads": True}
    assert record["at"] == "2026-03-15T12:00:00.000Z"
    assert (record["subject"], record["page_group"], record["gpc"]) == (ALICE, "admissions", False)
    assert json.loads(second)["subject"] is None


def test_no_rows_make_no_bytes() -> None:
    assert list(write_jsonl([])) == []
