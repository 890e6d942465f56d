"""Acts are counted as they are sealed: one that was taken away as something else is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.audit.records import key_record, recovery_record
from consent.verify.findings import Kind
from consent.verify.report import Report
from consent.verify.trust import read_given
from tests.audit.make_keys import log_signer
from tests.verify.make_log import LogFolder, check, kinds, places
from tests.verify.test_actions import add

YEARS = 5 * 366

pytestmark = pytest.mark.legal("AE-06")


def batch(log: LogFolder, *, acts: int, before: int = 0) -> list[int]:
    """Seal some visitors' records and some acts, and count what is there then."""
    for _ in range(2):
        log.consent()
    leaves = [add(log) for _ in range(acts)]
    log.count_acts(*leaves, before=before)
    log.publish()
    return leaves


def said(report: Report) -> str:
    return "\n".join(one.text for one in report.logs[0].findings)


def test_counts_that_fit_are_no_finding(log: LogFolder, tmp_path: Path) -> None:
    batch(log, acts=3)
    log.consent()
    batch(log, acts=1, before=3)
    log.consent()
    log.publish()
    report = log.check(tmp_path)
    assert not kinds(report)
    assert not any("count" in note for note in report.logs[0].notes)


def test_an_act_under_a_false_erasure_is_missed(log: LogFolder, tmp_path: Path) -> None:
    batch(log, acts=1)
    taken, _ = batch(log, acts=2, before=1)
    log.dispose("erasure", taken)
    log.publish()
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.MISSING}
    assert f"taken away as something else (leaves {taken})" in said(report)


def test_an_act_in_place_of_a_visitors_record_hides_nothing(log: LogFolder, tmp_path: Path) -> None:
    """The sum over the whole log would be right, and between the counts; the leaves are not."""
    taken, kept = batch(log, acts=2)
    log.counts.pop()
    in_place = add(log)
    log.count_acts(taken, kept)
    log.dispose("erasure", taken)
    log.publish()
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.MISSING, Kind.ALTERED}
    assert places(report) == [taken, 0]
    assert f"leaves 0 to {in_place}, 1 are said to be" in said(report)


def test_a_visitors_record_that_goes_as_an_act_is_found(log: LogFolder, tmp_path: Path) -> None:
    batch(log, acts=1)
    first, _ = batch(log, acts=2, before=1)
    log.publish(YEARS * 86_400_000)
    log.dispose("retention_action", first - 1)
    log.publish()
    assert Kind.ALTERED in kinds(log.check(tmp_path))


def test_acts_that_went_in_their_time_are_accounted_for(log: LogFolder, tmp_path: Path) -> None:
    first = batch(log, acts=2)
    log.publish(YEARS * 86_400_000)
    log.dispose("retention_action", *first)
    batch(log, acts=1, before=2)
    report = log.check(tmp_path)
    assert not kinds(report)


def test_of_lost_altered_and_missing_leaves_nothing_more_is_said(
    log: LogFolder, tmp_path: Path
) -> None:
    leaf, other = batch(log, acts=2)
    opened = log.records[leaf]
    assert opened is not None
    log.records[leaf] = (opened[0], opened[1] + b" ")
    log.records[other] = None
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.ALTERED, Kind.MISSING}
    assert places(report) == [leaf, other]


def test_taking_counts_away_is_found(log: LogFolder, tmp_path: Path) -> None:
    batch(log, acts=1)
    batch(log, acts=1, before=1)
    batch(log, acts=1, before=2)
    last = log.counts.pop()
    report = log.check(tmp_path / "last")
    assert kinds(report) == {Kind.MISSING}
    assert "counts were taken away" in said(report)
    log.counts = [log.counts[0], last]
    report = log.check(tmp_path / "middle")
    assert kinds(report) == {Kind.MISSING}
    assert "counts of 1 acts were taken away" in said(report)


def test_a_count_that_does_not_follow_is_found(log: LogFolder, tmp_path: Path) -> None:
    earlier, later = batch(log, acts=2)
    log.counts.pop()
    log.count_acts(earlier, later)
    log.consent()
    log.count_acts(later, before=2)
    log.publish()
    assert kinds(log.check(tmp_path / "again")) == {Kind.ALTERED}
    log.counts.pop()
    log.count_acts(add(log), before=1)
    log.publish()
    assert kinds(log.check(tmp_path / "fewer")) == {Kind.ALTERED}


def test_a_count_that_is_there_twice_is_one(log: LogFolder, tmp_path: Path) -> None:
    leaf, _ = batch(log, acts=2)
    log.counts *= 2
    assert not kinds(log.check(tmp_path / "same"))
    log.counts.pop()
    log.count_acts(leaf, before=1)
    assert kinds(log.check(tmp_path / "other")) == {Kind.ALTERED}


def test_only_what_a_restore_gave_back_may_wait_for_its_count(
    log: LogFolder, tmp_path: Path
) -> None:
    batch(log, acts=1)
    add(log)
    log.seal(recovery_record(id=log.new_id(), at=log.now, lost=(), reason="a disk broke"))
    log.publish()
    report = log.check(tmp_path / "restored")
    assert Kind.MISSING not in kinds(report)
    assert any("as after a restore" in note for note in report.logs[0].notes)
    add(log)
    log.publish()
    report = log.check(tmp_path / "afterwards")
    assert Kind.MISSING in kinds(report)
    assert "counts were taken away" in said(report)


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_restore_explains_a_forgotten_count_only_with_the_leaves_it_lost(
    log: LogFolder, tmp_path: Path, *, is_lost: bool
) -> None:
    batch(log, acts=1)
    [taken] = batch(log, acts=1, before=1)
    kept = log.counts.pop()[1]
    if is_lost:
        log.records[taken] = None
    else:
        log.dispose("erasure", taken)
    lost = [(taken, taken)] if is_lost else ()
    record = log.new_id()
    log.seal(recovery_record(id=record, at=log.now, lost=lost, reason="a disk broke"))
    log.publish()
    found = kinds(log.check(tmp_path / "unknown", kept=[kept]))
    assert found == ({Kind.LOST} if is_lost else {Kind.MISSING})
    accepted = log.check(tmp_path / "accepted", kept=[kept], accepted=[record])
    assert kinds(accepted) == (set() if is_lost else {Kind.MISSING})
    assert any("you accepted" in note for note in accepted.logs[0].notes) == is_lost


