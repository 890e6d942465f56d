"""Keys of a log: known to everyone, replaced without a break, each receipt always the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent.audit.notes import (
    CosignatureVerifier,
    NoteVerifier,
    Verifier,
    parse_signature_line,
    parse_vkey,
    split_note,
)
from consent.audit.policies import parse_policy
from consent.audit.receipts import open_receipt, receipt_key_name
from consent.core.times import MILLIS_PER_DAY
from consent.errors import LogRefusedError, NotFoundError
from consent.services.keys import Keys, LogKeys
from consent.services.log_keys import end_key, held_vkeys, policy_of, policy_text, signers_of
from consent.services.rotating import announce_keys, list_log_keys
from consent.services.sealing import get_log
from consent.services.standing import find_by_receipt
from consent.store.database import write_transaction
from consent.store.log_heads import latest_signed
from consent.store.log_keys import LogKey, list_keys
from consent.store.log_records import stream_log_records
from consent.store.tables import LogRow
from tests.log import WorldLog, assert_whole
from tests.world import Browser, World, new_id

NEW = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
NEW_CLOCK = Ed25519PrivateKey.from_private_bytes(b"m" * 32)


@pytest.fixture
def log(world: World, tmp_path: Path) -> WorldLog:
    log = WorldLog(world, tmp_path / "log-state")
    log.seal()
    return log


def with_new(keys: Keys, role: str) -> Keys:
    assert keys.log is not None
    if role == "receipt":
        return replace(keys, receipts=(*keys.receipts, NEW))
    if role == "log":
        return replace(keys, log=LogKeys((*keys.log.log, NEW), keys.log.clock))
    return replace(keys, log=LogKeys(keys.log.log, (*keys.log.clock, NEW_CLOCK)))


def rotate(world: World, role: str, *, reason: str = "yearly", stolen: bool = False) -> None:
    """Have a new key in the file, known in the log, and the process restarted."""
    world.now += 1000
    world.keys = with_new(world.keys, role)
    announce_keys(world.session, world.keys, role=role, reason=reason, stolen=stolen, now=world.now)


def known(log: WorldLog, role: str) -> list[LogKey]:
    keys = list_keys(log.world.session, log.log_id)
    log.world.session.rollback()
    return [key for key in keys if key.role == role]


def key_records(log: WorldLog) -> list[dict[str, str]]:
    records = stream_log_records(log.world.session, log.log_id, "key")
    payloads = [json.loads(record.payload) for record in records]
    log.world.session.rollback()
    return payloads


def head_verifies(log: WorldLog, vkey: str) -> bool:
    """Say whether the newest head has a line of this key; a line that is wrong raises."""
    head = latest_signed(log.world.session, log.log_id)
    log.world.session.rollback()
    verifier = parse_vkey(vkey)
    assert head is not None
    lines = [parse_signature_line(line) for line in split_note(head.note)[1]]
    if not any((line.name, line.key_id) == (verifier.name, verifier.key_id) for line in lines):
        return False
    assert verifier.open(head.note)
    return True


def test_publishing_makes_the_keys_known_each_with_a_record(world: World, log: WorldLog) -> None:
    roles = {key.role: key for key in list_keys(world.session, log.log_id)}
    assert roles.keys() == {"log", "clock", "receipt"}
    assert {key.added_at for key in roles.values()} == {world.now}
    assert {key.retired_at for key in roles.values()} == {None}
    records = key_records(log)
    assert {(each["role"], each["action"]) for each in records} == {(role, "add") for role in roles}
    assert {each["vkey"] for each in records} == {key.vkey for key in roles.values()}
    world.publish(name={"en": "Other", "nl": "Ander"})
    assert len(key_records(log)) == 3


def test_a_sealer_makes_known_what_no_publication_did(session: Session, tmp_path: Path) -> None:
    from consent.services.publishing import propose, publish
    from tests.make import make_site

    world = World(session)
    publish(session, propose(session, make_site()), now=world.now)
    log = WorldLog(world, tmp_path)
    assert list_keys(session, log.log_id) == []
    session.rollback()
    log.seal()
    assert len(list_keys(session, log.log_id)) == 3
    assert_whole(session, world.keys)


@pytest.mark.legal("RP-15")
@pytest.mark.parametrize("role", ["log", "clock"])
def test_a_new_key_signs_beside_the_old_one_for_30_days_and_then_alone(
    world: World, log: WorldLog, role: str
) -> None:
    (old,) = known(log, role)
    rotate(world, role)
    _, new = known(log, role)
    log.seal()
    assert head_verifies(log, old.vkey)
    assert head_verifies(log, new.vkey)
    world.now += 30 * MILLIS_PER_DAY - 1
    Browser(world).refuse_all()
    log.seal()
    assert head_verifies(log, old.vkey)
    world.now += 1
    Browser(world).refuse_all()
    log.seal()
    assert head_verifies(log, new.vkey)
    assert not head_verifies(log, old.vkey)
    ended = {key.vkey: key.retired_at for key in known(log, role)}
    assert ended == {old.vkey: world.now, new.vkey: None}
    tale = [(each["vkey"], each["action"], each["reason"]) for each in key_records(log)]
    assert tale[3:] == [
        (new.vkey, "add", "yearly"),
        (old.vkey, "retire", "replaced by a newer key"),
    ]
    assert_whole(world.session, world.keys)  # the old heads as well


@pytest.mark.legal("RP-15")
def test_every_signature_names_its_key(log: WorldLog) -> None:
    head = latest_signed(log.world.session, log.log_id)
    assert head is not None
    lines = [parse_signature_line(line) for line in split_note(head.note)[1]]
    policy = policy_of(log.world.session, log.log_id)
    log.world.session.rollback()
    keys: tuple[Verifier, ...] = (*policy.log_keys, *policy.clock_keys)
    assert [line.key_id for line in lines] == [key.key_id for key in keys]


def test_a_stolen_key_signs_no_more_and_the_log_says_so(world: World, log: WorldLog) -> None:
    (old,) = known(log, "log")
    rotate(world, "log", reason="laptop lost", stolen=True)
    log.seal()
    assert not head_verifies(log, old.vkey)
    assert key_records(log)[-1]["reason"] == "laptop lost"
    actions = {(each["vkey"], each["action"]) for each in key_records(log)}
    assert (old.vkey, "revoke") in actions
    assert_whole(world.session, world.keys)


def test_a_process_that_was_not_restarted_stops_when_its_key_has_ended(
    world: World, log: WorldLog
) -> None:
    before = world.keys
    rotate(world, "log", stolen=True)
    world.keys = before
    with pytest.raises(LogRefusedError, match="restart it with the newest keys"):
        log.seal()
    with pytest.raises(LogRefusedError, match="does not hold"):
        signers_of(world.session, get_log(world.session, log.log_id), replace(before, log=None))


def test_a_process_with_an_old_file_does_not_retire_the_newer_key(
    world: World, log: WorldLog
) -> None:
    before = world.keys
    rotate(world, "log")
    world.keys = before
    world.now += 31 * MILLIS_PER_DAY
    log.seal()
    assert {key.retired_at for key in known(log, "log")} == {None}


def test_the_policy_has_every_key_and_only_those_of_the_log(world: World, log: WorldLog) -> None:
    rotate(world, "log")
    rotate(world, "receipt")
    policy = parse_policy(policy_text(world.session, log.log_id))
    assert len(policy.log_keys) == 2
    assert len(policy.clock_keys) == 1
    assert len(policy.receipt_keys) == 2
    assert all(isinstance(key, CosignatureVerifier) for key in policy.clock_keys)
    with pytest.raises(NotFoundError):
        policy_text(world.session, "nobody/1")


def receipt_key(world: World, note: str) -> int:
    """Return the place of the key that signed a receipt among the world's own."""
    origin = world.site().log_origin
    for number, key in enumerate(world.keys.receipts):
        try:
            open_receipt(NoteVerifier(receipt_key_name(origin), key.public_key()), note)
        except Exception:  # noqa: S112, BLE001
            continue
        return number
    raise AssertionError("no key has signed this")


