"""How long records are kept: the month after the midnight that ends reliance, day by day."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consent.audit.records import disposal_record
from consent.core.limits import REFUSAL_RECORD_DAYS
from consent.core.model import EventName
from consent.core.retention import (
    ERASED_WITHIN_MS,
    MILLIS_PER_HOUR,
    POLICIES,
    Disposal,
    DisposalClass,
    Role,
    erasures_taken_until,
    kept_until,
    latest_disposal,
    proof_cutoff,
    proof_ends,
    refusal_cutoff,
)
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339, rfc3339
from tests.make_events import NOON, make_event

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
    disposal = Disposal(event_id, 1, reason, POLICIES[reason], Role.SERVICE, 3, ((4, 5), (9, 9)))
    encoded = disposal_record(disposal)
    assert encoded == (
        b'{"at":1,"count":3,"id":"0196d5f0-0000-7000-8000-000000000000",'
        b'"leaves":[[4,5],[9,9]],"policy":"removed on request","reason":"erasure","role":"service",'
        b'"type":"disposal","v":1}'
    )
    assert set(json.loads(encoded)) == {
        *("v", "type", "id", "at", "reason", "policy", "role", "leaves", "count")
    }


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        ("2026-11-22T12:00:00.000Z", "2026-11-22T02:00:00.000Z"),
        ("2026-11-22T02:00:00.000Z", "2026-11-22T02:00:00.000Z"),
        ("2026-11-22T01:59:59.999Z", "2026-11-21T02:00:00.000Z"),
    ],
)
def test_what_a_day_had_erased_goes_at_an_hour_of_the_day(now: str, latest: str) -> None:
    assert rfc3339(latest_disposal(parse_rfc3339(now))) == latest


@pytest.mark.legal("RR-07")
@given(asked=INSTANTS, phase=st.integers(0, MILLIS_PER_HOUR - 1))
def test_an_erasure_goes_within_a_day_if_someone_looks_every_hour(asked: int, phase: int) -> None:
    looks = range(asked + phase, asked + 2 * MILLIS_PER_DAY, MILLIS_PER_HOUR)
    gone = next(now for now in looks if asked <= erasures_taken_until(now, asked))
    assert gone - asked <= ERASED_WITHIN_MS - MILLIS_PER_HOUR


@given(asked=INSTANTS)
def test_an_erasure_waits_for_the_others_of_its_day(asked: int) -> None:
    hour = latest_disposal(asked) + MILLIS_PER_DAY
    if hour - asked < 22 * MILLIS_PER_HOUR:
        assert erasures_taken_until(hour - 1, asked) < asked
    assert erasures_taken_until(hour, asked) >= asked


@pytest.mark.legal("RR-07", "RR-02")
def test_the_last_of_a_subjects_events_says_until_when_any_is_kept() -> None:
    """The grant of a longer promise, though replaced, outlives what came after it."""
    first = make_event(at=NOON, notice="11" * 32)
    second = make_event(at=NOON + 10, notice="22" * 32, prev=first.id)
    withdrawn = make_event(
        at=NOON + 20, notice="22" * 32, prev=second.id, event=EventName.WITHDRAWN
    )
    months = {"11" * 32: 60, "22" * 32: 1}
    chain = [first, second, withdrawn]
    assert kept_until(chain, months) == proof_ends(NOON + 10, 60)
    assert kept_until(chain[1:], months) == proof_ends(NOON + 20, 1)
    assert kept_until(chain[1:2], {}) == proof_ends(second.valid_until, 24)
    assert kept_until([], months) is None


def test_a_withdrawal_is_kept_as_long_as_the_notice_of_its_grant_promises() -> None:
    granted = make_event(at=NOON, notice="11" * 32)
    withdrawn = make_event(
        at=NOON + 1, notice="22" * 32, prev=granted.id, event=EventName.WITHDRAWN
    )
    assert kept_until([granted, withdrawn], {"11" * 32: 1, "22" * 32: 60}) == proof_ends(
        NOON + 1, 1
    )