def test_a_kept_count_that_says_something_else_or_nothing_is_told(
    log: LogFolder, tmp_path: Path
) -> None:
    leaf, other = batch(log, acts=2)
    own = log.counts[0]
    log.count_acts(leaf)
    kept = log.counts.pop()[1]
    assert kinds(log.check(tmp_path / "own", kept=[own[1]])) == set()
    assert kinds(log.check(tmp_path / "else", kept=[kept])) == {Kind.MISSING}
    broken = own[1].replace(f"leaves {leaf}-{other}\n", f"leaves {leaf}\n")
    assert broken != own[1]
    assert kinds(log.check(tmp_path / "broken", kept=[broken])) == {Kind.BAD_SIGNATURE}


def test_without_any_count_the_report_says_so(log: LogFolder, tmp_path: Path) -> None:
    add(log)
    log.publish()
    report = log.check(tmp_path)
    assert not kinds(report)
    assert any("in no signed count" in note for note in report.logs[0].notes)


def test_a_count_that_was_kept_is_held_against_the_log(log: LogFolder, tmp_path: Path) -> None:
    batch(log, acts=1)
    taken, _ = batch(log, acts=2, before=1)
    kept = log.counts[-1][1]
    assert not kinds(log.check(tmp_path / "whole", kept=[kept]))
    # The last act is taken away, its leaf said to be erased, and the count with it.
    log.counts.pop()
    log.dispose("erasure", taken, taken + 1)
    log.publish()
    assert not kinds(log.check(tmp_path / "unnoticed"))
    assert kinds(log.check(tmp_path / "kept", kept=[kept])) == {Kind.MISSING}


def test_a_count_of_another_key_or_of_a_larger_log_is_found(log: LogFolder, tmp_path: Path) -> None:
    [leaf] = batch(log, acts=1)
    size, note = log.counts[0]
    log.counts[0] = (size, note.replace(f"leaves {leaf}\n", f"leaves {leaf - 1}\n"))
    assert Kind.BAD_SIGNATURE in kinds(log.check(tmp_path / "forged"))
    log.counts[0] = (size, note)
    log.count_acts(size, before=1, size=size + 5)
    assert Kind.ROLLED_BACK in kinds(log.check(tmp_path / "larger"))
    log.counts.pop()
    log.count_acts(0, size=1)
    assert Kind.ALTERED in kinds(log.check(tmp_path / "order"))


def test_an_export_without_the_counts_it_names_is_not_vouched_for(
    log: LogFolder, tmp_path: Path
) -> None:
    leaf, *_ = batch(log, acts=1)
    log.withheld = [[leaf, leaf]]
    log.records[leaf] = None
    folder = log.write(tmp_path)
    (folder / "actions.jsonl").unlink()
    assert Kind.MISSING in kinds(check(folder))


def test_a_count_by_a_key_that_is_announced_just_then_counts(
    log: LogFolder, tmp_path: Path
) -> None:
    old, new = log.signer, log_signer(17)
    for role, signer in (("log", old), ("clock", log.clock), ("log", new)):
        log.seal(
            key_record(
                id=log.new_id(),
                at=log.now,
                vkey=signer.verifier.vkey,
                role=role,
                action="add",
                reason="first use",
            )
        )
    leaf = add(log)
    log.signer = new
    log.count_acts(leaf)
    log.signer = old
    log.publish()
    given = read_given([log.policy], [])
    assert not kinds(log.check(tmp_path / "announced", given=given))
    log.counts[0] = (leaf, log.counts[0][1])
    assert Kind.BAD_SIGNATURE in kinds(log.check(tmp_path / "misplaced", given=given))


def test_acts_that_went_before_the_first_count_are_in_none(log: LogFolder, tmp_path: Path) -> None:
    early = [add(log), add(log)]
    log.publish()
    log.publish(YEARS * 86_400_000)
    log.dispose("retention_action", *early)
    batch(log, acts=1)
    assert not kinds(log.check(tmp_path))


def test_acts_that_went_without_ever_being_counted_are_missed(
    log: LogFolder, tmp_path: Path
) -> None:
    batch(log, acts=1)
    uncounted = add(log)
    log.publish()
    log.publish(YEARS * 86_400_000)
    log.dispose("retention_action", uncounted)
    log.publish()
    assert kinds(log.check(tmp_path)) == {Kind.MISSING}


def test_where_not_all_is_opened_a_kept_count_is_not_used(log: LogFolder, tmp_path: Path) -> None:
    leaf, *_ = batch(log, acts=1)
    kept = log.counts.pop()[1]
    log.openings = "some"
    log.records[leaf] = None
    report = log.check(tmp_path, kept=[kept])
    assert Kind.MISSING not in kinds(report)
    assert any("were not used" in note for note in report.logs[0].notes)
