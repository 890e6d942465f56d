"""Witnesses and time-stamp authorities vouch for published heads, and only what verifies counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint
from consent.audit.notes import split_note
from consent.core.times import MILLIS_PER_DAY
from consent.services.anchoring import Anchoring, anchored_state
from consent.services.anchors.configured import Anchors
from consent.services.anchors.rounds import Disagreement, Outcome
from consent.store.anchored import RFC3161, WITNESS
from consent.store.log import FORKED, OK, ROLLED_BACK, find_state
from consent.store.log_anchors import Anchor, list_anchors, served_note
from consent.store.log_heads import latest_published
from consent.verify.stamps import Stamp, read_stamp
from tests.services.anchor_parties import (
    LOG_ID,
    START,
    GrowingLog,
    LittleWitness,
    TimeStampAuthority,
    anchors_of,
    running_authority,
    running_witness,
)

MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.fixture
def open_session(engine: Engine) -> Callable[[], Session]:
    return lambda: Session(engine)


@pytest.fixture
def log(open_session: Callable[[], Session]) -> GrowingLog:
    """A log with a published head of three entries."""
    log = GrowingLog(open_session)
    log.begin()
    log.grow(3, START)
    return log


@pytest.fixture
def witness() -> Iterator[LittleWitness]:
    with running_witness() as witness:
        yield witness


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[TimeStampAuthority]:
    with running_authority(tmp_path) as authority:
        yield authority


class Rounds:
    """The rounds of one process, at the times a test says."""

    def __init__(self, open_session: Callable[[], Session], anchors: Anchors) -> None:
        self.open_session = open_session
        self.now = START
        self.anchoring = Anchoring(open_session, anchors, lambda: self.now)

    def at(self, now: int) -> list[Outcome]:
        self.now = now
        return [outcome for _, outcome in self.anchoring.run_once()]

    @property
    def stored(self) -> list[Anchor]:
        with self.open_session() as session:
            return list_anchors(session, LOG_ID)

    @property
    def status(self) -> tuple[str, str]:
        with self.open_session() as session:
            state = find_state(session, LOG_ID)
        assert state is not None
        return state.status, state.detail


@pytest.fixture
def witnessed(
    open_session: Callable[[], Session], log: GrowingLog, witness: LittleWitness
) -> Rounds:
    return Rounds(open_session, anchors_of(witness))


@pytest.fixture
def stamped(
    open_session: Callable[[], Session], log: GrowingLog, authority: TimeStampAuthority
) -> Rounds:
    return Rounds(open_session, anchors_of(authority))


def test_a_witness_signs_each_published_head_and_its_line_is_served(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    assert [outcome.at for outcome in witnessed.at(START)] == [START]
    log.grow(600, START + MINUTE)
    witness.now_s += 60
    witnessed.at(START + MINUTE)
    anchors = witnessed.stored
    assert [(anchor.kind, anchor.name, anchor.size) for anchor in anchors] == [
        (WITNESS, "witness.example/w1", 3),
        (WITNESS, "witness.example/w1", 603),
    ]
    with witnessed.open_session() as session:
        head = latest_published(session, LOG_ID)
        assert head is not None
        note = served_note(session, head)
    assert witness.signer.verifier.open(note) == START // 1000 + 60
    assert len(split_note(note)[1]) == 3


def test_the_second_request_proves_growth_from_what_the_witness_signed_last(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    log.grow(5, START + MINUTE)
    witnessed.at(START + MINUTE)
    assert [body.split("\n")[0] for body in witness.requests] == ["old 0", "old 3"]


def test_a_head_is_sent_once(witnessed: Rounds, witness: LittleWitness) -> None:
    witnessed.at(START)
    assert witnessed.at(START + MINUTE) == []
    assert len(witness.requests) == 1


def test_a_head_signed_anew_at_the_same_size_gets_a_new_line(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    log.sign(START + 10 * MINUTE)
    witness.now_s += 600
    assert [outcome.at for outcome in witnessed.at(START + 10 * MINUTE)] == [START + 10 * MINUTE]


def test_unpublished_heads_are_shown_to_nobody(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    log.grow(2, START + MINUTE, published=False)
    assert witnessed.at(START + MINUTE) == []
    assert all("\n5\n" not in body for body in witness.requests)


@pytest.mark.parametrize("behaviour", ["honest", "silent"])
def test_what_a_witness_has_signed_is_asked_of_it_when_it_is_not_known(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness, behaviour: str
) -> None:
    """As after a restore that lost the witness's line but not the log."""
    head = log.grow(4, START + MINUTE, published=False)
    witness.state[head.origin] = head
    log.grow(300, START + 2 * MINUTE)
    witness.behaviour = behaviour
    assert [outcome.error for outcome in witnessed.at(START + 2 * MINUTE)] == [""]
    assert [body.split("\n")[0] for body in witness.requests][-1] == "old 7"


