"""Heads, keys, witnesses and receipts: who signed what, when, and whether it was kept."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consent.audit.notes import NoteSigner
from consent.audit.records import KeyAction, epoch_record, key_record
from consent.core.times import MILLIS_PER_DAY
from consent.verify.findings import Kind
from consent.verify.trust import read_given
from tests.audit.make_keys import ORIGIN, clock_signer, log_signer, private_key, witness_signer
from tests.verify.make_log import (
    ALICE,
    BOB,
    LogFolder,
    check,
    found,
    kinds,
    put,
)

# Heads and keys.


def test_an_entry_that_was_changed_does_not_make_the_signed_root(
    log: LogFolder, tmp_path: Path
) -> None:
    log.write(tmp_path)
    path = next((tmp_path / "tile/entries/001.p").iterdir())
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)
    report = check(tmp_path)
    assert kinds(report) == {Kind.ALTERED}
    assert any("do not make the roots" in one.text for one in report.logs[0].findings)


@pytest.mark.parametrize("tile", ["0/000", "0/001.p", "1/000.p"])
def test_a_tile_that_was_changed_is_found(log: LogFolder, tmp_path: Path, tile: str) -> None:
    log.write(tmp_path)
    path = tmp_path / "tile" / tile
    path = next(path.iterdir()) if path.is_dir() else path
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert kinds(check(tmp_path)) == {Kind.ALTERED}


@pytest.mark.parametrize("tile", ["0/000", "entries/000"])
def test_a_tile_that_was_removed_is_missing(log: LogFolder, tmp_path: Path, tile: str) -> None:
    log.write(tmp_path)
    (tmp_path / "tile" / tile).unlink()
    assert kinds(check(tmp_path)) == {Kind.MISSING}


def test_a_head_of_another_history_is_a_fork(log: LogFolder, tmp_path: Path) -> None:
    log.consent()
    log.publish(root=bytes(32))
    log.consent()
    log.publish()
    assert found(log, tmp_path) == {Kind.FORKED}


def test_two_heads_of_one_size_are_a_fork(log: LogFolder, tmp_path: Path) -> None:
    log.publish(root=bytes(32))
    assert found(log, tmp_path) == {Kind.FORKED}


def test_a_kept_head_that_the_log_does_not_continue_is_a_fork(
    log: LogFolder, tmp_path: Path
) -> None:
    other = LogFolder(now=log.now)
    for _ in range(20):
        other.consent()
    assert found(log, tmp_path, kept=[other.publish()]) == {Kind.FORKED}


def test_a_kept_head_that_the_log_continues_is_fine(log: LogFolder, tmp_path: Path) -> None:
    assert found(log, tmp_path, kept=[log.notes[1][2]]) == set()


def test_a_kept_head_larger_than_the_log_shows_that_it_was_set_back(
    log: LogFolder, tmp_path: Path
) -> None:
    older = copy.deepcopy(log)
    log.consent()
    assert found(older, tmp_path, kept=[log.publish()]) == {Kind.ROLLED_BACK}


def test_a_head_larger_than_the_newest_one_shown_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.write(tmp_path)
    log.consent()
    note = log.publish()
    put(tmp_path / "checkpoints" / f"{log.size:016}-{log.now:014}", note.encode())
    assert kinds(check(tmp_path)) == {Kind.ROLLED_BACK}


@pytest.mark.parametrize("part", ["signature", "size", "root"])
def test_a_head_that_was_changed_is_not_signed(log: LogFolder, tmp_path: Path, part: str) -> None:
    size, created, note = log.notes[1]
    lines = note.split("\n")
    changed = {"signature": 4, "size": 1, "root": 2}[part]
    lines[changed] = {
        "signature": lines[4][:-8] + "AAAAAAA=",
        "size": "999",
        "root": "A" * 43 + "=",
    }[part]
    log.notes[1] = size, created, "\n".join(lines)
    assert Kind.BAD_SIGNATURE in found(log, tmp_path)


def test_a_head_without_the_time_of_the_clock_is_not_as_it_was_signed(
    log: LogFolder, tmp_path: Path
) -> None:
    size, created, note = log.notes[1]
    log.notes[1] = size, created, "".join(note.splitlines(keepends=True)[:-1])
    assert found(log, tmp_path) == {Kind.BAD_SIGNATURE}


def test_a_head_under_another_name_is_altered(log: LogFolder, tmp_path: Path) -> None:
    size, created, note = log.notes[1]
    log.notes[1] = size, created + 7_200_000, note
    assert found(log, tmp_path) == {Kind.ALTERED}


def test_a_clock_that_goes_back_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.append(bytes(32))  # of which nothing is opened, so that no record tells
    log.openings = "some"
    log.publish(at=log.now - 10 * MILLIS_PER_DAY)
    assert found(log, tmp_path) == {Kind.BACKDATED}


def test_a_key_the_log_never_announced_does_not_sign_for_it(log: LogFolder, tmp_path: Path) -> None:
    vkey = log.clock.verifier.vkey
    log.seal(
        key_record(
            id=log.new_id(), at=log.now, vkey=vkey, role="clock", action="add", reason="first use"
        )
    )
    log.publish()
    assert found(log, tmp_path) == {Kind.BAD_SIGNATURE}


def test_a_key_that_was_withdrawn_signs_no_more(log: LogFolder, tmp_path: Path) -> None:
    for vkey, action in (
        (log.signer.verifier.vkey, "add"),
        (log.clock.verifier.vkey, "add"),
        (log.signer.verifier.vkey, "revoke"),
    ):
        log.seal(
            key_record(
                id=log.new_id(),
                at=log.now,
                vkey=vkey,
                role="log",
                action="revoke" if action == "revoke" else "add",
                reason="stolen",
            )
        )
    log.publish()
    report = log.check(tmp_path)
    assert any("is not signed by a key" in one.text for one in report.logs[0].findings)


def test_an_epoch_says_what_it_continues(tmp_path: Path) -> None:
    log = LogFolder()
    previous: dict[str, str | int] = {
        "origin": "consent.example/shop/0",
        "size": 3,
        "root": "A" * 43 + "=",
    }
    log.seal(epoch_record(id=log.new_id(), at=log.now, previous=previous, reason="disk failure"))
    before = log.new_id(log.now - MILLIS_PER_DAY)
    log.consent(ALICE, prev=before, site="shop")
    log.publish()
    report = log.check(tmp_path)
    assert not kinds(report)
    assert any("consent.example/shop/0" in note for note in report.logs[0].notes)


# Whose word it is.


def test_the_report_says_when_keys_came_from_the_log_itself(log: LogFolder, tmp_path: Path) -> None:
    lines = "\n".join(log.check(tmp_path).lines())
    assert "NOT checked against anything" in lines


def test_a_log_signed_by_others_than_the_checker_trusts_is_refused(
    log: LogFolder, tmp_path: Path
) -> None:
    """An operator who made everything anew with other keys convinces only who has no keys."""
    stranger = replace(log, signer=NoteSigner(ORIGIN, private_key(77)), notes=[])
    stranger.publish()
    stranger.write(tmp_path)
    assert not kinds(check(tmp_path))
    trusted = read(policies=[log.policy])
    assert Kind.BAD_SIGNATURE in kinds(check(tmp_path, given=trusted))
    by_key = read(vkeys=[log.signer.verifier.vkey])
    assert Kind.BAD_SIGNATURE in kinds(check(tmp_path, given=by_key))


def test_a_trusted_key_is_enough_for_a_genuine_log(log: LogFolder, tmp_path: Path) -> None:
    report = log.check(tmp_path, given=read(vkeys=[log.signer.verifier.vkey]))
    assert not kinds(report)
    assert list(report.logs[0].keys_from_outside) == ["log"]


def read(policies: list[str] | None = None, vkeys: list[str] | None = None) -> Any:
    return read_given(policies or [], vkeys or [])


def test_witnesses_make_an_anchor(tmp_path: Path) -> None:
    log = LogFolder(witnesses=[witness_signer("witness.example", 21)])
    log.announce()
    log.publish()
    report = log.check(tmp_path)
    assert not report.logs[0].findings.counts
    assert report.logs[0].witnessed == 1


def test_the_clock_of_the_log_is_no_witness(tmp_path: Path) -> None:
    log = LogFolder()
    log.announce()
    log.publish()
    log.write(tmp_path)
    clock = read(vkeys=[clock_signer().verifier.vkey])
    assert Kind.UNANCHORED in check(tmp_path, given=clock).logs[0].findings.counts


def test_a_clock_that_witnesses_contradict_is_found(tmp_path: Path) -> None:
    witness = witness_signer("witness.example", 21)
    log = LogFolder()
    log.announce()
    log.publish()
    size, created, note = log.notes[0]
    text = note.split("\n\n")[0] + "\n"
    log.witnesses = [witness]
    line = witness.line(text, (created + 30 * MILLIS_PER_DAY) // 1000)
    log.notes[0] = size, created, note + line
    assert found(log, tmp_path) == {Kind.BACKDATED}


def test_an_anchor_of_a_head_that_is_not_there_is_found(log: LogFolder, tmp_path: Path) -> None:
    log.anchors["0000000000000003-00000000000001-url-1"] = b"https://example.com"
    assert found(log, tmp_path / "one") == {Kind.MISSING}
    log.anchors = {"0000000000009999-00000000000001-url-1": b"https://example.com"}
    assert found(log, tmp_path / "two") == {Kind.ROLLED_BACK}


# Receipts.


def test_a_receipt_that_was_kept_is_told(log: LogFolder, tmp_path: Path) -> None:
    report = log.check(tmp_path, receipts=[log.receipt(20)])
    assert not kinds(report)
    assert any("leaf 20" in note for note in report.logs[0].notes)


def test_a_receipt_shows_what_was_deleted_before_it_was_sealed(
    log: LogFolder, tmp_path: Path
) -> None:
    """Without the receipt nothing is left to see: the visitor had no earlier record."""
    receipt = replace_last_record(log)
    log.publish(2 * 60_000)
    assert found(log, tmp_path) == set()
    assert found(log, tmp_path, receipts=[receipt]) == {Kind.MISSING}


def replace_last_record(log: LogFolder) -> str:
    """Give a receipt for a record, and a log that never had it."""
    with_it = copy.deepcopy(log)
    return with_it.receipt(with_it.consent(BOB))


def test_a_receipt_that_is_not_due_yet_is_no_finding(log: LogFolder, tmp_path: Path) -> None:
    assert found(log, tmp_path, receipts=[replace_last_record(log)]) == set()


def test_a_forged_receipt_is_found(log: LogFolder, tmp_path: Path) -> None:
    receipt = log.receipt(20).replace("received 1", "received 2")
    assert found(log, tmp_path, receipts=[receipt]) == {Kind.BAD_SIGNATURE}


def test_a_key_announced_under_a_trusted_signature_is_trusted_from_there_on(
    log: LogFolder, tmp_path: Path
) -> None:
    kept, old = log.policy, log.signer
    new = log_signer(77)
    log.seal(_key(log, new.verifier.vkey, "add"))
    log.publish()
    log.publish()  # the old key signs on for a while
    log.signer = new
    log.consent()
    log.publish()
    report = log.check(tmp_path / "announced", given=read_given([kept], []))
    assert Kind.BAD_SIGNATURE not in kinds(report)
    assert any("announced the key" in note for note in report.logs[0].notes)
    assert old.verifier.vkey in kept


def test_a_key_that_was_never_announced_is_not_trusted(log: LogFolder, tmp_path: Path) -> None:
    kept = log.policy
    log.signer = log_signer(77)
    log.consent()
    log.publish()
    assert Kind.BAD_SIGNATURE in found(log, tmp_path, given=read_given([kept], []))


def _key(log: LogFolder, vkey: str, action: KeyAction) -> bytes:
    return key_record(
        id=log.new_id(), at=log.now, vkey=vkey, role="log", action=action, reason="a new year"
    )
