"""Each kind of tampering with records is found, and told by its name; honest logs pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.audit.checkpoints import clock_key_name
from consent.audit.notes import ClockSigner, NoteSigner
from consent.audit.records import epoch_record
from consent.core.canonical import record_bytes
from consent.core.times import MILLIS_PER_DAY
from consent.verify.findings import SHOWN_OF_EACH_KIND, Kind
from tests.audit.make_keys import ORIGIN, private_key
from tests.verify.make_log import (
    ALICE,
    NOTICE_HASH,
    LogFolder,
    check,
    found,
    kinds,
    places,
    put,
)


def test_an_honest_log_passes(log: LogFolder, tmp_path: Path) -> None:
    report = log.check(tmp_path)
    seen = report.logs[0]
    assert not kinds(report)
    assert (seen.size, seen.opened, seen.unopened) == (log.size, log.size - 4, 0)
    assert seen.disposed == {"retention_refusal": 3, "erasure": 1}
    assert report.exit_code == 0


def test_that_nobody_vouches_for_a_log_is_a_warning_unless_it_is_asked_for(
    log: LogFolder, tmp_path: Path
) -> None:
    log.write(tmp_path)
    assert check(tmp_path).logs[0].findings.counts == {Kind.UNANCHORED: 1}
    assert check(tmp_path).exit_code == 0
    assert check(tmp_path, require_anchor=True).exit_code == 1


@pytest.mark.parametrize("part", ["salt", "record", "swap"])
def test_a_record_that_is_not_what_was_committed_is_altered(
    log: LogFolder, tmp_path: Path, part: str
) -> None:
    one, other = log.records[7], log.records[9]
    assert one is not None
    assert other is not None
    salt, record = one
    if part == "swap":
        log.records[7], log.records[9] = other, one
    elif part == "salt":
        log.records[7] = bytes([salt[0] ^ 1]) + salt[1:], record
    else:
        log.records[7] = salt, record.replace(b"granted", b"refused")
    assert found(log, tmp_path) == {Kind.ALTERED}


def test_a_deleted_record_is_missing(log: LogFolder, tmp_path: Path) -> None:
    log.records[20] = None
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.MISSING}
    assert places(report) == [20]


def test_neighbours_that_are_missing_are_told_of_once(log: LogFolder, tmp_path: Path) -> None:
    for leaf in range(20, 200):
        log.records[leaf] = None
    report = log.check(tmp_path)
    assert report.logs[0].findings.counts[Kind.MISSING] == 1
    assert "leaves 20 to 199" in "\n".join(report.lines())


def test_a_deleted_disposal_leaves_what_it_named_unexplained(
    log: LogFolder, tmp_path: Path
) -> None:
    disposal = next(
        leaf
        for leaf, one in enumerate(log.records)
        if one is not None and json.loads(one[1])["type"] == "disposal"
    )
    log.records[disposal] = None
    report = log.check(tmp_path)
    assert kinds(report) == {Kind.MISSING}
    assert {1, disposal} <= set(places(report))


def test_a_back_dated_record_is_found_by_the_heads_before_it(
    log: LogFolder, tmp_path: Path
) -> None:
    log.consent(at=log.now - 2 * MILLIS_PER_DAY)
    log.publish()
    assert found(log, tmp_path) == {Kind.BACKDATED}


def test_a_back_dated_record_is_found_by_the_records_before_it(
    log: LogFolder, tmp_path: Path
) -> None:
    """Who deletes heads to widen the window still has the other records against him."""
    log.consent(at=log.now - 2 * MILLIS_PER_DAY)
    log.publish()
    log.notes = log.notes[-1:]
    assert found(log, tmp_path) == {Kind.BACKDATED}


def test_a_record_dated_after_its_head_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.consent(at=log.now + MILLIS_PER_DAY)
    log.publish()
    assert found(log, tmp_path) == {Kind.BACKDATED}


@pytest.mark.parametrize("minutes", [-5, 4])
def test_what_clocks_and_queues_may_differ_by_is_not_held_against_a_record(
    log: LogFolder, tmp_path: Path, minutes: int
) -> None:
    log.consent(at=log.now + minutes * 60_000)
    log.publish()
    assert found(log, tmp_path) == set()


def test_an_outage_of_the_sealer_is_no_finding(log: LogFolder, tmp_path: Path) -> None:
    """No head was signed for a week, while records waited with the times they were made at."""
    for _ in range(7):
        log.now += MILLIS_PER_DAY
        log.consent()
    log.publish()
    report = log.check(tmp_path)
    assert not kinds(report)
    assert any("not again until" in note for note in report.logs[0].notes)


@pytest.mark.parametrize("target", ["other visitor", "later", "never sealed"])
def test_a_record_follows_one_of_the_same_visitor_that_came_before(
    log: LogFolder, tmp_path: Path, target: str
) -> None:
    prev = {
        "other visitor": log.id_of(20),
        "later": log.new_id(log.now + 2000),
        "never sealed": log.new_id(log.now - 1000),
    }[target]
    log.consent(ALICE, prev=prev)
    if target == "later":
        log.consent(ALICE, id=prev)
    log.publish()
    expected = Kind.MISSING if target == "never sealed" else Kind.ALTERED
    assert found(log, tmp_path) == {expected}


def test_what_a_record_follows_may_have_been_disposed_of(log: LogFolder, tmp_path: Path) -> None:
    first = log.consent(ALICE)
    log.publish()
    second = log.consent(ALICE, prev=log.id_of(first))
    log.publish()
    log.dispose("erasure", first)
    log.publish()
    assert log.records[second] is not None
    assert found(log, tmp_path) == set()


def test_an_id_stands_for_one_record(log: LogFolder, tmp_path: Path) -> None:
    log.consent(id=log.id_of(20))
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}


def test_a_site_or_a_notice_that_was_never_announced_is_found(
    log: LogFolder, tmp_path: Path
) -> None:
    log.consent(site="shop")
    log.publish()
    assert found(log, tmp_path / "site") == {Kind.ALTERED}


def test_a_notice_that_was_never_announced_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.consent(notice="77" * 32)
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}


@pytest.mark.parametrize(("days", "is_found"), [(20, False), (40, True)])
def test_notices_from_before_the_log_began_to_announce_count_for_a_month(
    tmp_path: Path, days: int, *, is_found: bool
) -> None:
    """A page that shows such a notice can still be answered; after that nobody shows it."""
    log = LogFolder()
    log.consent(notice="77" * 32)
    log.now += 3_600_000
    log.announce()
    log.publish()
    log.now += days * MILLIS_PER_DAY
    log.consent(notice="77" * 32)
    log.publish()
    assert found(log, tmp_path) == ({Kind.ALTERED} if is_found else set())


def test_a_notice_with_another_text_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.write(tmp_path)
    put(tmp_path / "notices" / f"{NOTICE_HASH}.json", b'{"lifetimes":{"proof_months":1}}')
    assert kinds(check(tmp_path)) == {Kind.ALTERED}


# Records that are none.


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"[" * 10_000,
        b'{"v":1}',
        b'{"at":1,"id":"x","type":"consent","v":1}',
        b'{"v":1, "type":"consent"}',
        b"\xff\xfe",
        b'{"at":1e3,"id":"01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f","type":"consent","v":1}',
    ],
)
def test_what_is_no_record_is_altered(log: LogFolder, tmp_path: Path, payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError:
        payload = b"{}"
    log.seal(payload)
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}


@pytest.mark.parametrize("change", [(b":", b": "), (b"{", b'{"at":1,'), (b'"at"', b'"\\u0061t"')])
def test_a_record_has_one_spelling(
    log: LogFolder, tmp_path: Path, change: tuple[bytes, bytes]
) -> None:
    """Two readers of one record must not read two things."""
    record = {"v": 1, "id": log.new_id(), "at": log.now, "type": "survey"}
    log.seal(record_bytes(record).replace(*change, 1))
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}


@pytest.mark.parametrize(
    "values",
    [
        {"type": "consent"},
        {"type": "consent", "site": 7, "notice": "x"},
        {"type": "disposal"},
        {"type": "disposal", "reason": "whim", "leaves": [[1, 1]], "count": 1},
        {"type": "disposal", "reason": "erasure", "leaves": [[2, 1]], "count": 1},
        {"type": "disposal", "reason": "erasure", "leaves": "all", "count": 1},
        {"type": "recovery", "lost": [[1]]},
        {"type": "epoch"},
        {"type": "key"},
        {"type": "config", "site": "x"},
    ],
)
def test_a_record_the_service_does_not_write_is_altered(
    log: LogFolder, tmp_path: Path, values: dict[str, Any]
) -> None:
    log.seal(record_bytes({"v": 1, "id": log.new_id(), "at": log.now, **values}))
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}


def test_a_type_of_a_later_version_is_told_and_is_no_finding(
    log: LogFolder, tmp_path: Path
) -> None:
    log.seal(record_bytes({"v": 1, "id": log.new_id(), "at": log.now, "type": "survey"}))
    log.publish()
    report = log.check(tmp_path)
    assert not kinds(report)
    assert any("survey" in note for note in report.logs[0].notes)


def test_many_findings_are_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    log = LogFolder()
    for _ in range(2 * SHOWN_OF_EACH_KIND + 1):
        log.consent()
    log.publish()
    for leaf in range(0, log.size, 2):
        log.records[leaf] = None
    report = log.check(tmp_path)
    assert report.logs[0].findings.counts[Kind.MISSING] == SHOWN_OF_EACH_KIND + 1
    assert f"… and 1 more of type {Kind.MISSING}" in "\n".join(report.lines())


def test_leaves_that_are_not_opened_are_counted_and_not_missed(
    log: LogFolder, tmp_path: Path
) -> None:
    log.openings = "log"
    kept = [0, *(leaf for leaf in range(305, log.size))]
    log.records = [one if leaf in kept else None for leaf, one in enumerate(log.records)]
    report = log.check(tmp_path)
    assert not kinds(report)
    assert report.logs[0].unopened > 200


@settings(max_examples=60, deadline=None)
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_bit_of_the_tree_that_changes_is_found(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    log = LogFolder()
    log.announce()
    for _ in range(9):
        log.consent()
    log.publish()
    folder = log.write(tmp_path_factory.mktemp("log"))
    tiles = sorted(path for path in (folder / "tile").rglob("*") if path.is_file())
    place %= sum(path.stat().st_size for path in tiles)
    for path in tiles:
        size = path.stat().st_size
        if place < size:
            content = bytearray(path.read_bytes())
            content[place] ^= 1 << bit
            path.write_bytes(content)
            break
        place -= size
    assert kinds(check(folder))


# Epochs.


def epoch(log: LogFolder, origin: str = ORIGIN) -> None:
    previous: dict[str, str | int] = {"origin": origin, "size": 3, "root": "x"}
    log.seal(epoch_record(id=log.new_id(), at=log.now, previous=previous, reason="a new year"))


def second_epoch() -> LogFolder:
    origin = f"{ORIGIN[:-1]}2"
    return LogFolder(
        signer=NoteSigner(origin, private_key(1)),
        clock=ClockSigner(clock_key_name(origin), private_key(2)),
    )


def test_an_epoch_that_names_the_one_before_it_passes(tmp_path: Path) -> None:
    log = second_epoch()
    epoch(log)
    log.announce()
    log.publish()
    assert found(log, tmp_path) == set()


def test_an_epoch_that_does_not_say_what_was_before_it_is_found(tmp_path: Path) -> None:
    log = second_epoch()
    log.announce()
    log.publish()
    assert found(log, tmp_path) == {Kind.MISSING}


@pytest.mark.parametrize("origin", ["x", f"{ORIGIN[:-1]}2", "another.example/shop/1"])
def test_an_epoch_of_another_log_is_found(tmp_path: Path, origin: str) -> None:
    log = second_epoch()
    epoch(log, origin)
    log.announce()
    log.publish()
    assert Kind.ALTERED in found(log, tmp_path)


def test_an_epoch_does_not_begin_in_the_middle(log: LogFolder, tmp_path: Path) -> None:
    epoch(log)
    log.publish()
    assert found(log, tmp_path) == {Kind.ALTERED}
