"""`consent doctor` says whether the logs are signed, sealed, published and vouched for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from consent.core.times import MILLIS_PER_DAY
from consent.services.anchoring import AnchoredState
from consent.services.diagnosis.findings import Finding, Level
from consent.services.diagnosis.log import LOG, Logged, judge_state_folder
from consent.services.log_status import LogStatus
from tests.cli.findings import levels, sentence
from tests.cli.installations import Home
from tests.make import make_site_text
from tests.world import START

MINUTE = 60_000
SOUND = LogStatus(
    log_id="university/1",
    origin="site.example/consent/log/university/1",
    is_in_force=True,
    size=12,
    pending=1,
    oldest_pending=START - 10_000,
    published_size=12,
    published_at=START - MINUTE,
    status="ok",
    since=START,
    detail="",
    anchored=AnchoredState("university/1", ("witness",), START - MINUTE, None, has_published=True),
)


def found(status: LogStatus, now: int = START) -> dict[str, Finding]:
    return {finding.check: finding for finding in LOG.run(Logged(status, now))}


def problems(status: LogStatus, now: int = START) -> dict[str, Level]:
    return {
        check: finding.level
        for check, finding in found(status, now).items()
        if finding.level is not Level.OK
    }


def test_a_sound_log_has_no_fault() -> None:
    assert problems(SOUND) == {}
    assert found(SOUND)["publication"].found == (
        "university/1: the newest checkpoint is 60 seconds old."
    )


def test_a_log_that_is_not_signed_is_a_problem() -> None:
    rolled_back = replace(SOUND, status="rolled_back")
    assert problems(rolled_back) == {"state": Level.PROBLEM}
    assert found(rolled_back)["state"].found == (
        "university/1 is not signed since 2026-11-22 12:00 UTC: it is rolled back."
    )


def test_what_waits_for_longer_than_receipts_promise_is_a_problem() -> None:
    assert problems(SOUND, START + 50_000) == {}
    late = replace(SOUND, published_at=START + 5 * MINUTE)
    assert problems(late, START + 5 * MINUTE) == {"sealing": Level.PROBLEM}
    assert found(late, START + 5 * MINUTE)["sealing"].found == (
        "university/1: 1 entries wait, the oldest for 5 minutes; receipts promise a minute."
    )


def test_an_old_checkpoint_is_a_warning_for_the_log_in_force_only() -> None:
    old = replace(SOUND, published_at=START - 3 * 60 * MINUTE)
    assert problems(old) == {"publication": Level.WARNING}
    assert found(old)["publication"].found == "university/1: the newest checkpoint is 3 hours old."
    assert problems(replace(SOUND, published_at=None)) == {"publication": Level.WARNING}
    assert problems(replace(old, is_in_force=False)) == {}


def test_a_log_that_nobody_vouches_for_is_a_warning_with_its_beginning() -> None:
    alone = AnchoredState("university/1", (), None, START - MILLIS_PER_DAY, has_published=True)
    unanchored = replace(SOUND, anchored=alone)
    assert problems(unanchored) == {"anchors": Level.WARNING}
    anchors = found(unanchored)["anchors"]
    assert anchors.found.startswith("university/1: unanchored since 2026-11-21 12:00 UTC")
    assert "CONSENT_TSA_URL" in anchors.advice
    left = replace(unanchored, anchored=replace(alone, kinds=("rfc3161",)))
    assert "consent log anchor" in found(left)["anchors"].advice


def test_a_place_for_signed_heads_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert judge_state_folder(tmp_path / "log-state").level is Level.OK
    assert judge_state_folder(tmp_path / "file" / "log-state").level is Level.PROBLEM
    assert judge_state_folder(tmp_path / "file").level is Level.PROBLEM
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o755)
    assert judge_state_folder(loose).level is Level.WARNING


def test_a_signed_head_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "university-1.note").write_text("")
    tmp_path.chmod(0o700)
    assert judge_state_folder(tmp_path).level is Level.OK
    (tmp_path / "university-2.note").mkdir()
    judged = judge_state_folder(tmp_path)
    assert judged.level is Level.PROBLEM
    assert "university-2.note cannot be read" in str(judged.found)


def test_a_whole_installation_is_looked_at(home: Home, tmp_path: Path) -> None:
    site_file = tmp_path / "programme.toml"
    site_file.write_text(make_site_text())
    assert home.run("publish", site_file, "--yes").exit_code == 0
    assert home.run("log", "seal").exit_code == 0
    findings = home.findings()
    assert levels(findings, "log", "state") == ["ok"]
    assert levels(findings, "log", "state file") == ["ok"]
    assert "unanchored since" in sentence(findings, "log", "anchors", "warning")
