"""`consent log anchor` asks others to vouch for the log; `consent log report` tells the officer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.notes import NoteVerifier, parse_vkey, split_note
from consent.audit.policies import Policy, format_policy
from tests.cli.findings import sentence
from tests.cli.installations import Home
from tests.make import make_site_text
from tests.services.anchor_parties import (
    LittleWitness,
    TimeStampAuthority,
    running_authority,
    running_witness,
)


@pytest.fixture
def sealed(home: Home, tmp_path: Path) -> Home:
    """An installation with a published site, and a log with a published checkpoint."""
    site_file = tmp_path / "programme.toml"
    site_file.write_text(make_site_text())
    assert home.run("publish", site_file, "--yes").exit_code == 0
    assert home.run("log", "seal").exit_code == 0
    return home


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[TimeStampAuthority]:
    folder = tmp_path / "authority"
    folder.mkdir()
    with running_authority(folder) as authority:
        yield authority


@pytest.fixture
def witness() -> Iterator[LittleWitness]:
    with running_witness() as witness:
        witness.trusted.clear()
        yield witness


def stamping(authority: TimeStampAuthority) -> dict[str, str]:
    return {"CONSENT_TSA_URL": authority.url, "CONSENT_TSA_ROOTS": str(authority.roots)}


def witnessing(witness: LittleWitness, folder: Path) -> dict[str, str]:
    path = folder / "witnesses"
    path.write_text(format_policy(Policy((), witnesses=(witness.witness,), quorum="w1")))
    return {"CONSENT_WITNESSES": str(path)}


def checkpoint_in(report: str) -> str:
    """Return the note in a report, as an officer would copy it out."""
    lines = report.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("Newest check"))
    last = max(number for number, line in enumerate(lines) if line.startswith("— "))
    return "".join(f"{line}\n" for line in lines[first + 2 : last + 1])


def trust(witness: LittleWitness, home: Home) -> None:
    """Tell a witness of the log and its key."""
    note = checkpoint_in(home.run("log", "report").output)
    origin = parse_checkpoint(split_note(note)[0]).origin
    policy = home.run("keys", "list").output
    vkey = next(word for word in policy.split() if word.startswith(f"{origin}+"))
    verifier = parse_vkey(vkey)
    assert isinstance(verifier, NoteVerifier)
    witness.trusted[origin] = verifier


def test_nobody_to_ask_is_said(sealed: Home) -> None:
    result = sealed.run("log", "anchor")
    assert result.exit_code == 1
    assert "set CONSENT_TSA_URL or CONSENT_WITNESSES" in result.output


def test_an_authority_is_asked_and_then_not_again(
    sealed: Home, authority: TimeStampAuthority
) -> None:
    result = sealed.run("log", "anchor", **stamping(authority))
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"leiden-university/1: {authority.url} vouches for ")
    again = sealed.run("log", "anchor", **stamping(authority))
    assert again.output.startswith("Nobody is due")
    assert len(authority.requests) == 1


def test_a_failure_is_told_with_exit_code_1(sealed: Home, authority: TimeStampAuthority) -> None:
    authority.behaviour = "fails"
    result = sealed.run("log", "anchor", **stamping(authority))
    assert result.exit_code == 1
    assert f"{authority.url} does not vouch for it: it answered with HTTP status 500" in (
        result.output
    )


def test_a_witness_in_a_policy_file_signs_the_log(
    sealed: Home, witness: LittleWitness, tmp_path: Path
) -> None:
    trust(witness, sealed)
    environ = witnessing(witness, tmp_path)
    result = sealed.run("log", "anchor", **environ)
    assert result.exit_code == 0, result.output
    note = checkpoint_in(sealed.run("log", "report").output)
    assert witness.signer.verifier.open(note) == witness.now_s


def test_the_report_begins_with_the_warning_that_nobody_vouches(sealed: Home) -> None:
    first, warning, *_ = sealed.run("log", "report").output.splitlines()
    assert first.startswith("Report of the consent log, ")
    assert warning.startswith("WARNING: leiden-university/1 is unanchored since ")


def test_the_report_has_size_anchors_and_disposals(
    sealed: Home, authority: TimeStampAuthority
) -> None:
    sealed.run("log", "anchor", **stamping(authority))
    report = sealed.run("log", "report", "--since", "2026-01-01").output
    assert "WARNING" not in report
    assert f"  Time-stamp authority {authority.url}: last at " in report
    assert "Removed since 2026-01-01 00:00 UTC:\n  nothing" in report


def test_a_later_log_can_be_held_against_the_checkpoint_in_a_report(
    sealed: Home, tmp_path: Path
) -> None:
    kept, export = tmp_path / "kept", tmp_path / "export"
    kept.write_text(checkpoint_in(sealed.run("log", "report").output))
    assert sealed.run("log", "export", export).exit_code == 0
    held = sealed.run("verify", export, "--checkpoint", kept)
    assert held.exit_code == 0, held.output
    size = kept.read_text().splitlines()[1]
    kept.write_text(kept.read_text().replace(f"\n{size}\n", "\n9\n", 1))
    assert sealed.run("verify", export, "--checkpoint", kept).exit_code == 1


def test_the_report_without_a_log_says_so(home: Home) -> None:
    result = home.run("log", "report")
    assert result.exit_code == 0
    assert "There is no log yet" in result.output


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        (
            {"CONSENT_TSA_URL": "tsa.example", "CONSENT_TSA_ROOTS": "/no/such/file"},
            "CONSENT_TSA_URL: 'tsa.example' is no address.",
        ),
        (
            {"CONSENT_TSA_URL": "https://tsa.example"},
            "CONSENT_TSA_URL: name the file of the authorities' root certificates",
        ),
        (
            {"CONSENT_TSA_URL": "https://tsa.example", "CONSENT_TSA_ROOTS": "/no/such/file"},
            "CONSENT_TSA_URL: /no/such/file cannot be read (FileNotFoundError).",
        ),
        (
            {"CONSENT_WITNESSES": "/no/such/file"},
            "CONSENT_WITNESSES: /no/such/file cannot be read (FileNotFoundError).",
        ),
    ],
)
def test_settings_that_cannot_work_stop_the_start(
    home: Home, environ: dict[str, str], fault: str
) -> None:
    assert fault in sentence(home.findings(**environ), "settings", "values", "problem")


def test_roots_that_are_no_certificates_are_a_fault(home: Home, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text("a letter to my aunt")
    environ = {"CONSENT_TSA_URL": "https://tsa.example", "CONSENT_TSA_ROOTS": str(roots)}
    found = sentence(home.findings(**environ), "settings", "values", "problem")
    assert f"{roots}: a root certificate is not in PEM form" in found


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("", "the witness w1 needs the address that heads are sent to"),
        ("http://witness.example", "the witness w1 must be asked over https"),
    ],
)
def test_a_witness_is_asked_over_https(
    home: Home, witness: LittleWitness, tmp_path: Path, address: str, fault: str
) -> None:
    path = tmp_path / "witnesses"
    path.write_text(f"witness w1 {witness.signer.verifier.vkey} {address}\nquorum w1\n")
    found = sentence(home.findings(CONSENT_WITNESSES=str(path)), "settings", "values", "problem")
    assert fault in found