def test_a_witness_that_knows_more_of_the_log_shows_that_it_was_rolled_back(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    witness.state = {origin: _longer(head) for origin, head in witness.state.items()}
    log.grow(2, START + MINUTE)
    [outcome] = witnessed.at(START + MINUTE)
    assert isinstance(outcome, Disagreement)
    status, detail = witnessed.status
    assert status == ROLLED_BACK
    assert detail.startswith(
        "Witness witness.example/w1: it has signed a head of 9 entries, more than this log has. "
        "It refused this head:\n\nwww.university.example/consent/log/university/1\n5\n"
    )
    assert witnessed.at(START + 2 * MINUTE) == []


def test_a_witness_that_saw_a_head_of_ours_just_now_is_no_contradiction(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    """Another process has published and sent a newer head between our reading and our asking."""
    newer = log.grow(2, START + MINUTE, published=False)
    witness.state[newer.origin] = newer
    [outcome] = witnessed.at(START + MINUTE)
    assert outcome.error == "it has seen a newer head already"
    assert witnessed.status == (OK, "")


def test_a_witness_of_another_history_shows_a_fork(
    open_session: Callable[[], Session], witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    witness.state = {origin: _other(head) for origin, head in witness.state.items()}
    log.grow(2, START + MINUTE)
    [outcome] = witnessed.at(START + MINUTE)
    assert isinstance(outcome, Disagreement)
    assert witnessed.status[0] == FORKED
    assert [anchor.size for anchor in witnessed.stored] == [3]


def test_another_head_of_the_same_size_is_a_fork(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    witness.state = {origin: _other(head) for origin, head in witness.state.items()}
    log.sign(START + MINUTE)
    witnessed.at(START + MINUTE)
    assert witnessed.status[0] == FORKED


def test_another_head_of_the_same_size_is_a_fork_also_when_no_size_is_said(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness
) -> None:
    witnessed.at(START)
    witness.state = {origin: _other(head) for origin, head in witness.state.items()}
    witness.behaviour = "silent"
    log.sign(START + MINUTE)
    witnessed.at(START + MINUTE)
    assert witnessed.status[0] == FORKED


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("forges", "its signature does not verify"),
        ("refuses", "its answer has no signature of witness.example/w1"),
        ("babbles", "its signature does not verify"),
        ("fails", "it answered with HTTP status 500"),
    ],
)
def test_what_does_not_verify_is_not_stored_and_does_not_stop_the_log(
    witnessed: Rounds, witness: LittleWitness, behaviour: str, error: str
) -> None:
    witness.behaviour = behaviour
    [outcome] = witnessed.at(START)
    assert outcome.error.startswith(error)
    assert (witnessed.stored, witnessed.status) == ([], (OK, ""))


def test_a_witness_that_does_not_know_the_log_is_a_failure_only(
    witnessed: Rounds, witness: LittleWitness
) -> None:
    witness.trusted.clear()
    [outcome] = witnessed.at(START)
    assert outcome.error == "it answered with HTTP status 404"
    assert witnessed.status == (OK, "")


def test_one_witness_out_of_reach_keeps_no_other_from_signing(
    open_session: Callable[[], Session], log: GrowingLog, witness: LittleWitness
) -> None:
    with running_witness() as gone:
        gone.name = "gone.example/w"
        anchors = anchors_of(gone, witness)
    outcomes = Rounds(open_session, anchors).at(START)
    assert [bool(outcome.error) for outcome in outcomes] == [True, False]


def test_a_failure_is_logged_once_until_it_is_over(
    witnessed: Rounds, log: GrowingLog, witness: LittleWitness, caplog: pytest.LogCaptureFixture
) -> None:
    witness.behaviour = "fails"
    witnessed.at(START)
    witnessed.at(START + MINUTE)
    assert len(caplog.records) == 1
    witness.behaviour = "honest"
    witnessed.at(START + 2 * MINUTE)
    log.grow(1, START + 3 * MINUTE)
    witness.behaviour = "fails"
    witnessed.at(START + 3 * MINUTE)
    assert len(caplog.records) == 2


def test_an_authority_stamps_the_three_lines_that_are_signed(
    stamped: Rounds, log: GrowingLog, authority: TimeStampAuthority, tmp_path: Path
) -> None:
    """The stored reply verifies with OpenSSL, over the note's body."""
    [outcome] = stamped.at(START)
    assert outcome.error == ""
    [anchor] = stamped.stored
    assert (anchor.kind, anchor.name, anchor.size) == (RFC3161, authority.url, 3)
    with stamped.open_session() as session:
        head = latest_published(session, LOG_ID)
    assert head is not None
    text = split_note(head.note)[0]
    (tmp_path / "body").write_text(text)
    (tmp_path / "stored.tsr").write_bytes(anchor.blob)
    verified = authority.openssl(
        "ts", "-verify", "-data", "body", "-in", "stored.tsr", "-CAfile", "ca.pem"
    )
    assert b"Verification: OK" in verified.stdout + verified.stderr
    assert read_stamp(anchor.blob, text, authority.authority.roots) == Stamp(anchor.at)


def test_an_authority_is_asked_once_a_day_while_the_log_grows(
    stamped: Rounds, log: GrowingLog, authority: TimeStampAuthority
) -> None:
    stamped.at(START)
    stamp = stamped.stored[0].at
    log.grow(1, stamp + HOUR)
    assert stamped.at(stamp + 22 * HOUR) == []
    assert len(stamped.at(stamp + 23 * HOUR)) == 1
    assert [anchor.size for anchor in stamped.stored] == [3, 4]


def test_a_log_that_does_not_grow_needs_no_further_stamp(
    stamped: Rounds, log: GrowingLog, authority: TimeStampAuthority
) -> None:
    stamped.at(START)
    log.sign(START + 3 * MILLIS_PER_DAY)
    assert stamped.at(START + 3 * MILLIS_PER_DAY) == []


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("refuses", "it refuses the request"),
        ("mangles", "its reply does not verify"),
        ("fails", "it answered with HTTP status 500"),
    ],
)
def test_a_reply_that_does_not_verify_is_not_stored(
    stamped: Rounds, authority: TimeStampAuthority, behaviour: str, error: str
) -> None:
    authority.behaviour = behaviour
    [outcome] = stamped.at(START)
    assert outcome.error.startswith(error)
    assert stamped.stored == []


