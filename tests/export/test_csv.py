"""CSV that any reader reads back, and that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.export.columns import COLUMNS, OriginalLinks, Row, row_of
from consent.export.csv import write_csv
from tests.make_events import make_event, make_refusal


def read_back(chunks: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(chunks.decode(), newline=""), strict=True))


def row_with(**cells: Any) -> Row:
    values = dict(zip(COLUMNS, row_of(make_event(), OriginalLinks()), strict=True)) | cells
    return tuple(values[column] for column in COLUMNS)


def cell_after(text: str) -> str:
    rows = read_back(b"".join(write_csv([row_with(page_group=text)])))
    return rows[1][COLUMNS.index("page_group")]


def test_the_first_line_names_the_columns_even_without_rows() -> None:
    assert b"".join(write_csv([])) == ",".join(COLUMNS).encode() + b"\r\n"


@pytest.mark.legal("RP-09")
def test_a_refusal_is_one_line_with_empty_cells_where_there_is_nothing() -> None:
    event = make_refusal(
        id="019cf1a0-0000-7000-8000-000000000001", at="2026-03-15T12:00:00.050Z", gpc=True
    )
    text = b"".join(write_csv([row_of(event, OriginalLinks())])).decode()
    expected = (
        "019cf1a0-0000-7000-8000-000000000001,2026-03-15T12:00:00.050Z,programme,refused,"
        '"{""ads"":false,""functional"":false,""personalisation"":false}",refuse_all,banner,en,'
        f"{event.notice},{event.scope},{event.build},2026-09-11T12:00:00.050Z,,,,true,false,false"
    )
    assert text.split("\r\n")[1:] == [expected, ""]


@pytest.mark.legal("AE-07")
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
@pytest.mark.parametrize("before", ["", " ", "\n", "  \u00a0", "\ufeff", "\u200b", "\x01"])
def test_text_that_could_be_a_formula_has_an_apostrophe_in_front(before: str, start: str) -> None:
    text = f'{before}{start}HYPERLINK("https://evil.example","x")'
    assert cell_after(text) == f"'{text}"


@pytest.mark.legal("AE-07")
@pytest.mark.parametrize("start", ["\t", "\r", "\n"])
def test_text_after_a_tab_or_line_break_has_an_apostrophe_in_front(start: str) -> None:
    assert cell_after(f"{start}admissions") == f"'{start}admissions"


@pytest.mark.legal("AE-07")
@pytest.mark.parametrize("text", ["Olga;=1+2;z", "Olga; \u200b@SUM(A1)", "Olga\t-1"])
def test_no_formula_begins_where_a_dutch_spreadsheet_begins_a_cell(text: str) -> None:
    begun = [cell.lstrip(" \u200b")[:1] for cell in re.split("[;\t]", cell_after(text))]
    assert "'" in begun
    assert not {"=", "@", "-"} & set(begun)


@pytest.mark.legal("AE-07")
@pytest.mark.parametrize("text", ["programme", "a=b", "x-y", "1-2", "'=1", '"', "a,b", "é"])
def test_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert cell_after(text) == text


@pytest.mark.legal("AE-07")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30))
def test_no_cell_begins_like_a_formula_and_each_reads_back(text: str) -> None:
    found = cell_after(text)
    assert found.replace("'", "") == text.replace("'", "")
    for cell in re.split("[;\t]", found):
        assert cell.lstrip()[:1] not in ("=", "+", "-", "@")
    assert found[:1] not in ("\t", "\r", "\n")


def test_many_rows_come_in_several_chunks_that_make_one_file() -> None:
    chunks = list(write_csv(row_with(page_group=str(number)) for number in range(1_000)))
    assert len(chunks) > 2
    assert max(map(len, chunks)) < 128 * 1024
    assert len(read_back(b"".join(chunks))) == 1_001
