"""Keys and notes: what Go's own notes look like, and how few texts are taken for one."""

from __future__ import annotations

import pytest

from consent.audit.encoding import decode_base64, parse_decimal
from consent.audit.notes import (
    MAX_SIGNATURES,
    ClockSigner,
    CosignatureVerifier,
    NoteSigner,
    NoteVerifier,
    parse_signature_line,
    parse_vkey,
    split_note,
)
from consent.errors import RecordFormatError
from tests.audit.make_keys import clock_signer, log_signer, private_key, witness_signer
from tests.audit.make_tree import flip_text

# The example of Go's package golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
TEXT = "consent.example/shop/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
TIME = 1763812346


def test_a_note_of_gos_example_opens_with_its_key() -> None:
    verifier = parse_vkey(GO_VKEY)
    assert isinstance(verifier, NoteVerifier)
    assert verifier.name == "PeterNeumann"
    assert verifier.open(f"{GO_TEXT}\n{GO_SIGNATURE}") == GO_TEXT


def test_the_lines_of_the_standards_example_are_read() -> None:
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
        "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    )
    read = parse_signature_line(line)
    assert read.name == "witness.example.com/w1"
    assert read.key_id.hex() == "8d66cf3f"
    assert int.from_bytes(read.signature[:8]) == 1679315147
    assert read.text == line


@pytest.mark.parametrize("verifier", [log_signer().verifier, clock_signer().verifier])
def test_a_key_and_its_text_stand_for_each_other(
    verifier: NoteVerifier | CosignatureVerifier,
) -> None:
    parsed = parse_vkey(verifier.vkey)
    assert parsed == verifier
    assert type(parsed) is type(verifier)
    for changed in flip_text(verifier.vkey):
        with pytest.raises(RecordFormatError):
            parse_vkey(changed)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        f"{GO_VKEY}\n",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADK",
    ],
)
def test_what_is_no_key_is_refused(vkey: str) -> None:
    with pytest.raises(RecordFormatError):
        parse_vkey(vkey)


@pytest.mark.parametrize("name", ["", "consent example", "consent\u2003example", "a\x01b"])
def test_a_key_needs_a_name_that_a_signature_line_can_carry(name: str) -> None:
    with pytest.raises(RecordFormatError, match="is written"):
        parse_vkey(NoteVerifier(name, private_key(7).public_key()).vkey)


def test_a_cosignature_is_over_the_text_and_its_time() -> None:
    witness = witness_signer("witness.example/w1", 20)
    note = f"{TEXT}\n{witness.line(TEXT, TIME)}"
    assert witness.verifier.open(note) == TIME
    lines = split_note(note)[1]
    signature = parse_signature_line(lines[0]).signature
    later = (TIME + 1).to_bytes(8) + signature[8:]
    with pytest.raises(RecordFormatError, match="not over this text"):
        witness.verifier.verify(TEXT, later)
    with pytest.raises(RecordFormatError, match="not over this text"):
        witness.verifier.verify(TEXT.replace("\n0\n", "\n1\n"), signature)


def test_a_time_of_more_than_63_bits_is_refused() -> None:
    witness = ClockSigner("witness.example/w1", private_key(20))
    signature = (2**63).to_bytes(8) + witness.private.sign(
        f"cosignature/v1\ntime {2**63}\n{TEXT}".encode()
    )
    with pytest.raises(RecordFormatError, match="out of range"):
        witness.verifier.verify(TEXT, signature)
    last = 2**63 - 1
    assert witness.verifier.open(f"{TEXT}\n{witness.line(TEXT, last)}") == last


def test_a_plain_signature_is_none_of_the_clock_and_the_reverse() -> None:
    key = private_key(7)
    signer, clock = NoteSigner("consent.example/x", key), ClockSigner("consent.example/x", key)
    assert signer.verifier.key_id != clock.verifier.key_id
    with pytest.raises(RecordFormatError, match="not signed by"):
        signer.verifier.open(f"{TEXT}\n{clock.line(TEXT, TIME)}")
    with pytest.raises(RecordFormatError, match="not signed by"):
        clock.verifier.open(f"{TEXT}\n{signer.line(TEXT)}")


def test_the_latest_of_several_cosignatures_of_one_key_counts() -> None:
    clock = clock_signer()
    lines = f"{clock.line(TEXT, TIME + 600)}{clock.line(TEXT, TIME)}"
    assert clock.verifier.open(f"{TEXT}\n{lines}") == TIME + 600


def test_one_bad_line_of_a_known_key_spoils_a_note_with_good_ones() -> None:
    signer = log_signer()
    good, bad = signer.line(TEXT), signer.line("other\n")
    for lines in (good + bad, bad + good):
        with pytest.raises(RecordFormatError, match="not over this text"):
            signer.verifier.open(f"{TEXT}\n{lines}")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "— \n",
        "— a\n",
        "— a AAAAAA==\n",
        "—a AAAAAAAA\n",
        "- a AAAAAAAA\n",
        "— a+b AAAAAAAA\n",
        "—  AAAAAAAA\n",
        "— a AAAAAAAA \n",
        "— a AAAAAAAB==\n",
        "— a AAAAAAA\n",
        "— a AAAA\x01AAAA\n",
        "— a\u2003b AAAAAAAA\n",
        "— a\tb AAAAAAAA\n",
        "— a ÄAAAAAAA\n",
        "— \ud800 AAAAAAAA\n",
        "— a AAAAAAAA\r\n",
        "— a AAAAAAAA\u2028— b AAAAAAAA\n",
    ],
)
def test_a_line_that_is_no_signature_spoils_the_note(line: str) -> None:
    signer = log_signer()
    for lines in (line + signer.line(TEXT), signer.line(TEXT) + line):
        if lines == signer.line(TEXT):
            continue
        with pytest.raises(RecordFormatError):
            signer.verifier.open(f"{TEXT}\n{lines}")


def test_a_note_has_no_more_signatures_than_a_reader_can_bear() -> None:
    line = "— somebody.example AAAAAAAA\n"
    signer = log_signer()
    assert signer.verifier.open(f"{TEXT}\n{line * (MAX_SIGNATURES - 1)}{signer.line(TEXT)}") == TEXT
    with pytest.raises(RecordFormatError, match="at most"):
        signer.verifier.open(f"{TEXT}\n{line * MAX_SIGNATURES}{signer.line(TEXT)}")


def test_a_text_is_split_from_its_signatures_at_the_last_blank_line() -> None:
    text, lines = split_note("a\n\nb\n\n— x AAAAAAAA\n— y AAAAAAAA\n")
    assert text == "a\n\nb\n"
    assert lines == ("— x AAAAAAAA", "— y AAAAAAAA")


@pytest.mark.parametrize(
    "text", ["00", "01", "+1", "-1", "", " 1", "1 ", "1_0", "٣", "1٣", str(2**63)]
)
def test_a_number_has_one_spelling(text: str) -> None:
    with pytest.raises(RecordFormatError, match="the size"):
        parse_decimal(text, "the size")
    assert parse_decimal(str(2**63 - 1), "the size") == 2**63 - 1
    assert parse_decimal("0", "the size") == 0


@pytest.mark.parametrize("text", ["AA", "AA=", "AB==", "A A=", "AA==\n", "-_8=", "AA===", "ÄÄ=="])
def test_bytes_have_one_spelling(text: str) -> None:
    with pytest.raises(RecordFormatError, match="the root"):
        decode_base64(text, "the root")
    assert decode_base64("AA==", "the root") == b"\x00"
