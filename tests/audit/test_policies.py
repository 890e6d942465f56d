"""Policies: who must have signed, in the format's own words; the clock is never a witness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.notes import ClockSigner
from consent.audit.policies import Group, Policy, Witness, format_policy, parse_policy
from consent.errors import RecordFormatError
from tests.audit.make_keys import (
    ORIGIN,
    clock_signer,
    log_signer,
    private_key,
    receipt_signer,
    witness_signer,
)

SIGNERS = {
    name: witness_signer(f"{name.lower()}.example/w", seed)
    for seed, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"), start=40)
}
LOG = log_signer().verifier.vkey
CLOCK = clock_signer().verifier.vkey
RECEIPT = receipt_signer().verifier.vkey
VKEYS = {name: signer.verifier.vkey for name, signer in SIGNERS.items()}

# The example of the format, with keys of ours.
EXAMPLE = f"""
log {LOG}

witness X1 {VKEYS["X1"]}
witness X2 {VKEYS["X2"]}
witness X3 {VKEYS["X3"]}
group X-witnesses 2 X1 X2 X3

witness Y1 {VKEYS["Y1"]}
witness Y2 {VKEYS["Y2"]}
witness Y3 {VKEYS["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
OURS = Policy(
    (log_signer().verifier, log_signer(17).verifier),
    (clock_signer().verifier,),
    (receipt_signer().verifier,),
    (
        Witness("anna", SIGNERS["X1"].verifier, "https://anna.example/witness"),
        Witness("bert", SIGNERS["X2"].verifier),
    ),
    (Group("outside", 1, ("anna", "bert")),),
    "outside",
    "https://consent.example/log/shop/1",
)


def signed_by(*names: str) -> set[str]:
    return {SIGNERS[name].name for name in names}


@pytest.mark.parametrize(
    ("names", "enough"),
    [
        (("X1", "X2", "Y3"), True),
        (("X1", "X3", "Y1", "Y2"), True),
        (("X1", "X2", "X3", "Y1", "Y2", "Y3"), True),
        (("X1", "X2", "X3"), False),
        (("X1", "Y1", "Y2", "Y3"), False),
        ((), False),
    ],
)
def test_the_quorum_of_the_formats_example(names: tuple[str, ...], *, enough: bool) -> None:
    policy = parse_policy(EXAMPLE)
    assert policy.is_satisfied(signed_by(*names)) is enough


def test_a_quorum_may_be_one_witness_or_none() -> None:
    witness = f"witness X1 {VKEYS['X1']}\n"
    assert parse_policy(f"{witness}quorum X1\n").is_satisfied(signed_by("X1"))
    assert not parse_policy(f"{witness}quorum X1\n").is_satisfied(signed_by("X2"))
    assert parse_policy(f"log {LOG}\nquorum none\n").is_satisfied(set())


def test_a_policy_of_ours_and_its_file_stand_for_each_other() -> None:
    text = format_policy(OURS)
    assert parse_policy(text) == OURS
    assert text.splitlines() == [
        f"log {LOG} https://consent.example/log/shop/1",
        f"log {log_signer(17).verifier.vkey} https://consent.example/log/shop/1",
        f"# clock {CLOCK}",
        f"# receipt {RECEIPT}",
        f"witness anna {VKEYS['X1']} https://anna.example/witness",
        f"witness bert {VKEYS['X2']}",
        "group outside 1 anna bert",
        "quorum outside",
    ]


def test_blanks_and_comments_carry_nothing_but_our_two_kinds_of_key() -> None:
    spaced = f"""
        # The clock of this log is its operator's word.
      #
     \t log\t {LOG}   \t
      # clock {CLOCK}
    #receipt {RECEIPT}
    # Schlüssel von Größe über alles
    quorum   none  """
    assert parse_policy(spaced) == Policy((log_signer().verifier,), (clock_signer().verifier,))


def test_a_policy_opens_checkpoints_with_its_keys() -> None:
    head = Checkpoint(ORIGIN, 3, bytes(32))
    note = sign_checkpoint(head, [log_signer(17)], [clock_signer()], 1763812346)
    note += SIGNERS["X2"].line(head.text, 1763812350)
    opened = OURS.open(note)
    assert opened.checkpoint == head
    assert opened.clock_time == 1763812346
    assert opened.cosigned == {SIGNERS["X2"].name: 1763812350}
    assert OURS.is_satisfied(opened.cosigned)


@pytest.mark.legal("RP-07")
def test_the_clock_never_counts_as_a_witness() -> None:
    posing = ClockSigner("witness.example/x", clock_signer().private)
    keys = f"log {LOG}\n# clock {CLOCK}\n"
    with pytest.raises(RecordFormatError, match="two lines"):
        parse_policy(f"{keys}witness x {posing.verifier.vkey}\nquorum x\n")
    with pytest.raises(RecordFormatError, match="two lines"):
        parse_policy(f"{keys}witness x {CLOCK}\nquorum x\n")
    honest = parse_policy(f"{keys}witness X1 {VKEYS['X1']}\nquorum X1\n")
    assert not honest.is_satisfied({clock_signer().name})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "quorum"),
        (f"log {LOG}\n", "quorum"),
        (f"log {LOG}\nquorum none\nquorum none\n", "begins with quorum"),
        ("quorum X1\n", "not defined"),
        (f"quorum X1\nwitness X1 {VKEYS['X1']}\n", "not defined"),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", "two lines"),
        (f"log {LOG} a b\nquorum none\n", "begins with log"),
        (f"log {LOG} https://a.example\nlog {LOG}\nquorum none\n", "one address"),
        (f"log {CLOCK}\nquorum none\n", "plain signatures"),
        (f"witness X1 {LOG}\nquorum none\n", "cosignatures"),
        (f"# clock {LOG}\nquorum none\n", "cosignatures"),
        (f"# receipt {CLOCK}\nquorum none\n", "plain signatures"),
        (f"witness none {VKEYS['X1']}\nquorum none\n", "taken"),
        (f"witness a {VKEYS['X1']}\nwitness a {VKEYS['X2']}\nquorum none\n", "taken"),
        (f"witness a {VKEYS['X1']}\nwitness b {VKEYS['X1']}\nquorum none\n", "two lines"),
        (f"witness a {VKEYS['X1']} x y\nquorum none\n", "begins with witness"),
        ("group g any\nquorum none\n", "begins with group"),
        ("group g any none\nquorum none\n", "not free"),
        ("group g any g\nquorum none\n", "not free"),
        (f"witness a {VKEYS['X1']}\ngroup g 1 a a\nquorum none\n", "not free"),
        (f"witness a {VKEYS['X1']}\ngroup g 1 a\ngroup h 1 a\nquorum none\n", "not free"),
        (f"witness a {VKEYS['X1']}\ngroup a 1 a\nquorum none\n", "taken"),
        (f"witness a {VKEYS['X1']}\ngroup g 0 a\nquorum none\n", "cannot ask for 0 of 1"),
        (f"witness a {VKEYS['X1']}\ngroup g 2 a\nquorum none\n", "cannot ask for 2 of 1"),
        (f"witness a {VKEYS['X1']}\ngroup g 01 a\nquorum none\n", "cannot ask"),
        (f"witness a {VKEYS['X1']}\ngroup g most a\nquorum none\n", "cannot ask"),
        ("witnesses a b\nquorum none\n", "begins with witnesses"),
        ("quorum none\r\n", "control characters"),
        ("quorum none\x00\n", "control characters"),
        ("# clock stopped\nquorum none\n", "base64|written"),
        (f"log\u00a0{LOG}\nquorum none\n", "begins with log"),
    ],
)
def test_what_breaks_a_rule_of_the_format_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RecordFormatError, match=reason):
        parse_policy(text)


def test_two_witnesses_are_told_apart_by_the_names_of_their_keys() -> None:
    twin = ClockSigner(SIGNERS["X1"].name, private_key(60)).verifier.vkey
    with pytest.raises(RecordFormatError, match="one name"):
        parse_policy(f"witness a {VKEYS['X1']}\nwitness b {twin}\nquorum none\n")


@pytest.mark.parametrize(
    "policy",
    [
        replace(OURS, quorum="nobody"),
        replace(OURS, log_url="https://consent.example/a b"),
        replace(
            OURS, witnesses=(Witness("a b", SIGNERS["X1"].verifier),), groups=(), quorum="none"
        ),
        replace(OURS, groups=(Group("#1", 1, ("anna",)),), quorum="none\n# x"),
    ],
)
def test_a_policy_that_its_file_could_not_tell_is_not_written(policy: Policy) -> None:
    with pytest.raises(RecordFormatError):
        format_policy(policy)
