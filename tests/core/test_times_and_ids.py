"""Instants, days, event ids and reference codes."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.ids import is_uuid, parse_reference_code, reference_code, uuid7
from consent.core.times import add_days, day_of, end_of_day, parse_day, parse_rfc3339, rfc3339

_MILLIS = st.integers(0, 4_102_444_800_000)  # to the year 2100
_SUBJECTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@pytest.mark.legal("RP-09")
@given(_MILLIS)
def test_instants_are_utc_and_read_back(millis: int) -> None:
    text = rfc3339(millis)
    assert text.endswith("Z")
    assert parse_rfc3339(text) == millis


def test_a_bare_date_is_its_midnight() -> None:
    assert rfc3339(parse_rfc3339("2026-11-22")) == "2026-11-22T00:00:00.000Z"


def test_a_year_has_four_digits() -> None:
    instant = parse_rfc3339("0026-03-01")
    assert rfc3339(instant) == "0026-03-01T00:00:00.000Z"
    assert add_days(day_of(instant), -1) == "00260228"


@pytest.mark.parametrize("text", ["2026-11-22T10:00:00", "yesterday", "", "2026-13-01"])
def test_times_without_an_offset_and_garbage_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rfc3339(text)


@given(_MILLIS)
def test_an_instant_lies_within_its_day(millis: int) -> None:
    day = day_of(millis)
    assert end_of_day(day) - 86_400_000 <= millis < end_of_day(day)


def test_days_are_counted_over_the_end_of_the_year() -> None:
    assert add_days("20261231", 1) == "20270101"


@pytest.mark.parametrize("day", ["2026112", "202611222", "2026-1-1", "२०२६११२२", "20261131"])
def test_other_spellings_of_a_day_are_refused(day: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_day(day)


@given(_MILLIS, _MILLIS, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_event_ids_are_uuid7_and_ordered_by_time(a: int, b: int, x: bytes, y: bytes) -> None:
    first, second = uuid7(a, x), uuid7(b, y)
    parsed = uuid.UUID(first)
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    assert parsed.int >> 80 == a
    assert is_uuid(first)
    assert a == b or (first < second) == (a < b)


@pytest.mark.parametrize("text", ["", "x" * 36, "01928C3E-6B1D-7C3A-9F0E-3F6B1C2D4E5F", "1" * 32])
def test_a_uuid_has_one_spelling(text: str) -> None:
    assert not is_uuid(text)


@given(_SUBJECTS)
def test_a_code_leads_back_to_its_subject(subject: str) -> None:
    code = reference_code(subject)
    assert subject.startswith(parse_reference_code(code))
    spoken = code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert parse_reference_code(spoken) == parse_reference_code(code)


def test_a_code_is_three_groups_of_four() -> None:
    assert reference_code("0" * 64) == "0000-0000-0000"
    assert reference_code("f" * 64) == "ZZZZ-ZZZZ-ZZZZ"


@pytest.mark.parametrize("code", ["", "0000-0000-000", "UUUU-0000-0000", "0000-0000-0000-0"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="reference code"):
        parse_reference_code(code)