@pytest.mark.legal("RP-15")
def test_a_repeated_act_gets_the_same_receipt_before_and_after_a_rotation(
    world: World, log: WorldLog
) -> None:
    alice, submission_id = Browser(world), new_id()
    first = alice.accept_all(submission_id=submission_id)
    rotate(world, "receipt")
    during = Browser(world).accept_all()
    assert during.receipt is not None
    assert receipt_key(world, during.receipt) == 0
    assert alice.accept_all(submission_id=submission_id).receipt == first.receipt
    world.now += 2 * MILLIS_PER_DAY
    after = Browser(world).accept_all()
    assert after.receipt is not None
    assert receipt_key(world, after.receipt) == 1
    assert alice.accept_all(submission_id=submission_id).receipt == first.receipt


def test_processes_with_the_old_and_the_new_file_sign_the_same_receipt_for_a_day(
    world: World, log: WorldLog
) -> None:
    before, submission_id = world.keys, new_id()
    rotate(world, "receipt")
    world.now += MILLIS_PER_DAY - 1
    restarted = Browser(world).refuse_all(submission_id=submission_id)
    world.keys = before
    assert Browser(world).refuse_all(submission_id=submission_id).receipt == restarted.receipt


@pytest.mark.legal("RP-15")
def test_old_receipts_open_what_they_stand_for_after_any_number_of_rotations(
    world: World, log: WorldLog
) -> None:
    recorded = Browser(world).accept_all()
    assert recorded.receipt is not None
    rotate(world, "receipt")
    world.now += 40 * MILLIS_PER_DAY
    log.seal()
    found = find_by_receipt(world.session, world.site(), recorded.receipt, keys=world.keys)
    assert [stored.event.id for stored in found] == [recorded.stored.event.id]  # type: ignore[union-attr]
    pruned = replace(world.keys, receipts=world.keys.receipts[1:])
    found = find_by_receipt(world.session, world.site(), recorded.receipt, keys=pruned)
    assert len(found) == 1


