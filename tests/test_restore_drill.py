"""A backup is restored over a log that has gone on: noticed, put right, nothing is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, select

from consent.audit.notes import NoteSigner
from consent.audit.tlog_proof import read_opening
from consent.core.ids import reference_code
from consent.core.model import ErasureMode
from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotFoundError
from consent.services.erasing import erase_found, find_by_code
from consent.services.keys import LogKeys
from consent.services.officers import operator
from consent.services.proving import find_proof
from consent.services.restricting import SPREADING_MS
from consent.services.rotating import announce_keys
from consent.services.sealing import get_log, seal_once
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import keep_up
from consent.services.verifying import verify_database
from consent.store.action_counts import latest_count
from consent.store.events import find_event
from consent.store.log import ROLLED_BACK, find_state
from consent.store.log_keys import list_keys
from consent.store.log_records import stream_log_records
from consent.store.tables import (
    ActionCountRow,
    LogIndexRow,
    LogPendingRow,
    RestrictionRow,
    SealedActionRow,
)
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from tests.drilling import LOG, Installation, id_of, lost_in, require_proven
from tests.log import WorldLog, assert_whole
from tests.services.test_action_counts_attacked import take_away
from tests.services.test_sealed_actions import act

pytestmark = [pytest.mark.slow, pytest.mark.legal("RR-13", "RP-07")]


def test_a_restored_backup_is_noticed_and_put_right_from_a_mirror(drill: Installation) -> None:
    kept = [drill.visit() for _ in range(3)]
    erased = drill.visit()
    drill.start_sealer()
    old_proof = drill.proof_of(kept[0])
    waiting = drill.visit()
    backup = drill.place.back_up("monday")
    backed_up = drill.rows()

    lost = [drill.visit() for _ in range(2)]
    drill.start_sealer()
    young_proof = drill.proof_of(lost[0])
    drill.ask_to_erase(drill.people[3])
    assert sum(drill.dispose().removed.values()) == 2
    drill.start_sealer()
    drill.mirror()
    size = find_state(drill.session, LOG)
    assert size is not None

    drill.restore(backup)
    assert drill.rows() == backed_up
    assert find_event(drill.session, id_of(erased)) is not None

    refused = drill.start_sealer().refused
    assert "rolled back" in refused[LOG]
    assert drill.status() == ROLLED_BACK
    meanwhile = drill.visit()
    assert drill.rows() == backed_up + 1
    assert drill.start_sealer().sealed == {}
    assert drill.dispose().removed == {}
    assert drill.verify().exit_code == 1

    plan = drill.plan()
    assert drill.status() == ROLLED_BACK
    assert plan.after.size == size.size
    assert plan.relinked.keys() >= {id_of(waiting)}
    # The two lost choices, and the act of asking for erasure in the access log; the erasure's
    # withdrawal was disposed of, and the log says so itself.
    assert plan.lost_count == 3
    done = drill.recover()
    assert (done.size, done.removed) == (size.size, 1)
    assert find_event(drill.session, id_of(erased)) is None
    assert find_event(drill.session, id_of(waiting)) is not None

    round_ = drill.start_sealer()
    assert round_.refused == {}
    assert round_.sealed[LOG] >= 2
    assert drill.rows(LogPendingRow) == 0
    assert drill.proof_of(meanwhile).index >= size.size
    assert_whole(drill.session, drill.world.keys)
    report = drill.verify()
    assert (report.exit_code, lost_in(report)) == (0, 3)
    drill.mirror()

    for proof, recorded in ((old_proof, kept[0]), (young_proof, lost[0])):
        require_proven(drill, proof, recorded)


def test_what_was_erased_and_not_yet_removed_is_hidden_again(drill: Installation) -> None:
    alice = drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.ask_to_erase(drill.people[0])
    drill.start_sealer()
    drill.mirror()

    drill.restore(backup)
    drill.start_sealer()
    assert drill.recover().hidden == 1
    assert find_event(drill.session, id_of(alice)) is None
    drill.start_sealer()
    assert sum(drill.dispose().removed.values()) == 1
    drill.start_sealer()
    assert drill.verify().exit_code == 0


def test_a_disposal_that_no_head_told_of_yet_is_not_forgotten(drill: Installation) -> None:
    alice = drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.ask_to_erase(drill.people[0])
    drill.start_sealer()
    drill.dispose()
    drill.mirror()

    drill.restore(backup)
    drill.start_sealer()
    drill.recover()
    assert find_event(drill.session, id_of(alice)) is None
    drill.start_sealer()
    drill.dispose()
    drill.start_sealer()
    report = drill.verify()
    assert report.exit_code == 0
    assert drill.rows() == 0


def test_what_was_locked_away_is_locked_away_again(drill: Installation) -> None:
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    drill.world.publish(erasure=ErasureMode.UNLINK, erasure_reason=reason)
    drill.world.now += SPREADING_MS
    alice = drill.visit()
    assert alice.stored is not None
    code = reference_code(alice.stored.event.subject or "")
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    found = find_by_code(drill.session, "programme", code)
    erase_found(drill.session, found, officer=operator("olga"), now=drill.world.now)
    assert drill.dispose().restricted == 2
    drill.start_sealer()
    drill.mirror()

    drill.restore(backup)
    drill.start_sealer()
    assert drill.recover().hidden == 1
    assert drill.rows(RestrictionRow) == 1
    with pytest.raises(NotFoundError):
        find_by_code(drill.session, "programme", code)
    drill.start_sealer()
    report = drill.verify()
    assert (report.exit_code, lost_in(report)) == (0, 2)  # a withdrawal, and who asked for it


def test_keys_and_heads_of_after_the_backup_come_back(drill: Installation) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.world.publish(page_groups=("programme",))
    rotated = rotate_log_key(drill)
    drill.start_sealer()
    drill.visit()
    drill.start_sealer()
    drill.mirror(everything=True)
    known = list_keys(drill.session, LOG)
    assert len(known) == 4
    before = [record.id for record in stream_log_records(drill.session, LOG)]

    drill.restore(backup)
    drill.start_sealer()
    drill.recover()
    after = [record.id for record in stream_log_records(drill.session, LOG)]
    assert after[: len(before)] == before
    assert list_keys(drill.session, LOG) == known
    assert rotated in {key.vkey for key in known}
    drill.start_sealer()
    report = drill.verify()
    assert report.exit_code == 0
    [log] = report.logs
    assert log.checkpoints == 4


def rotate_log_key(drill: Installation) -> str:
    """Have a second key of the log known and in use; return its public half."""
    keys, world = drill.world.keys, drill.world
    assert keys.log is not None
    private = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
    both = replace(keys, log=LogKeys((*keys.log.log, private), keys.log.clock))
    announce_keys(world.session, both, role="log", reason="yearly", stolen=False, now=world.now)
    world.keys = both
    return NoteSigner(get_log(world.session, LOG).origin, private).verifier.vkey


def test_an_empty_database_is_put_right_as_far_as_the_log_goes(drill: Installation) -> None:
    """A backup of before the first batch: everything comes back but the choices themselves."""
    backup = drill.place.back_up("first")
    drill.visit()
    drill.start_sealer()
    drill.mirror()
    drill.restore(backup)
    drill.start_sealer()
    plan = drill.plan()
    assert plan.lost_count == 1
    drill.recover()
    drill.start_sealer()
    assert drill.verify().exit_code == 0


def test_what_was_lost_can_still_be_opened_by_who_kept_it(drill: Installation) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    lost = drill.visit()
    drill.start_sealer()
    assert lost.stored is not None
    proof = drill.proof_of(lost)
    drill.mirror()
    drill.restore(backup)
    drill.start_sealer()
    drill.recover()
    drill.start_sealer()
    require_proven(drill, proof, lost)
    assert find_proof(drill.session, id_of(lost)) is None
    assert read_opening(b"\x01" + lost.stored.salt + lost.stored.payload.encode())


@pytest.mark.parametrize("everything", [True, False])
def test_acts_are_counted_on_after_a_restore(drill: Installation, *, everything: bool) -> None:
    """With what the copy has counted, or without: what the backup had waiting is not lost."""
    drill.visit()
    act(drill.world)
    drill.start_sealer()
    waiting = act(drill.world)
    backup = drill.place.back_up("monday")
    act(drill.world)
    drill.start_sealer()
    drill.mirror(everything=everything)
    drill.restore(backup)
    drill.start_sealer()
    assert waiting in drill.plan().relinked
    drill.recover()
    drill.start_sealer()
    assert drill.verify().exit_code == 0
    act(drill.world)
    drill.start_sealer()
    report = drill.verify()
    assert (report.exit_code, lost_in(report)) == (0, 1)
    newest = latest_count(drill.session, LOG)
    assert newest is not None
    assert newest.actions == (4 if everything else 3)
    assert drill.state_files.of_counts.read(LOG) == newest.note


def test_acts_that_waited_long_when_the_backup_was_made_are_counted_after_all(
    drill: Installation,
) -> None:
    """Some of them were sealed and counted, the rest got their leaves back from the copy."""
    drill.start_sealer()
    waiting = [act(drill.world) for _ in range(4)]
    drill.world.now += 10 * MILLIS_PER_DAY
    seal_once(drill.session, LOG, drill.world.keys, now=drill.world.now, batch=2)
    backup = drill.place.back_up("monday")
    drill.start_sealer()
    drill.mirror()
    drill.restore(backup)
    drill.start_sealer()
    assert set(drill.plan().relinked) == set(waiting[2:])
    drill.recover()
    act(drill.world)
    drill.start_sealer()
    report = drill.verify()
    assert report.exit_code == 0
    newest = latest_count(drill.session, LOG)
    assert newest is not None
    assert newest.actions == 5


def test_a_recovery_does_not_forget_what_the_backup_has_to_have(drill: Installation) -> None:
    """An act was taken away with its count; a restore that lost nothing of it explains nothing."""
    drill.visit()
    for _ in range(3):
        act(drill.world)
        drill.start_sealer()
    counts = list(drill.session.scalars(select(ActionCountRow).order_by(ActionCountRow.size)))
    taken = drill.session.scalar(
        select(LogIndexRow.event_id)
        .join(SealedActionRow, SealedActionRow.id == LogIndexRow.event_id)
        .where(LogIndexRow.leaf_index == open_range(counts[1].note))
    )
    log = WorldLog(drill.world, drill.folder / "log-state")
    take_away(log, taken, delete(ActionCountRow).where(ActionCountRow.size > counts[0].size))
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.mirror()
    drill.restore(backup)
    drill.start_sealer()
    drill.recover()
    act(drill.world)
    drill.start_sealer()
    assert Kind.MISSING in drill.verify().logs[0].findings.counts


def open_range(note: str) -> int:
    """Return the one leaf that a count names."""
    return int(note.split("leaves ")[1].split("\n", maxsplit=1)[0])


def test_a_machine_that_stood_by_learns_of_the_recovery_from_the_log(drill: Installation) -> None:
    drill.visit()
    act(drill.world)
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    act(drill.world)
    drill.start_sealer()
    other = StateFiles(drill.folder / "other")
    keep_up(drill.session, LOG, drill.world.keys, now=drill.world.now, state_files=other)
    drill.mirror()
    drill.restore(backup)
    drill.start_sealer()
    drill.recover()
    drill.start_sealer()
    [recovery] = stream_log_records(drill.session, LOG, "recovery")
    drill.session.rollback()
    for accepted, exit_code in (((), 1), ((recovery.id,), 0)):
        evidence = Evidence(accepted=accepted)
        report = verify_database(drill.session, evidence, state_files=other)
        assert report.exit_code == exit_code
        assert set(report.logs[0].findings.counts) <= {Kind.LOST, Kind.UNANCHORED}
