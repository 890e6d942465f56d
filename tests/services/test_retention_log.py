"""What the log is told of removals: which leaves, once each, and nothing before it can be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.entry import leaf_hash
from consent.audit.notes import NoteSigner
from consent.audit.proofs import verify_inclusion
from consent.core.ids import reference_code
from consent.core.model import Control, Layer, Submission
from consent.core.ranges import count_in
from consent.core.retention import MILLIS_PER_HOUR, DisposalClass
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.errors import NotFoundError
from consent.services import retention
from consent.services.answering import Recorded
from consent.services.erasing import ErasureAct, erase, erase_found, find_by_code
from consent.services.keys import Keys
from consent.services.log_keys import open_own
from consent.services.officers import operator
from consent.services.proving import find_proof
from consent.services.recording import Act, record_consent
from consent.services.retention import Sealing, run_erasures, run_retention
from consent.services.sealing import get_log, seal_all
from consent.services.sealing_head import StateFiles
from consent.services.verifying import verify_database
from consent.store.database import write_transaction
from consent.store.log import FORKED, OK, ROLLED_BACK, find_leaf, find_state
from consent.store.log_records import stream_log_records
from consent.store.log_sealing import set_status
from consent.store.publications import ensure_log
from consent.store.tables import ConsentEventRow, DisposalQueueRow
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from tests.disposing import disposals, dispose, leaves_of, make_sealing
from tests.log import WorldLog
from tests.make import make_site
from tests.world import Browser, World, new_id

LOG = "leiden-university/1"


def ask(browser: Browser) -> None:
    world = browser.world
    act = ErasureAct(new_id(), world.token(world.site()), browser.cookies)
    erase(world.session, world.site(), act, keys=world.keys, now=world.now)


def granted(world: World) -> tuple[Browser, str]:
    """Return a browser and its grant; each comes a moment after the one before it."""
    browser = Browser(world)
    world.now += 1
    return browser, id_of(browser.accept_all())


def id_of(recorded: Recorded) -> str:
    assert recorded.stored is not None
    return recorded.stored.event.id


def code_of(recorded: Recorded) -> str:
    assert recorded.stored is not None
    assert recorded.stored.event.subject is not None
    return reference_code(recorded.stored.event.subject)


def rows(world: World, table: Any = ConsentEventRow) -> int:
    count = world.session.scalar(select(func.count()).select_from(table)) or 0
    world.session.rollback()
    return count


def seal(world: World, log_id: str = LOG) -> None:
    seal_all(world.session, log_id, world.keys, now=world.now)


def named(records: Sequence[dict[str, Any]]) -> list[int]:
    """Return every leaf that disposals name, as often as they do."""
    return [
        leaf
        for record in records
        for first, last in record["leaves"]
        for leaf in range(first, last + 1)
    ]


def mark(world: World, status: str, log_id: str = LOG) -> None:
    with write_transaction(world.session):
        set_status(world.session, log_id, status, "for this test", world.now)


@pytest.mark.legal("RP-08", "RR-07")
def test_a_disposal_names_the_leaves_of_what_it_removed_and_no_other(world: World) -> None:
    alice, first = granted(world)
    bob, second = granted(world)
    carol, third = granted(world)
    seal(world)
    ask(alice)
    ask(carol)
    withdrawals = set(world.session.scalars(select(DisposalQueueRow.event_id))) - {first, third}
    seal(world)
    expected = leaves_of(world.session, first, third, *withdrawals)
    assert len(expected) == 4
    dispose(world.session, world.now)
    [record] = disposals(world.session)
    assert named([record]) == expected
    assert record["leaves"] == sorted(record["leaves"])
    assert record["count"] == count_in(record["leaves"]) == 4
    assert leaves_of(world.session, first, third, *withdrawals) == []
    assert find_leaf(world.session, second) is not None
    assert rows(world) == 1
    assert bob.cookies.identity is not None


@pytest.mark.legal("RR-07")
def test_what_waits_is_sealed_before_it_is_removed(world: World) -> None:
    alice, _ = granted(world)
    ask(alice)
    assert find_state(world.session, LOG) is None
    outcome = dispose(world.session, world.now)
    assert (outcome.removed, outcome.waiting) == ({DisposalClass.ERASURE: 2}, 0)
    state = find_state(world.session, LOG)
    assert state is not None
    [record] = disposals(world.session)
    assert all(last < state.size for _, last in record["leaves"])
    seal(world)
    [stored] = stream_log_records(world.session, LOG, "disposal")
    assert find_leaf(world.session, stored.id) is not None


def test_a_record_has_room_for_as_many_ranges_as_it_may_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MAX_LEAF_RANGES", 2)
    people = [granted(world)[0] for _ in range(9)]
    seal(world)
    for person in people[::2]:
        ask(person)
    outcome = dispose(world.session, world.now)
    records = sorted(disposals(world.session), key=lambda record: record["leaves"])
    *full, last = (len(record["leaves"]) for record in records)
    assert full == [2] * len(full)
    assert len(full) >= 2 >= last  # acts of the same instant lie between the withdrawals
    leaves = named(records)
    assert leaves == sorted(set(leaves))
    assert len(leaves) == outcome.removed[DisposalClass.ERASURE] == 10
    assert rows(world) == 4


@pytest.mark.legal("RR-01")
def test_each_log_is_told_of_its_own_leaves(world: World) -> None:
    alice, _ = granted(world)
    seal(world)
    with write_transaction(world.session):
        ensure_log(world.session, "leiden-university/2", "programme.example/2", world.now + 1)
    world.now += 2
    bob, _ = granted(world)
    ask(alice)
    ask(bob)
    dispose(world.session, world.now)
    for log_id, count in ((LOG, 1), ("leiden-university/2", 3)):
        [stored] = stream_log_records(world.session, log_id, "disposal")
        record = json.loads(stored.payload)
        assert (record["count"], "log" in record) == (count, False)
    assert rows(world) == 0


def test_nothing_is_removed_from_a_log_that_is_not_signed(world: World) -> None:
    alice, _ = granted(world)
    seal(world)
    ask(alice)
    mark(world, FORKED)
    outcome = dispose(world.session, world.now)
    assert (outcome.removed, outcome.waiting) == ({}, 2)
    assert rows(world) == rows(world, DisposalQueueRow) == 2
    assert disposals(world.session) == []
    mark(world, OK)
    assert dispose(world.session, world.now).removed == {DisposalClass.ERASURE: 2}


def test_the_epoch_in_force_is_told_of_a_log_that_cannot_be_signed_again(world: World) -> None:
    alice, _ = granted(world)
    seal(world)
    ask(alice)
    ids = set(world.session.scalars(select(DisposalQueueRow.event_id)))
    seal(world)
    leaves = leaves_of(world.session, *ids)
    mark(world, FORKED)
    with write_transaction(world.session):
        ensure_log(world.session, "leiden-university/2", "programme.example/2", world.now)
    assert dispose(world.session, world.now).removed == {DisposalClass.ERASURE: 2}
    [stored] = stream_log_records(world.session, "leiden-university/2", "disposal")
    record = json.loads(stored.payload)
    assert record["log"] == LOG
    assert named([record]) == leaves
    assert list(stream_log_records(world.session, LOG, "disposal")) == []


def test_a_process_without_the_log_key_removes_only_what_is_sealed(world: World) -> None:
    alice, _ = granted(world)
    bob, _ = granted(world)
    seal(world)
    ask(alice)
    keyless = Keys(world.keys.keyring, world.keys.pseudonyms, world.keys.receipts, None)
    outcome = run_retention(world.session, world.now, make_sealing(keyless))
    assert (outcome.removed, outcome.waiting) == ({DisposalClass.ERASURE: 1}, 1)
    [record] = disposals(world.session)
    assert record["count"] == 1
    seal(world)
    outcome = run_retention(world.session, world.now, make_sealing(keyless))
    assert (outcome.removed, outcome.waiting) == ({DisposalClass.ERASURE: 1}, 0)
    assert bob.cookies.identity is not None


def test_a_database_that_was_rolled_back_is_left_alone(world: World, tmp_path: Path) -> None:
    """Its leaves are other ones than those this machine has signed."""
    alice, _ = granted(world)
    seal(world)
    ask(alice)
    state = find_state(world.session, LOG)
    assert state is not None
    assert world.keys.log is not None
    head = Checkpoint(state.origin, state.size + 1, bytes(32))
    signer = NoteSigner(state.origin, world.keys.log.log[0])
    files = StateFiles(tmp_path)
    files.write(LOG, sign_checkpoint(head, [signer], [], world.now // 1000))
    outcome = run_retention(world.session, world.now, Sealing(world.keys, files))
    assert (outcome.removed, outcome.waiting) == ({}, 2)
    assert rows(world) == 2
    refused = find_state(world.session, LOG)
    assert refused is not None
    assert (refused.status, refused.size) == (ROLLED_BACK, state.size)


@pytest.mark.legal("RP-04", "RR-07")
def test_on_sqlite_no_byte_of_an_erased_record_stays_in_the_file(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = create_engine(sqlite_url)
    with Session(engine) as session:
        world = World(session)
        world.publish()
        alice, first = granted(world)
        row = session.execute(
            select(ConsentEventRow.salt, ConsentEventRow.subject, ConsentEventRow.entry).where(
                ConsentEventRow.id == first
            )
        ).one()
        session.rollback()
        ask(alice)
        dispose(session, world.now)
        session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        session.rollback()
    engine.dispose()
    content = Path(sqlite_url.removeprefix("sqlite:///")).read_bytes()
    assert row.salt not in content
    assert row.subject.encode() not in content
    assert row.entry in content


@pytest.mark.legal("RR-07")
def test_erasures_of_a_day_go_together_whenever_a_service_was_started(world: World) -> None:
    """A run between two hours of removal, as after a restart, takes nobody out of the day's lot."""
    sealing = make_sealing()
    alice, _ = granted(world)
    ask(alice)  # at noon
    world.now += MILLIS_PER_HOUR
    bob, _ = granted(world)
    ask(bob)
    for _ in range(3):
        assert run_erasures(world.session, world.now, sealing).removed == {}
        assert run_retention(world.session, world.now, sealing, by_schedule=True).removed == {}
        world.now += MILLIS_PER_HOUR
    world.now = parse_rfc3339("2026-11-23T02:00:00Z")
    assert run_erasures(world.session, world.now - 1, sealing).removed == {}
    assert run_erasures(world.session, world.now, sealing).removed == {DisposalClass.ERASURE: 4}
    [record] = disposals(world.session)
    assert record["count"] == 4