def test_a_stolen_receipt_key_is_replaced_at_once(world: World, log: WorldLog) -> None:
    rotate(world, "receipt", stolen=True)
    recorded = Browser(world).accept_all()
    assert recorded.receipt is not None
    assert receipt_key(world, recorded.receipt) == 1


def test_a_receipt_of_an_earlier_epoch_stays_what_it_was(world: World, log: WorldLog) -> None:
    alice, submission_id = Browser(world), new_id()
    first = alice.accept_all(submission_id=submission_id)
    world.now += 1000
    name = log.log_id.rpartition("/")[0]
    origin = world.site().log_origin.removesuffix("/1") + "/2"
    world.session.add(LogRow(log_id=f"{name}/2", origin=origin, created_at=world.now))
    world.session.commit()
    assert world.site().log_origin == origin
    assert world.site().deployment.log_id == f"{name}/2"
    assert alice.accept_all(submission_id=submission_id).receipt == first.receipt
    assert first.receipt is not None
    found = find_by_receipt(world.session, world.site(), first.receipt, keys=world.keys)
    assert len(found) == 1
    later = Browser(world).accept_all()
    assert later.receipt is not None
    assert f"\n{origin}\n" in later.receipt
    rows = world.session.scalars(select(LogRow.log_id).order_by(LogRow.log_id))
    assert list(rows) == [f"{name}/1", f"{name}/2"]


@pytest.mark.parametrize("role", ["log", "clock", "receipt"])
def test_a_key_that_has_ended_does_not_begin_anew_in_another_log(
    world: World, log: WorldLog, role: str
) -> None:
    (old,) = known(log, role)
    rotate(world, role, stolen=True)
    log.seal()
    name = log.log_id.rpartition("/")[0]
    origin = world.site().log_origin.removesuffix("/1") + "/2"
    world.now += 1000
    world.session.add(LogRow(log_id=f"{name}/2", origin=origin, created_at=world.now))
    world.session.commit()
    recorded = Browser(world).refuse_all()
    log.seal()
    (begun,) = known(log, role)
    assert begun.vkey.split("+")[0].startswith(origin)
    assert begun.vkey.split("+", 2)[2] != old.vkey.split("+", 2)[2]
    if role == "receipt":
        assert recorded.receipt is not None
        world.now += 1000
        assert receipt_key(world, Browser(world).refuse_all().receipt or "") == 1
    assert_whole(world.session, world.keys)


def test_the_list_of_keys_says_from_when_to_when_each_signs(world: World, log: WorldLog) -> None:
    start = world.now
    rotate(world, "receipt")
    old, new = (one for one in list_log_keys(world.session, world.keys) if one.role == "receipt")
    assert (old.signs_from, new.signs_from) == (start, start + 1000 + MILLIS_PER_DAY)
    held = held_vkeys(world.site().log_origin, world.keys)["receipt"]
    assert [old.vkey, new.vkey] == held
    assert old.is_held
    without = replace(world.keys, log=None)
    assert not any(
        one.is_held for one in list_log_keys(world.session, without) if one.role == "log"
    )


def test_a_key_ends_once_whoever_ends_it(world: World, log: WorldLog) -> None:
    (old,) = known(log, "log")
    row = get_log(world.session, log.log_id)
    for _ in range(2):
        with write_transaction(world.session):
            end_key(world.session, row, old, action="retire", reason="x", now=world.now)
    assert [each["action"] for each in key_records(log)].count("retire") == 1
