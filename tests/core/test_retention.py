"""How long records are kept: the month after the midnight that ends reliance, day by day."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent.audit.records import disposal_record
from consent.core.limits import REFUSAL_RECORD_DAYS
from consent.core.retention import (
    POLICIES,
    Disposal,
    DisposalClass,
    Role,
    proof_cutoff,
    proof_ends,
    refusal_cutoff,
)
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339, rfc3339

INSTANTS = st.integers(parse_rfc3339("2020-01-01"), parse_rfc3339("2040-01-01"))
MONTHS = st.integers(1, 60)


@pytest.mark.legal("RR-02")
@pytest.mark.parametrize(
    ("ends", "months", "kept_until"),
    [
        ("2027-05-22T00:00:00.000Z", 24, "2029-05-22"),
        ("2026-11-22T12:00:00.000Z", 24, "2028-11-23"),
        ("2026-11-22T00:00:00.001Z", 24, "2028-11-23"),
        ("2026-01-30T08:00:00.000Z", 1, "2026-02-28"),
        ("2028-02-28T08:00:00.000Z", 12, "2029-02-28"),
        ("2026-12-31T23:59:59.999Z", 1, "2027-02-01"),
    ],
)
def test_proof_is_kept_for_calendar_months_after_reliance(
    ends: str, months: int, kept_until: str
) -> None:
    assert rfc3339(proof_ends(parse_rfc3339(ends), months)) == f"{kept_until}T00:00:00.000Z"


@pytest.mark.legal("RR-01", "RR-02")
@given(ends=INSTANTS, months=MONTHS, now=INSTANTS)
def test_the_cutoff_of_a_day_holds_exactly_what_has_ended_by_it(
    ends: int, months: int, now: int
) -> None:
    assert (ends <= proof_cutoff(now, months)) == (proof_ends(ends, months) <= now)


@pytest.mark.legal("RR-01")
@given(ends=INSTANTS, months=MONTHS)
@example(ends=parse_rfc3339("2026-01-31"), months=1)
@example(ends=parse_rfc3339("2028-01-30T08:00:00Z"), months=13)
def test_proof_goes_on_its_day_and_not_a_moment_before(ends: int, months: int) -> None:
    day = proof_ends(ends, months)
    assert ends > proof_cutoff(day - 1, months)
    assert ends <= proof_cutoff(day, months)


@given(ends=INSTANTS, later=st.integers(0, 10**11), months=MONTHS)
def test_what_ends_later_is_kept_no_shorter(ends: int, later: int, months: int) -> None:
    assert proof_ends(ends, months) <= proof_ends(ends + later, months)


@pytest.mark.legal("RR-01", "RR-04")
@given(now=INSTANTS)
def test_refusals_are_kept_for_the_days_the_policy_names(now: int) -> None:
    assert now - refusal_cutoff(now) == REFUSAL_RECORD_DAYS * MILLIS_PER_DAY


@pytest.mark.legal("RR-12")
def test_the_record_of_a_disposal_names_nobody() -> None:
    reason = DisposalClass.ERASURE
    event_id = "0196d5f0-0000-7000-8000-000000000000"
    disposal = Disposal(event_id, 1, reason, POLICIES[reason], Role.SERVICE, 3)
    encoded = disposal_record(disposal)
    assert encoded == (
        b'{"at":1,"count":3,"id":"0196d5f0-0000-7000-8000-000000000000",'
        b'"policy":"removed on request","reason":"erasure","role":"service",'
        b'"type":"disposal","v":1}'
    )
    assert set(json.loads(encoded)) == {
        *("v", "type", "id", "at", "reason", "policy", "role", "count")
    }
