"""The first line of what a check says of a pack: enough for whoever reads no further."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.verify.__main__ import main as verify
from consent.verify.findings import Kind
from consent.verify.packs import PackReport
from consent.verify.report import LogReport
from consent.verify.sources import Scope
from consent.verify.summary import summary_of
from tests.packs import make_pack, make_world

OWN_KEYS = " Checked with the keys that came with the pack."
KNOWN = ("log", "receipt")


def pack_of(records: int | None = 1_100, covered: int | None = 1_100) -> PackReport:
    made_at = "2026-11-23T12:00:00.000Z"
    return PackReport("1", made_at, 9, has_logs=True, records=records, covered=covered)


def log_of(opened: int = 1_100, origin: str = "shop.example/log/shop/1") -> LogReport:
    log = LogReport("pack", origin, Scope.ALL, records_opened=opened, keys_from_outside=KNOWN)
    log.anchored_at = "2026-11-23T11:00:00.000Z"
    return log


@pytest.mark.legal("AE-04")
@pytest.mark.parametrize(
    ("reason", "opened", "told"),
    [
        (None, 0, "none of them was opened in the log, since its pseudonyms were made anew for it"),
        ("case 12", 4, "all of them were opened in the log"),
    ],
)
def test_a_pack_is_told_in_one_line(
    session: Session,
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    reason: str | None,
    opened: int,
    told: str,
) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(make_pack(make_world(session, tmp_path / "state"), engine, reason).content)
    assert verify([str(path)]) == 0
    line = (
        f"This pack holds 4 records, as its signed manifest says; {told}; the log is intact, but "
        f"nobody outside is seen to vouch for it (not anchored).{OWN_KEYS}"
    )
    assert capsys.readouterr().out.splitlines()[0] == f"In short     {line}"
    assert verify([str(path), "--json"]) == 0
    pack = json.loads(capsys.readouterr().out)["pack"]
    assert (pack["summary"], pack["records"], pack["records_opened"]) == (line, 4, opened)


def test_who_vouches_and_whose_keys_were_used_is_told() -> None:
    log = log_of()
    assert summary_of(pack_of(), [log]) == (
        "This pack holds 1,100 records, as its signed manifest says; all of them were opened in "
        "the log; the log is intact, and others outside vouch for it (anchored) up to "
        "2026-11-23 11:00:00 UTC."
    )
    log.witnessed = 1
    assert summary_of(pack_of(), [log]).endswith(
        " Some of the keys it was checked with came with the pack."
    )
    log.keys_from_outside = ()
    assert summary_of(pack_of(), [log]).endswith(OWN_KEYS)
    log.anchored_at, log.stamps_unchecked = None, 3
    assert "whether anybody outside vouches for it (anchored) was not" in summary_of(
        pack_of(), [log]
    )


def test_records_that_the_log_does_not_have_are_told() -> None:
    line = summary_of(pack_of(covered=1_097), [log_of(1_097)])
    assert (
        "1,100 records, as its signed manifest says (3 of them not in the signed log yet)" in line
    )
    assert "; 1,097 of them were opened in the log;" in line


def test_each_of_several_logs_is_told() -> None:
    logs = [log_of(600), log_of(500, "shop.example/log/shop/2")]
    logs[1].findings.add(Kind.ALTERED, "a record was changed")
    line = summary_of(pack_of(), logs)
    assert "; all of them were opened in the log; the log shop.example/log/shop/1 is intact" in line
    assert "; the log shop.example/log/shop/2 is NOT intact: see the findings." in line


def test_a_pack_that_is_not_as_it_was_made_begins_with_that() -> None:
    pack = pack_of()
    pack.findings.add(Kind.ALTERED, "statement.txt is not the file that the manifest names")
    assert summary_of(pack, [log_of()]).startswith(
        "This pack is NOT as it was made, or nothing shows that it is: see the findings (this "
        "pack holds 1,100 records, as its manifest says);"
    )


def test_a_manifest_without_a_count_says_none() -> None:
    line = summary_of(pack_of(None, None), [])
    assert line.startswith("Its signed manifest does not say how many records this pack holds; no")
