"""Records of the log itself: exactly the documented keys, and nothing that leads to a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from consent.audit.records import (
    MAX_LEAF_RANGES,
    config_record,
    disposal_record,
    epoch_record,
    key_record,
    recovery_record,
)
from consent.core.canonical import MAX_RECORD_BYTES
from consent.core.retention import POLICIES, Disposal, DisposalClass, Role
from consent.errors import RecordFormatError
from tests.audit.make_keys import ORIGIN, log_signer

ID = "01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f"
AT = 1763812345678


def disposal(*leaves: tuple[int, int]) -> bytes:
    reason = DisposalClass.RETENTION_GRANT
    return disposal_record(
        Disposal(ID, AT, reason, POLICIES[reason], Role.OPERATOR, 3, leaves=leaves)
    )


def recovery(*lost: tuple[int, int]) -> bytes:
    return recovery_record(id=ID, at=AT, lost=lost, reason="restored from a backup")


@pytest.mark.legal("RP-02")
def test_a_publication_is_recorded_with_the_hash_of_all_that_is_shown() -> None:
    builds = {"script": "5c" * 32, "page.consent": "9e" * 32}
    record = config_record(
        id=ID, at=AT, site="programme", notice="aa" * 32, scope="bb" * 32, policy="cc" * 32,
        builds=builds,
    )  # fmt: skip
    assert json.loads(record) == {
        "v": 1,
        "type": "config",
        "id": ID,
        "at": AT,
        "site": "programme",
        "notice": "aa" * 32,
        "scope": "bb" * 32,
        "policy": "cc" * 32,
        "builds": builds,
    }


def test_a_key_is_recorded_by_its_public_part() -> None:
    vkey = log_signer().verifier.vkey
    record = key_record(id=ID, at=AT, vkey=vkey, role="log", action="add", reason="first key")
    assert json.loads(record) == {
        "v": 1,
        "type": "key",
        "id": ID,
        "at": AT,
        "vkey": vkey,
        "role": "log",
        "action": "add",
        "reason": "first key",
    }


@pytest.mark.legal("RP-08", "RR-12")
def test_a_disposal_names_leaves_and_nobody() -> None:
    assert json.loads(disposal((4, 5), (9, 9))) == {
        "v": 1,
        "type": "disposal",
        "id": ID,
        "at": AT,
        "reason": "retention_grant",
        "policy": "kept while relied on and for the proof_months of its notice",
        "role": "operator",
        "leaves": [[4, 5], [9, 9]],
        "count": 3,
    }


def test_a_disposal_of_an_earlier_epoch_names_its_log() -> None:
    reason = DisposalClass.ERASURE
    record = disposal_record(
        Disposal(ID, AT, reason, POLICIES[reason], Role.SERVICE, 1, ((4, 4),), "university/1")
    )
    assert json.loads(record)["log"] == "university/1"


def test_a_recovery_names_the_leaves_whose_records_are_lost() -> None:
    assert json.loads(recovery((0, 0), (2, 7))) == {
        "v": 1,
        "type": "recovery",
        "id": ID,
        "at": AT,
        "lost": [[0, 0], [2, 7]],
        "reason": "restored from a backup",
    }


def test_a_new_epoch_quotes_the_last_head_of_the_one_before() -> None:
    previous: dict[str, str | int] = {"origin": ORIGIN, "size": 12, "root": "AA=="}
    assert json.loads(epoch_record(id=ID, at=AT, previous=previous, reason="no copy")) == {
        "v": 1,
        "type": "epoch",
        "id": ID,
        "at": AT,
        "previous": previous,
        "reason": "no copy",
    }


@pytest.mark.parametrize("make", [disposal, recovery])
@pytest.mark.parametrize(
    "ranges",
    [
        [(5, 4)],
        [(-1, 3)],
        [(4, 9), (2, 3)],
        [(4, 9), (9, 12)],
        [(4, 9), (10, 12)],
    ],
    ids=["backwards", "negative", "unordered", "overlapping", "touching"],
)
def test_ranges_of_leaves_have_one_spelling(
    make: Callable[..., bytes], ranges: list[tuple[int, int]]
) -> None:
    with pytest.raises(RecordFormatError, match="ascend"):
        make(*ranges)


def test_as_many_ranges_as_promised_fit_into_a_record() -> None:
    first = 2**53 - 1 - 3 * MAX_LEAF_RANGES
    ranges: list[Any] = [(first + 3 * i, first + 3 * i + 1) for i in range(MAX_LEAF_RANGES)]
    assert len(disposal(*ranges)) < MAX_RECORD_BYTES
    assert len(recovery(*ranges)) < MAX_RECORD_BYTES
    with pytest.raises(RecordFormatError, match="16384"):
        disposal(*((first - 3 * i, first - 3 * i + 1) for i in range(1000, 0, -1)))
