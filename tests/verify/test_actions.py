"""Acts of officers in an export: each is a record in its one spelling, and none comes late."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.records import action_record
from consent.core.canonical import MAX_RECORD_BYTES
from consent.core.times import MILLIS_PER_DAY
from consent.verify.findings import Kind
from consent.verify.record import read_record
from tests.verify.make_log import LogFolder, kinds

ID = "0196d5f0-0000-7000-8000-000000000000"

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
details = st.dictionaries(words, st.none() | words | st.integers(), max_size=400)


@given(words, words, details, st.none() | words, st.none() | st.integers(0, 2**53 - 1))
def test_every_act_makes_a_record_in_its_one_spelling(
    officer: str, action: str, detail: dict[str, object], site: str | None, acted_at: int | None
) -> None:
    text = json.dumps(detail, ensure_ascii=False)
    payload = action_record(
        id=ID,
        at=7,
        officer=officer,
        action=action,
        subject_id=ID,
        detail=text,
        site=site,
        acted_at=acted_at,
    )
    assert len(payload) <= MAX_RECORD_BYTES
    record = read_record(payload)
    assert (record.type, record.id, record.at) == ("action", ID, 7)
    assert record.text("officer") == officer
    assert record.values.get("detail", text) == text
    assert record.text_or_none("site") == site
    assert record.values.get("acted_at") == acted_at


def add(log: LogFolder, acted_at: int | None = None, **changes: Any) -> int:
    log.now += 1000
    record = json.loads(
        action_record(
            id=log.new_id(),
            at=log.now,
            officer="Olga",
            action="records:list",
            subject_id=ID,
            detail="{}",
            site="programme",
            acted_at=acted_at,
        )
    )
    record |= changes
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return log.seal(text.encode())


@pytest.mark.legal("AE-06")
def test_acts_from_before_are_told_and_later_ones_are_backdated(
    log: LogFolder, tmp_path: Path
) -> None:
    early = log.now - MILLIS_PER_DAY
    add(log, acted_at=early)
    add(log)
    log.publish()
    report = log.check(tmp_path / "honest")
    assert not kinds(report)
    assert any("1 acts of officers" in note for note in report.logs[0].notes)
    log.pass_days(2)
    add(log, acted_at=early)
    log.publish()
    assert kinds(log.check(tmp_path / "late")) == {Kind.BACKDATED}


@pytest.mark.parametrize(
    "changes", [{"officer": 7}, {"acted_at": "yesterday"}, {"acted_at": True}, {"detail": None}]
)
def test_an_act_that_the_service_does_not_write_is_altered(
    log: LogFolder, tmp_path: Path, changes: dict[str, Any]
) -> None:
    leaf = add(log, **changes)
    log.publish()
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.ALTERED}
    assert leaf in [one.leaf for one in report.logs[0].findings]
