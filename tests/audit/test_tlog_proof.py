"""Proof files: one text for one proof, and what is inside leads from a record to a signed root."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from consent.audit.entry import commitment, leaf_hash
from consent.audit.proofs import inclusion_proof, verify_inclusion
from consent.audit.tiles import append_entries, root_at
from consent.audit.tlog_proof import TlogProof, opening_extra, parse_tlog_proof, read_opening
from consent.errors import ProofError, RecordFormatError
from tests.audit.make_keys import ORIGIN, clock_signer, log_signer
from tests.audit.make_tree import flip_text, make_entries, reader_of

RECORD = b'{"id":"01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f","type":"consent","v":1}'
SALT = bytes(range(64))
INDEX, SIZE = 5, 11
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), [log_signer()], [], 0)


def make_proof() -> TlogProof:
    entries = make_entries(SIZE)
    entries[INDEX] = commitment(RECORD, SALT)
    tiles = append_entries(reader_of({}), 0, entries).tiles
    head = Checkpoint(ORIGIN, SIZE, root_at(reader_of(tiles), SIZE))
    note = sign_checkpoint(head, [log_signer()], [clock_signer()], 1763812346)
    path = tuple(inclusion_proof(reader_of(tiles), SIZE, INDEX))
    return TlogProof(opening_extra(SALT, RECORD), INDEX, path, note)


def verified(text: str) -> bytes:
    """Return the record that a proof file proves, by the steps that any reader takes."""
    proof = parse_tlog_proof(text)
    assert proof.extra is not None
    salt, record = read_opening(proof.extra)
    head = open_checkpoint(
        proof.checkpoint, [log_signer().verifier], [clock_signer().verifier]
    ).checkpoint
    leaf = leaf_hash(commitment(record, salt))
    verify_inclusion(leaf, proof.index, head.size, proof.path, head.root)
    return record


@pytest.mark.legal("RP-07", "RP-13")
def test_a_proof_file_leads_from_the_record_to_the_signed_root() -> None:
    text = make_proof().text
    assert text.startswith("c2sp.org/tlog-proof@v1\nextra AQABAgME")
    assert text.split("\n")[2] == "index 5"
    assert text.count("\n\n") == 2
    assert verified(text) == RECORD


def test_every_flipped_bit_of_a_proof_file_is_refused() -> None:
    text = make_proof().text
    clock = text.index("— consent.example/shop/1/clock")
    for changed in flip_text(text):
        try:
            proven = verified(changed)
        except (RecordFormatError, ProofError):
            continue
        assert proven == RECORD
        assert changed[:clock] == text[:clock], "only the clock's line may become an unknown one"


@given(
    st.builds(
        TlogProof,
        st.none() | st.binary(max_size=200),
        st.integers(0, 2**63 - 1),
        st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
        st.just(NOTE),
    )
)
def test_a_proof_and_its_text_stand_for_each_other(proof: TlogProof) -> None:
    assert parse_tlog_proof(proof.text) == proof
    assert parse_tlog_proof(proof.text).text == proof.text


def test_the_example_of_the_format_is_read() -> None:
    text = (
        "c2sp.org/tlog-proof@v1\n"
        "index 73894\n"
        "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
        "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
        "\n" + NOTE
    )
    proof = parse_tlog_proof(text)
    assert (proof.extra, proof.index, len(proof.path)) == (None, 73894, 2)
    assert proof.text == text


@pytest.mark.parametrize(
    "head",
    [
        "",
        "c2sp.org/tlog-proof@v2\nindex 1",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\nextra AA==",
        "c2sp.org/tlog-proof@v1\nindex 01",
        "c2sp.org/tlog-proof@v1\nindex -1",
        f"c2sp.org/tlog-proof@v1\nindex {2**63}",
        "c2sp.org/tlog-proof@v1\nindex 1\nextra AA==",
        "c2sp.org/tlog-proof@v1\nextra AB==\nindex 1",
        "c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 1",
        "c2sp.org/tlog-proof@v1\nindex 1\nAA==",
        "c2sp.org/tlog-proof@v1\nindex 1\ngSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlR=",
        "c2sp.org/tlog-proof@v1\r\nindex 1",
    ],
)
def test_what_is_no_proof_is_refused(head: str) -> None:
    with pytest.raises(RecordFormatError):
        parse_tlog_proof(f"{head}\n\n{NOTE}")


def test_a_proof_without_a_signed_note_is_refused() -> None:
    with pytest.raises(RecordFormatError, match="signature lines"):
        parse_tlog_proof("c2sp.org/tlog-proof@v1\nindex 1\n\nconsent.example\n1\nAA==\n")


def test_an_opening_is_read_back_as_it_was_made() -> None:
    extra = opening_extra(SALT, RECORD)
    assert extra == b"\x01" + SALT + RECORD
    assert read_opening(extra) == (SALT, RECORD)
    with pytest.raises(RecordFormatError, match="64 bytes"):
        opening_extra(SALT[1:], RECORD)


@pytest.mark.parametrize("extra", [b"", b"\x01", b"\x01" + SALT, b"\x02" + SALT + RECORD])
def test_what_opens_nothing_is_refused(extra: bytes) -> None:
    with pytest.raises(RecordFormatError, match="salt and a record"):
        read_opening(extra)
