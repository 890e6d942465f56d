"""Time-stamps of an authority (RFC 3161) over the heads of an export, made by openssl."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from consent.audit.notes import split_note
from consent.core.times import MILLIS_PER_DAY
from consent.verify.findings import Kind
from consent.verify.stamps import read_roots
from tests.services.anchor_parties import TimeStampAuthority
from tests.verify.make_log import LogFolder


@pytest.fixture
def authority(tmp_path: Path) -> TimeStampAuthority:
    folder = tmp_path / "authority"
    folder.mkdir()
    authority = TimeStampAuthority(folder)
    authority.make()
    return authority


def stamped(authority: TimeStampAuthority, *, days_ago: int = 0) -> LogFolder:
    """Return a log signed so many days ago, of which the only head is stamped now."""
    log = LogFolder(now=time.time_ns() // 1_000_000 - days_ago * MILLIS_PER_DAY)
    log.announce()
    log.publish(0)
    size, created, note = log.notes[0]
    (authority.folder / "body").write_text(split_note(note)[0])
    authority.openssl(
        "ts", "-query", "-data", "body", "-sha256", "-cert", "-no_nonce", "-out", "own.tsq"
    )
    reply = authority.answer((authority.folder / "own.tsq").read_bytes())
    log.anchors[f"{size:016}-{created:014}-rfc3161-1"] = reply
    return log


def findings(log: LogFolder, folder: Path, authority: TimeStampAuthority) -> dict[Kind, int]:
    roots = read_roots([authority.roots.read_bytes()])
    report = log.check(folder, roots=roots).logs[0]
    assert report.stamps_checked + report.stamps_unchecked <= 1
    return dict(report.findings.counts)


def test_a_time_stamp_of_a_known_authority_anchors_the_log(
    authority: TimeStampAuthority, tmp_path: Path
) -> None:
    log = stamped(authority)
    report = log.check(tmp_path / "log", roots=read_roots([authority.roots.read_bytes()])).logs[0]
    assert not report.findings.counts
    assert (report.stamps_checked, report.stamps_unchecked) == (1, 0)


def test_without_the_root_a_time_stamp_anchors_nothing_and_that_is_said(
    authority: TimeStampAuthority, tmp_path: Path
) -> None:
    report = stamped(authority).check(tmp_path / "log").logs[0]
    assert set(report.findings.counts) == {Kind.UNANCHORED}
    assert (report.stamps_checked, report.stamps_unchecked) == (0, 1)
    assert "--tsa-root" in "".join(one.text for one in report.findings)


def test_a_time_stamp_of_somebody_else_is_found(
    authority: TimeStampAuthority, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = TimeStampAuthority(tmp_path / "other")
    other.make()
    assert Kind.BAD_SIGNATURE in findings(stamped(authority), tmp_path / "log", other)


def test_a_mangled_time_stamp_is_found(authority: TimeStampAuthority, tmp_path: Path) -> None:
    authority.behaviour = "mangles"
    assert Kind.BAD_SIGNATURE in findings(stamped(authority), tmp_path / "log", authority)


def test_a_head_dated_before_it_can_have_been_made_is_found_by_its_time_stamp(
    authority: TimeStampAuthority, tmp_path: Path
) -> None:
    log = stamped(authority, days_ago=30)
    assert Kind.BACKDATED in findings(log, tmp_path / "log", authority)


def test_a_time_stamp_of_another_head_is_found(
    authority: TimeStampAuthority, tmp_path: Path
) -> None:
    log = stamped(authority)
    [reply] = log.anchors.values()
    log.consent()
    log.publish()
    size, created, _ = log.notes[-1]
    log.anchors = {f"{size:016}-{created:014}-rfc3161-1": reply}
    assert Kind.BAD_SIGNATURE in findings(log, tmp_path / "log", authority)
