"""A log begins anew: its first record quotes the old one, and both can still be checked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from consent.services import epochs
from consent.services.epochs import begin_epoch, move_stranded
from consent.services.proving import find_proof
from consent.services.verifying import verify_database
from consent.store.log import find_leaf
from consent.store.log_records import stream_log_records
from consent.store.tables import LogPendingRow
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from tests.drilling import LOG, Installation
from tests.log import assert_whole
from tests.make_events import insert_event, make_event
from tests.world import Browser, new_id

pytestmark = [pytest.mark.slow, pytest.mark.legal("RR-13", "RP-07")]


def test_without_a_copy_a_new_epoch_begins_with_the_last_head_of_the_old_one(
    drill: Installation,
) -> None:
    kept = drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    note = drill.state_files.read(LOG)
    assert note is not None
    drill.restore(backup)
    drill.start_sealer()
    meanwhile = drill.visit()
    assert drill.start_sealer().sealed == {}

    new = begin_epoch(
        drill.session,
        "leiden-university",
        "The copies were lost.",
        drill.world.keys,
        state_files=drill.state_files,
        now=drill.world.now,
    )
    assert new.log_id == "leiden-university/2"
    assert new.origin.endswith("/log/leiden-university/2")
    site = drill.world.site()
    assert (site.deployment.log_id, site.log_origin) == (new.log_id, new.origin)
    [record] = stream_log_records(drill.session, new.log_id, "epoch")
    assert note.splitlines()[0] in record.payload.decode()
    assert find_proof_leaf(drill, record.id) == 0
    later = drill.visit()
    drill.start_sealer()
    for recorded in (meanwhile, later):
        assert drill.proof_of(recorded).checkpoint.startswith(new.origin)
    assert drill.proof_of(kept).checkpoint.startswith(f"{new.origin[:-1]}1\n")
    drill.ask_to_erase(drill.people[0])
    assert sum(drill.dispose().removed.values()) == 2
    drill.start_sealer()
    assert drill.rows(LogPendingRow) == 0
    report = drill.verify()
    old, current = report.logs
    assert {finding.kind.value for finding in old.findings} <= {"rolled_back", "unanchored"}
    assert {finding.kind.value for finding in current.findings} <= {"unanchored"}


def find_proof_leaf(drill: Installation, record_id: str) -> int:
    drill.session.rollback()
    drill.start_sealer()
    proof = find_proof(drill.session, record_id)
    drill.session.rollback()
    assert proof is not None
    return proof.index


def test_a_sound_log_can_begin_anew_and_its_past_can_still_be_disposed_of(
    drill: Installation,
) -> None:
    drill.visit()
    drill.visit()
    drill.start_sealer()
    new = begin_epoch(
        drill.session,
        "leiden-university",
        "A new year.",
        drill.world.keys,
        state_files=drill.state_files,
        now=drill.world.now,
    )
    assert new.created_at == drill.world.now
    drill.ask_to_erase(drill.people[0])
    assert sum(drill.dispose().removed.values()) == 2
    drill.start_sealer()
    assert len(list(stream_log_records(drill.session, LOG, "disposal"))) == 1
    assert drill.verify().exit_code == 0
    assert_whole(drill.session, drill.world.keys)


def break_with(drill: Installation) -> str:
    """Begin a new epoch, as after the loss of every copy, and return its id."""
    return begin_epoch(
        drill.session,
        "leiden-university",
        "The copies were lost.",
        drill.world.keys,
        state_files=drill.state_files,
        now=drill.world.now,
    ).log_id


def test_a_disposal_that_the_old_log_could_not_tell_is_told_by_the_new_one(
    drill: Installation,
) -> None:
    drill.visit()
    drill.visit()
    drill.start_sealer()
    drill.ask_to_erase(drill.people[0])
    drill.start_sealer()
    drill.dispose()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.restore(backup)
    drill.start_sealer()
    new = break_with(drill)
    drill.start_sealer()
    [stored] = stream_log_records(drill.session, new, "disposal")
    record = json.loads(stored.payload)
    assert (record["log"], record["count"], record["reason"]) == (LOG, 2, "erasure")
    kinds = {finding.kind.value for log in drill.verify().logs for finding in log.findings}
    assert kinds <= {"rolled_back", "unanchored"}


def test_a_repeated_act_gets_the_same_receipt_in_a_new_epoch(drill: Installation) -> None:
    """What waited goes into the new log, and its receipt named the old one: it goes on doing so."""
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.restore(backup)
    drill.start_sealer()
    act = {"submission_id": new_id(), "token": drill.world.token(drill.world.site())}
    first = Browser(drill.world).accept_all(**act)
    drill.world.now += 1_000
    new = break_with(drill)
    drill.start_sealer()
    assert drill.proof_of(first).checkpoint.splitlines()[0].endswith(new)
    again = Browser(drill.world).accept_all(**act)
    assert again.receipt == first.receipt
    later = drill.visit()
    assert later.receipt is not None
    assert f"/{new}" in later.receipt
    evidence = Evidence(receipts=[first.receipt or ""])
    report = verify_database(drill.session, evidence, state_files=drill.state_files)
    kinds = {finding.kind.value for log in report.logs for finding in log.findings}
    assert kinds <= {"rolled_back", "unanchored"}


def test_what_a_late_process_still_records_for_the_old_log_goes_into_the_new_one(
    drill: Installation,
) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.restore(backup)
    drill.start_sealer()
    late = drill.world.site()
    new = break_with(drill)
    event = replace(make_event(at=drill.world.now + 500), notice=late.notice.hash)
    insert_event(drill.session, event, log_id=late.deployment.log_id)
    assert late.deployment.log_id == LOG
    assert move_stranded(drill.session, now=drill.world.now) == 1
    assert move_stranded(drill.session, now=drill.world.now) == 0
    drill.start_sealer()
    leaf = find_leaf(drill.session, event.id)
    assert leaf is not None
    assert leaf.log_id == new


def test_an_epoch_that_quotes_what_the_old_log_never_had_is_found(
    drill: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who holds the keys could break with a history that was another one."""
    drill.visit()
    drill.start_sealer()
    known = epochs.last_known_head
    monkeypatch.setattr(
        epochs,
        "last_known_head",
        lambda *arguments, **named: replace(known(*arguments, **named), root=bytes(32)),
    )
    break_with(drill)
    drill.start_sealer()
    [_, current] = drill.verify().logs
    assert Kind.FORKED in current.findings.counts
