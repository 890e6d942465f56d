"""Checkpoints: three lines with one spelling, signed by the log and by others, known or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.checkpoints import (
    Checkpoint,
    OpenedCheckpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from consent.audit.notes import ClockSigner, NoteSigner
from consent.errors import RecordFormatError
from tests.audit.make_keys import (
    ORIGIN,
    clock_signer,
    log_signer,
    private_key,
    receipt_signer,
    witness_signer,
)
from tests.audit.make_tree import flip_text

HEAD = Checkpoint(ORIGIN, 20852163, bytes(range(32)))
TIME = 1763812346
ORIGINS = st.from_regex(r"[a-z0-9./-]{1,40}", fullmatch=True)
ANNA = witness_signer("witness.example/anna", 20)
BERT = witness_signer("witness.example/bert", 21)


def opened(note: str) -> OpenedCheckpoint:
    return open_checkpoint(
        note,
        [log_signer().verifier],
        [clock_signer().verifier],
        [ANNA.verifier, BERT.verifier],
    )


def signed() -> str:
    return sign_checkpoint(HEAD, [log_signer()], [clock_signer()], TIME)


def test_the_checkpoint_of_the_standards_example() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_checkpoint(text)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert checkpoint.text == text


@given(
    st.builds(Checkpoint, ORIGINS, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
)
def test_a_checkpoint_and_its_text_stand_for_each_other(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.text) == checkpoint


def test_another_text_is_another_checkpoint_or_none() -> None:
    for changed in flip_text(HEAD.text):
        try:
            assert parse_checkpoint(changed) != HEAD
        except RecordFormatError:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        HEAD.text.removesuffix("\n"),
        f"{HEAD.text}an extension line\n",
        f"{HEAD.text}\n",
        HEAD.text.replace("\n2", "\n02"),
        HEAD.text.replace("\n2", "\n+2"),
        HEAD.text.replace("\n2", "\n 2"),
        HEAD.text.replace("20852163", str(2**63)),
        HEAD.text.replace("20852163", "٣"),
        HEAD.text.replace("=", ""),
        HEAD.text.replace("8=", "9="),
        HEAD.text.replace("Hh8=", "Hg=="),
        HEAD.text.replace("consent.example", "consent example"),
        HEAD.text.replace("consent.example", "consent+example"),
        HEAD.text.replace(ORIGIN, ""),
        HEAD.text.replace("\n", "\r\n"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    assert text != HEAD.text
    with pytest.raises(RecordFormatError):
        parse_checkpoint(text)


@pytest.mark.legal("RP-07")
def test_a_signed_checkpoint_tells_size_root_and_time() -> None:
    assert opened(signed()) == OpenedCheckpoint(HEAD, TIME, {})
    assert open_checkpoint(signed(), [log_signer().verifier]) == OpenedCheckpoint(HEAD, None, {})


@pytest.mark.legal("RP-07")
def test_every_flipped_bit_of_a_checkpoint_is_refused_or_silences_only_who_signed_it() -> None:
    note = signed()
    clock = note.index(f"— {ORIGIN}/clock")
    for changed in flip_text(note):
        try:
            result = opened(changed)
        except RecordFormatError:
            continue
        assert result == OpenedCheckpoint(HEAD, None, {})
        assert changed[:clock] == note[:clock], "only the clock's line may become an unknown one"


def test_the_log_must_have_signed_with_a_key_that_is_known() -> None:
    foreign = sign_checkpoint(HEAD, [log_signer(77)], [clock_signer()], TIME)
    with pytest.raises(RecordFormatError, match=rf"not signed by a key of {ORIGIN}$"):
        opened(foreign)
    clock_only = f"{HEAD.text}\n{clock_signer().line(HEAD.text, TIME)}"
    with pytest.raises(RecordFormatError, match="not signed by a key"):
        opened(clock_only)


def test_a_key_of_another_log_does_not_sign_for_this_one() -> None:
    other = NoteSigner("consent.example/other/1", private_key(30))
    note = sign_checkpoint(HEAD, [other], [], TIME)
    with pytest.raises(RecordFormatError, match="not signed by a key"):
        open_checkpoint(note, [log_signer().verifier, other.verifier])


@pytest.mark.legal("RP-15")
def test_old_and_new_key_may_both_have_signed_and_either_is_enough() -> None:
    note = sign_checkpoint(HEAD, [log_signer(), log_signer(17)], [clock_signer()], TIME)
    for known in ([log_signer()], [log_signer(17)], [log_signer(), log_signer(17)]):
        assert open_checkpoint(note, [key.verifier for key in known]).checkpoint == HEAD


def test_witnesses_are_named_with_the_latest_time_they_signed_at() -> None:
    lines = ANNA.line(HEAD.text, TIME + 5) + ANNA.line(HEAD.text, TIME) + BERT.line(HEAD.text, TIME)
    assert opened(signed() + lines).cosigned == {ANNA.name: TIME + 5, BERT.name: TIME}


@pytest.mark.legal("RP-07")
def test_lines_of_unknown_keys_are_passed_over_wherever_they_stand() -> None:
    text, _, lines = signed().partition("\n\n")
    unknown = (
        "— grease.example/a AAAAAAAA\n"
        f"— {ORIGIN} AAAAAEdyZWFzZQ==\n"
        f"— {ORIGIN}/clock AAAAAEdyZWFzZQ==\n" + witness_signer("x.example", 40).line(HEAD.text, 1)
    )
    for note in (f"{text}\n\n{unknown}{lines}", f"{text}\n\n{lines}{unknown}"):
        assert opened(note) == OpenedCheckpoint(HEAD, TIME, {})


@pytest.mark.parametrize(
    "bad",
    [
        log_signer().line("other\n"),
        clock_signer().line("other\n", TIME),
        ANNA.line("other\n", TIME),
    ],
    ids=["log", "clock", "witness"],
)
def test_a_bad_line_of_a_known_key_spoils_the_checkpoint(bad: str) -> None:
    with pytest.raises(RecordFormatError, match="not over this text"):
        opened(signed() + bad)


def test_the_clock_and_the_log_are_no_witnesses_whatever_they_call_themselves() -> None:
    clock, log = clock_signer(), log_signer()
    posing = [ClockSigner("witness.example/x", key.private) for key in (clock, log)]
    note = signed() + "".join(signer.line(HEAD.text, TIME) for signer in posing)
    witnesses = [signer.verifier for signer in posing]
    result = open_checkpoint(
        note, [log.verifier], [clock.verifier], [*witnesses, clock.verifier, ANNA.verifier]
    )
    assert result.cosigned == {}


def test_the_receipt_key_signs_no_checkpoint() -> None:
    note = sign_checkpoint(HEAD, [receipt_signer()], [], TIME)
    with pytest.raises(RecordFormatError, match="not signed by a key"):
        open_checkpoint(note, [log_signer().verifier, receipt_signer().verifier])


@pytest.mark.parametrize("size", [-1, 2**63])
def test_a_size_no_reader_could_hold_is_not_signed(size: int) -> None:
    with pytest.raises(RecordFormatError, match="below 2\\^63"):
        sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), [log_signer()], [], TIME)
    with pytest.raises(RecordFormatError, match="a key"):
        sign_checkpoint(HEAD, [], [clock_signer()], TIME)
