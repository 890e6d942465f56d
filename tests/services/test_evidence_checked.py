"""Whoever gets an evidence pack can check it with nothing but what is in it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from consent.audit.notes import NoteSigner, NoteVerifier, parse_vkey
from consent.audit.packs import export_key_name, open_pack
from consent.audit.policies import parse_policy
from consent.audit.receipts import receipt_key_name
from consent.audit.tiles import decode_entries
from consent.verify.__main__ import main as verify
from tests.packs import CHIEF, LOG, make_pack, make_world
from tests.world import Browser, World


@pytest.fixture
def world(session: Session, tmp_path: Path) -> World:
    return make_world(session, tmp_path / "state")


@pytest.mark.legal("AE-04")
def test_the_manifest_has_the_digest_of_every_file_and_is_signed(
    world: World, engine: Engine
) -> None:
    pack = make_pack(world, engine, language="en")
    manifest = pack.json("manifest.json")
    assert pack.names[-2:] == ["manifest.json", "manifest.note"]
    assert sorted(manifest["files"]) == sorted(pack.names[:-2])
    for name, file in manifest["files"].items():
        content = pack.read(name)
        assert file == {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert manifest["filter"] == {"site": ["programme"], "language": "en"}
    assert (manifest["rows"], manifest["made_by"]) == (4, "Olga")
    assert manifest["counts"] == {
        "granted": 1, "partly_granted": 1, "refused": 1, "withdrawn": 1, "renewed": 0,
    }  # fmt: skip
    assert manifest["generator"].startswith("consent ")
    (log,) = manifest["logs"]
    checkpoint = pack.read(f"{LOG}/checkpoint").decode().splitlines()
    assert [log["origin"], str(log["size"]), log["root"]] == checkpoint[:3]
    (receipt_key,) = parse_policy(pack.read(f"{LOG}/policy").decode()).receipt_keys
    verifier = NoteVerifier(export_key_name(log["origin"]), receipt_key.public)
    note = open_pack(verifier, pack.read("manifest.note").decode())
    assert note.manifest == hashlib.sha256(pack.read("manifest.json")).digest()
    assert note.export_id == manifest["export"]


@pytest.mark.legal("AE-04", "RP-07")
def test_the_archive_passes_its_own_check(
    world: World, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = make_pack(world, engine, reason="request of the authority, case 12")
    path = tmp_path / "pack.zip"
    path.write_bytes(pack.content)
    assert verify([str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    (log,) = report["logs"]
    assert (log["size"], log["opened"]) == (8, 8)
    assert report["pack"]["files"] == len(pack.names) - 2
    assert report["pack"]["signed_by"] == [
        "programme.example/consent/log/leiden-university/1/export"
    ]


@pytest.mark.legal("AE-04", "RP-08")
def test_a_pack_of_everything_accounts_for_what_waits_for_its_removal(
    world: World, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hide = "INSERT INTO disposal_queue SELECT id, 'erasure', 1 FROM consent_event WHERE prev > ''"
    world.session.execute(text(hide))
    world.session.commit()
    path = tmp_path / "pack.zip"
    path.write_bytes(make_pack(world, engine, "case 12", officer=CHIEF).content)
    assert verify([str(path), "--json"]) == 0
    (log,) = json.loads(capsys.readouterr().out)["logs"]
    assert (log["openings"], log["size"], log["opened"]) == ("all", 8, 7)


@pytest.mark.legal("AE-04")
@pytest.mark.parametrize(
    ("name", "before", "after", "where", "finding"),
    [
        (f"{LOG}/records.jsonl", b"save", b"sAve", "log", "altered"),
        ("records/records.csv", b"partly_granted", b"partly_grantEd", "pack", "altered"),
        ("statement.txt", b"Olga", b"Otto", "pack", "altered"),
        ("manifest.json", b"Olga", b"Otto", "pack", "altered"),
        ("manifest.note", b"made 1", b"made 2", "pack", "bad_signature"),
        ("records/kantara.jsonl", b"", None, "pack", "missing"),
    ],
)
def test_one_altered_byte_is_found(
    world: World,
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    name: str,
    before: bytes,
    after: bytes | None,
    where: str,
    finding: str,
) -> None:
    make_pack(world, engine, reason="case 12").unpack(tmp_path / "pack")
    path = tmp_path / "pack" / name
    if after is None:
        path.unlink()
    else:
        content = path.read_bytes()
        assert before in content
        path.write_bytes(content.replace(before, after, 1))
    assert verify([str(tmp_path / "pack"), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    found = {
        "log": [one["type"] for log in report["logs"] for one in log["findings"]],
        "pack": [one["type"] for one in report["pack"]["findings"]],
    }
    assert finding in found[where]


def test_a_file_that_was_put_beside_is_found(
    world: World, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_pack(world, engine).unpack(tmp_path / "pack")
    (folder / "note.txt").write_text("from the desk of the inspector")
    assert verify([str(folder)]) == 1
    assert "note.txt is there and the manifest does not name it" in capsys.readouterr().out


@pytest.mark.legal("AE-04")
def test_the_program_in_the_archive_checks_the_archive(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    folder = make_pack(world, engine, reason="case 12").unpack(tmp_path / "pack")
    command = [sys.executable, "-I", "verify/consent-verify.pyz", "."]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "OK: nothing was found" in result.stdout


@pytest.mark.legal("AE-04")
@pytest.mark.parametrize("reason", [None, "case 12"])
def test_the_commands_of_the_readme_work_as_written(
    world: World, engine: Engine, tmp_path: Path, reason: str | None
) -> None:
    folder = make_pack(world, engine, reason=reason).unpack(tmp_path / "pack")
    readme = (folder / "verify" / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert len(commands) == (4 if reason is None else 5)
    outputs = []
    for command in commands:
        script = command.replace("python3", sys.executable)
        done = subprocess.run(
            ["/bin/sh", "-euc", script], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        outputs.append(done.stdout)
    assert "OK: nothing was found" in outputs[0]
    assert "Signature Verified Successfully" in outputs[2]
    assert "manifest " in outputs[2]
    assert "Signature Verified Successfully" in outputs[3]
    if reason is not None:
        opened = json.loads((folder / LOG / "records.jsonl").read_text().splitlines()[-1])
        entries = decode_entries((folder / LOG / "tile/entries/000.p/8").read_bytes())
        assert entries[opened["i"]].hex() in outputs[4]


def test_a_pack_before_the_first_head_says_so(
    session: Session, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(session)
    world.publish()
    Browser(world).refuse_all()
    pack = make_pack(world, engine)
    assert pack.under("log/") == []
    assert "no head is published yet" in pack.read("statement.txt").decode()
    assert pack.json("manifest.json")["logs"][0]["records_covered"] == 0
    folder = pack.unpack(tmp_path / "pack")
    assert verify([str(folder)]) == 1
    shown = capsys.readouterr().out
    assert "nothing of the log programme.example" in shown
    assert "no key is known that programme.example" in shown
    assert "bad_signature: nobody whose key is known signed the manifest" in shown
    origin = pack.json("manifest.json")["logs"][0]["origin"]
    key = NoteSigner(receipt_key_name(origin), world.keys.receipt).verifier.vkey
    assert verify([str(folder), "--vkey", key]) == 0


def test_the_log_names_the_key_that_signs_packs(world: World, engine: Engine) -> None:
    pack = make_pack(world, engine)
    lines = pack.read(f"{LOG}/policy").decode().splitlines()
    (vkey,) = [line.removeprefix("# receipt ") for line in lines if line.startswith("# receipt ")]
    receipt = parse_vkey(vkey)
    signed = pack.read("manifest.note").decode()
    verifier = NoteVerifier(receipt.name.replace("/receipt", "/export"), receipt.public)
    assert open_pack(verifier, signed).made_at == world.now
