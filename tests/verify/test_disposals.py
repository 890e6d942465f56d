"""What was disposed of was due, was there, and is gone; what was lost is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.audit.records import recovery_record
from consent.core.times import MILLIS_PER_DAY
from consent.verify.findings import Kind
from tests.verify.make_log import (
    BOB,
    LogFolder,
    check,
    found,
    kinds,
    line_of,
    places,
    put,
)

# Disposals.


def test_a_refusal_is_disposed_of_too_early(log: LogFolder, tmp_path: Path) -> None:
    leaf = log.consent()
    log.publish()
    log.pass_days(179)
    log.dispose("retention_refusal", leaf)
    log.publish()
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.DISPOSAL_TOO_EARLY}
    assert places(report) == [leaf]


@pytest.mark.parametrize(("days", "is_early"), [(23 * 30, True), (24 * 31, False)])
def test_proof_is_kept_for_as_long_as_the_notice_says_at_least(
    log: LogFolder, tmp_path: Path, days: int, *, is_early: bool
) -> None:
    leaf = log.consent(BOB)
    log.publish()
    log.pass_days(days)
    log.dispose("retention_grant", leaf)
    log.publish()
    assert found(log, tmp_path) == ({Kind.DISPOSAL_TOO_EARLY} if is_early else set())


def test_a_notice_published_for_the_purpose_does_not_shorten_what_was_promised(
    log: LogFolder, tmp_path: Path
) -> None:
    """A shorter promise counts from its publication, whatever it is used for."""
    leaf = log.consent(BOB)
    log.publish()
    log.pass_days(90)
    log.announce(notice="77" * 32)  # without its text: the longest there is
    log.dispose("retention_grant", leaf)
    log.publish()
    assert found(log, tmp_path) == {Kind.DISPOSAL_TOO_EARLY, Kind.MISSING}


def test_an_erasure_may_come_at_any_time(log: LogFolder, tmp_path: Path) -> None:
    leaf = log.consent(BOB)
    log.dispose("erasure", leaf)
    log.publish()
    assert found(log, tmp_path) == set()


def test_a_disposal_of_a_record_that_exists_is_found(log: LogFolder, tmp_path: Path) -> None:
    kept = log.records[20]
    log.dispose("erasure", 20)
    log.records[20] = kept
    log.publish()
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.ALTERED}
    assert "whose record exists" in "\n".join(report.lines())


def test_a_leaf_is_disposed_of_once(log: LogFolder, tmp_path: Path) -> None:
    log.dispose("erasure", 1)
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}


@pytest.mark.parametrize("leaf", [10_000, 10**15])
def test_a_disposal_of_leaves_that_are_not_there_yet_is_too_early(
    log: LogFolder, tmp_path: Path, leaf: int
) -> None:
    log.dispose("erasure", leaf)
    log.publish()
    assert found(log, tmp_path) == {Kind.DISPOSAL_TOO_EARLY}


def test_a_disposal_counts_what_it_names(log: LogFolder, tmp_path: Path) -> None:
    log.dispose("erasure", 20, count=2)
    log.publish()
    assert Kind.ALTERED in found(log, tmp_path)


def test_a_disposal_that_the_head_does_not_cover_yet_explains_what_is_gone(
    log: LogFolder, tmp_path: Path
) -> None:
    log.announced.append((log.salt(), log.disposal("erasure", 20)))
    log.records[20] = None
    assert found(log, tmp_path) == set()


def test_a_disposal_that_should_long_be_sealed_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.announced.append((log.salt(), log.disposal("erasure", 20, at=log.now - MILLIS_PER_DAY)))
    log.records[20] = None
    assert found(log, tmp_path) == {Kind.BACKDATED}


def test_disposals_to_apply_again_are_those_of_the_log(log: LogFolder, tmp_path: Path) -> None:
    log.write(tmp_path)
    lines = (tmp_path / "disposals.jsonl").read_text().splitlines(keepends=True)
    forged = line_of(304, log.salt(), log.disposal("erasure", 20))
    put(tmp_path / "disposals.jsonl", "".join([*lines, forged]).encode())
    assert kinds(check(tmp_path)) == {Kind.ALTERED}


# Losses that the operator declares.


def lose(log: LogFolder, *leaves: int) -> None:
    for leaf in leaves:
        log.records[leaf] = None
    lost = [(leaf, leaf) for leaf in leaves]
    log.seal(recovery_record(id=log.new_id(), at=log.now, lost=lost, reason="disk failure"))
    log.publish()


def test_what_a_restore_lost_is_found_until_somebody_accepts_it(
    log: LogFolder, tmp_path: Path
) -> None:
    first = log.consent()
    second = log.consent()
    log.publish()
    log.now += MILLIS_PER_DAY
    log.records[first], log.records[second] = None, None
    log.seal(
        recovery_record(id=log.new_id(), at=log.now, lost=[(first, second)], reason="disk failure")
    )
    log.publish()
    assert found(log, tmp_path) == {Kind.LOST}
    report = log.check(tmp_path, accepted=[log.id_of(log.size - 1)])
    assert not kinds(report)
    assert report.logs[0].disposed["lost"] == 2
    assert any("2 records were lost in a restore" in note for note in report.logs[0].notes)


def test_a_restore_does_not_lose_single_records(log: LogFolder, tmp_path: Path) -> None:
    log.pass_days(2)
    lose(log, 20)
    assert found(log, tmp_path) == {Kind.MISSING, Kind.LOST}
    log.notes = log.notes[-1:]
    assert Kind.LOST in found(log, tmp_path / "with one head")