def test_an_old_reply_is_refused_by_its_nonce(
    stamped: Rounds, log: GrowingLog, authority: TimeStampAuthority
) -> None:
    stamped.at(START)
    authority.behaviour = "replays"
    log.grow(1, START + MINUTE)
    [outcome] = stamped.at(stamped.stored[0].at + MILLIS_PER_DAY)
    assert outcome.error == "its reply does not verify (Nonce mismatch)"


def test_roots_of_somebody_else_do_not_verify_a_reply(
    open_session: Callable[[], Session],
    log: GrowingLog,
    authority: TimeStampAuthority,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with running_authority(other) as stranger:
        roots = stranger.authority.roots
    anchors = Anchors((type(authority.authority)(authority.url, roots),))
    [outcome] = Rounds(open_session, anchors).at(START)
    assert outcome.error.startswith("its reply does not verify")


def test_an_authority_that_failed_is_left_alone_for_an_hour(
    stamped: Rounds, authority: TimeStampAuthority
) -> None:
    authority.behaviour = "fails"
    stamped.at(START)
    authority.behaviour = "honest"
    assert stamped.at(START + 59 * MINUTE) == []
    assert len(stamped.at(START + 61 * MINUTE)) == 1


def test_without_any_anchor_a_log_is_unanchored_since_its_first_head(
    open_session: Callable[[], Session], log: GrowingLog
) -> None:
    log.grow(1, START + HOUR)
    with open_session() as session:
        state = anchored_state(session, LOG_ID, START + HOUR)
    assert state.unanchored_since == START
    assert state.wording == (
        "unanchored since 2026-11-22 12:00 UTC: who holds the keys could rewrite what came after"
    )


def test_before_the_first_head_there_is_nothing_to_anchor(
    open_session: Callable[[], Session],
) -> None:
    GrowingLog(open_session).begin()
    with open_session() as session:
        state = anchored_state(session, LOG_ID, START)
    assert state.unanchored_since is None
    assert state.wording.startswith("nothing is published yet")


def test_an_anchor_covers_every_head_before_it_and_those_of_a_day_after(
    witnessed: Rounds, log: GrowingLog
) -> None:
    log.grow(1, START + HOUR)
    witnessed.at(START + HOUR)
    log.grow(1, START + 2 * HOUR)
    log.grow(1, START + 3 * HOUR)
    with witnessed.open_session() as session:
        covered = anchored_state(session, LOG_ID, START + 3 * HOUR)
        late = anchored_state(session, LOG_ID, START + 29 * HOUR)
    assert (covered.unanchored_since, covered.kinds) == (None, (WITNESS,))
    assert covered.wording == "anchored by a witness, last at 2026-11-22 12:00 UTC"
    assert late.unanchored_since == START + 2 * HOUR


def test_the_thread_asks_and_ends(witnessed: Rounds, witness: LittleWitness) -> None:
    anchoring = Anchoring(
        witnessed.open_session, anchors_of(witness), lambda: START, every_seconds=0.01
    )
    anchoring.ensure_started()
    assert witness.asked.wait(20)
    anchoring.stop()
    assert [anchor.size for anchor in witnessed.stored] == [3]


def _longer(head: Checkpoint) -> Checkpoint:
    return replace(head, size=9, root=b"9" * 32)


def _other(head: Checkpoint) -> Checkpoint:
    return replace(head, root=b"o" * 32)
