"""Go's module-database code accepts what we publish, and refuses each alteration of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.receipts import make_receipt, sign_receipt
from tests.audit.make_keys import ORIGIN, clock_signer, log_signer, receipt_signer, witness_signer
from tests.audit.make_tree import flip_text
from tests.audit.test_vector import BODY, CLOCK_SIGNATURE, CLOCK_VKEY, SIGNATURE, VKEY
from tests.outside.conftest import Run
from tests.outside.make_log import make_log, record_id

pytestmark = [pytest.mark.slow, pytest.mark.legal("RP-07")]

KEYS = (log_signer().verifier.vkey, clock_signer().verifier.vkey)
SIZES = (1, 2, 30, 256, 300, 700)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_log(SIZES).write(tmp_path / "log")


def fault_of(checklog: Run, what: str, path: Path, *keys: str) -> str:
    """Return what the program says of a fault; it must find one."""
    result = checklog(what, path, *(keys or KEYS))
    assert result.returncode == 1, result.stdout
    assert "all is well" not in result.stdout
    assert result.stderr.startswith("FAULT: ")
    return result.stderr


def test_a_log_is_accepted_with_all_its_parts(checklog: Run, folder: Path) -> None:
    result = checklog("log", folder, *KEYS)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"checkpoint of {ORIGIN}: 700 entries, root ")
    assert lines[1:] == [
        "700 entries and 4 tiles have the root that was signed",
        "6 earlier checkpoints are signed, and each is the beginning of the next",
        "695 records open their entries, and the proofs of 695 lead to the root",
        "700 leaves are accounted for, 0 are not opened here",
        "all is well",
    ]


@pytest.mark.parametrize(
    "sizes", [(1,), (255,), (256,), (257,), (40, 40, 512, 513), (65_535, 65_536, 65_800)]
)
def test_trees_with_full_and_partial_tiles_are_accepted(
    checklog: Run, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    result = checklog("log", make_log(sizes).write(tmp_path / "log"), *KEYS)
    assert result.returncode == 0, result.stderr


def test_an_export_that_opens_the_logs_own_records_alone_is_accepted(
    checklog: Run, folder: Path
) -> None:
    lines = (folder / "records.jsonl").read_text().splitlines(keepends=True)
    (folder / "records.jsonl").write_text(lines[0] + lines[-1])
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"openings": "log"}))
    result = checklog("log", folder, *KEYS)
    assert result.returncode == 0, result.stderr
    assert "7 leaves are accounted for, 693 are not opened here" in result.stdout


def change_text(lines: list[str]) -> list[str]:
    lines[30] = lines[30].replace(r"\"ads\":true", r"\"ads\":false")
    return lines


def change_salt(lines: list[str]) -> list[str]:
    opening = json.loads(lines[30])
    opening["salt"] = ("A" if opening["salt"][0] != "A" else "B") + opening["salt"][1:]
    lines[30] = json.dumps(opening) + "\n"
    return lines


def swap_records(lines: list[str]) -> list[str]:
    one, other = json.loads(lines[30]), json.loads(lines[31])
    one["i"], other["i"] = other["i"], one["i"]
    lines[30], lines[31] = json.dumps(other) + "\n", json.dumps(one) + "\n"
    return lines


def swap_lines(lines: list[str]) -> list[str]:
    lines[30], lines[31] = lines[31], lines[30]
    return lines


def delete_record(lines: list[str]) -> list[str]:
    return lines[:30] + lines[31:]


def delete_disposal(lines: list[str]) -> list[str]:
    return lines[:-1]


def repeat_record(lines: list[str]) -> list[str]:
    return lines[:31] + lines[30:]


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (change_text, "does not open its entry"),
        (change_salt, "does not open its entry"),
        (swap_records, "does not open its entry"),
        (swap_lines, "stands in the wrong place"),
        (repeat_record, "stands in the wrong place"),
        (delete_record, "leaf 35 is missing"),
        (delete_disposal, "leaf 20 is missing"),
    ],
)
def test_an_alteration_of_the_records_is_refused(
    checklog: Run, folder: Path, alter: Callable[[list[str]], list[str]], reason: str
) -> None:
    path = folder / "records.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(alter(lines.copy())))
    assert path.read_text() != "".join(lines)
    assert reason in fault_of(checklog, "log", folder)


def test_a_record_that_still_opens_though_it_is_said_to_be_gone_is_refused(
    checklog: Run, tmp_path: Path
) -> None:
    log = make_log(SIZES)
    folder = log.write(tmp_path / "log")
    lines = (folder / "records.jsonl").read_text().splitlines(keepends=True)
    lines.insert(20, log._opening(20))
    (folder / "records.jsonl").write_text("".join(lines))
    assert "leaf 20 opens, though a record says" in fault_of(checklog, "log", folder)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("tile/entries/001", "have the root"),
        ("tile/entries/002.p/188", "have the root"),
        ("tile/0/000", "differs from the entries"),
        ("tile/0/002.p/188", "differs from the entries"),
        ("tile/1/000.p/2", "differs from the entries"),
    ],
)
def test_a_flipped_bit_or_a_missing_tile_is_refused(
    checklog: Run, folder: Path, path: str, reason: str
) -> None:
    data = (folder / path).read_bytes()
    (folder / path).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert reason in fault_of(checklog, "log", folder)
    (folder / path).write_bytes(data[:-1])
    assert "holds less than" in fault_of(checklog, "log", folder)
    (folder / path).unlink()
    assert "no such file" in fault_of(checklog, "log", folder)


def test_a_history_rewritten_with_the_logs_own_key_is_refused(
    checklog: Run, tmp_path: Path
) -> None:
    honest = make_log(SIZES)
    log = make_log(SIZES[:2])
    log.records = [*honest.records[:5], honest.records[6], *honest.records[6:]]
    for size in SIZES[2:]:
        log.grow_to(size)
    log.heads[3] = honest.heads[3]
    folder = log.write(tmp_path / "log")
    assert log.root() != honest.root()
    assert "the tree had the root" in fault_of(checklog, "log", folder)


def test_checkpoints_of_another_key_or_size_are_refused(checklog: Run, folder: Path) -> None:
    earlier = next((folder / "checkpoints").glob("0000000000000256-*"))
    note = earlier.read_text()
    head = Checkpoint(ORIGIN, 256, bytes(32))
    for wrong, reason in (
        (sign_checkpoint(head, [log_signer()], [], 0), "the tree had the root"),
        (sign_checkpoint(head, [log_signer(77)], [], 0), "no verifiable signatures"),
        (note.replace("\n256\n", "\n257\n"), "invalid signature"),
        (
            sign_checkpoint(Checkpoint(ORIGIN, 900, head.root), [log_signer()], [], 0),
            "larger tree than the newest",
        ),
    ):
        earlier.write_text(wrong)
        assert reason in fault_of(checklog, "log", folder)


def test_the_vector_of_the_design_is_accepted(checklog: Run, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    path.write_text(f"{BODY}\n{SIGNATURE}{CLOCK_SIGNATURE}")
    assert checklog("note", path, VKEY, CLOCK_VKEY).stdout == f"{BODY}all is well\n"
    path.write_text(f"{BODY}\n{SIGNATURE}{CLOCK_SIGNATURE.replace('AABpIaP6', 'AABpIaP7')}")
    assert "invalid signature" in fault_of(checklog, "note", path, VKEY, CLOCK_VKEY)


def test_lines_of_keys_it_does_not_know_are_passed_over(checklog: Run, folder: Path) -> None:
    path = folder / "checkpoint"
    text = path.read_text().partition("\n\n")[0] + "\n"
    grease = f"— {ORIGIN} AAAAAEdyZWFzZQ==\n" + witness_signer("w.example", 50).line(text, 5)
    path.write_text(path.read_text() + grease)
    assert checklog("log", folder, *KEYS).returncode == 0


def test_a_proof_file_is_accepted_and_no_other_bits_are(checklog: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.tlog-proof"
    text = make_log(SIZES).proof(300).text
    path.write_text(text)
    result = checklog("proof", path, *KEYS)
    assert result.returncode == 0, result.stderr
    assert f"entry 300 of 700 in {ORIGIN} opens to" in result.stdout
    assert record_id(300) in result.stdout
    clock = text.index(f"— {ORIGIN}/clock")
    for changed in [*flip_text(text[:clock])][::97]:
        path.write_text(changed + text[clock:])
        fault_of(checklog, "proof", path)


def test_a_receipt_is_accepted_and_no_other_bits_are(checklog: Run, tmp_path: Path) -> None:
    receipt = make_receipt(ORIGIN, record_id(7), bytes(range(32)), 1763812345678)
    path, vkey = tmp_path / "receipt", receipt_signer().verifier.vkey
    note = sign_receipt(receipt_signer(), receipt)
    path.write_text(note)
    assert checklog("note", path, vkey).stdout == f"{receipt.text}all is well\n"
    for changed in [*flip_text(note)][::67]:
        path.write_text(changed)
        fault_of(checklog, "note", path, vkey)
    path.write_text(note)
    assert "no verifiable signatures" in fault_of(checklog, "note", path, *KEYS)