@pytest.mark.legal("RR-07")
def test_no_erasure_waits_for_a_day(world: World) -> None:
    sealing = make_sealing()
    world.now = parse_rfc3339("2026-11-23T02:00:00Z")
    alice, _ = granted(world)
    ask(alice)
    world.now += 22 * MILLIS_PER_HOUR - 1
    assert run_erasures(world.session, world.now, sealing).removed == {}
    world.now += 1
    assert run_erasures(world.session, world.now, sealing).removed == {DisposalClass.ERASURE: 2}


def test_an_erasure_that_cannot_go_does_not_part_the_others_of_their_day(world: World) -> None:
    alice, _ = granted(world)
    seal(world)
    ask(alice)
    mark(world, FORKED)
    world.now += 2 * MILLIS_PER_DAY
    library = replace(make_site(), id="library", log_name="library")
    origins, service_url = ("https://library.example",), "https://library.example/consent"
    site = world.publish_site(replace(library, origins=origins, service_url=service_url))
    bob = Browser(world)
    choices = dict.fromkeys(site.notice.categories, True)
    submission = Submission(new_id(), Control.ACCEPT_ALL, Layer.BANNER, choices, None)
    act = Act(submission, world.token(site), bob.cookies)
    recorded = record_consent(world.session, site, act, keys=world.keys, now=world.now)
    found = find_by_code(world.session, "library", code_of(recorded))
    erase_found(world.session, found, officer=operator("olga"), now=world.now)
    outcome = run_erasures(world.session, world.now, make_sealing())
    assert (outcome.removed, outcome.waiting) == ({}, 2)
    assert rows(world) == 4


def act_as(case: str, browser: Browser) -> None:
    """Bring a browser into one of the five situations in which erasure is asked for."""
    world = browser.world
    if case == "refused":
        browser.refuse_all()
        return
    if case != "unknown":
        browser.accept_all()
    if case == "withdrawn":
        cookies = browser.cookies
        browser.withdraw_all()
        browser.cookies = cookies
    if case == "expired":
        world.pass_days(200)


@pytest.mark.legal("RP-08", "RR-07")
@pytest.mark.parametrize("case", ["active", "withdrawn", "expired", "refused", "unknown"])
def test_after_any_erasure_the_log_is_whole_and_old_proofs_hold(
    world: World, tmp_path: Path, case: str
) -> None:
    log = WorldLog(world, tmp_path)
    alice, bob = Browser(world), Browser(world)
    kept = bob.refuse_all()
    log.seal()
    log.publish()
    before = find_proof(world.session, id_of(kept))
    assert before is not None
    world.session.rollback()
    act_as(case, alice)
    world.now += MILLIS_PER_HOUR
    log.seal()
    log.publish()
    if case in ("refused", "unknown"):
        with pytest.raises(NotFoundError):
            ask(alice)
    else:
        ask(alice)
    removed = run_retention(world.session, world.now, Sealing(world.keys, log.state_files)).removed
    gone = {"active": 2, "withdrawn": 2, "expired": 1}.get(case, 0)
    assert removed.get(DisposalClass.ERASURE, 0) == gone
    world.now += MILLIS_PER_HOUR
    log.seal()
    log.publish()
    [report] = verify_database(world.session, Evidence(), state_files=log.state_files).logs
    assert {finding.kind for finding in report.findings} == {Kind.UNANCHORED}
    assert report.disposed.get("erasure", 0) == gone
    head = open_own(world.session, get_log(world.session, LOG), before.checkpoint, world.keys)
    assert kept.stored is not None
    leaf, root = leaf_hash(kept.stored.entry), head.checkpoint.root
    verify_inclusion(leaf, before.index, head.checkpoint.size, before.path, root)


@pytest.mark.legal("RR-01", "RP-08")
def test_what_goes_when_its_time_ends_is_no_finding_for_who_checks(
    world: World, tmp_path: Path
) -> None:
    log = WorldLog(world, tmp_path)
    alice = Browser(world)
    alice.accept_all()
    Browser(world).refuse_all()
    log.seal()
    log.publish()
    world.pass_days(3 * 365)
    outcome = run_retention(world.session, world.now, Sealing(world.keys, log.state_files))
    assert sum(outcome.removed.values()) == 2
    world.now += MILLIS_PER_HOUR
    log.seal()
    log.publish()
    [report] = verify_database(world.session, Evidence(), state_files=log.state_files).logs
    assert {finding.kind for finding in report.findings} == {Kind.UNANCHORED}
    assert report.disposed == {"retention_grant": 1, "retention_refusal": 1}
