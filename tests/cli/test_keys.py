"""`consent keys`: which keys there are, and new ones in their place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, update
from sqlalchemy.orm import Session

from consent.services.keys import load_keyring, load_log_keys
from consent.services.publishing import propose, publish
from consent.store.log_records import stream_log_records
from consent.store.tables import LogKeyRow
from tests.cli.installations import Home
from tests.make import make_site

LOG = "leiden-university/1"
FILES = {"log": "log.pem", "clock": "clock.pem", "receipt": "receipt.pem"}
DAY = 86_400_000


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{home.database}")
    yield engine
    engine.dispose()


@pytest.fixture
def published(home: Home, engine: Engine) -> None:
    with Session(engine) as session:
        publish(session, propose(session, make_site()), now=time.time_ns() // 1_000_000)
    assert home.run("log", "seal").exit_code == 0


def listed(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Return the keys of each role, as the command prints them for programs."""
    result = home.run("keys", "list", "--json")
    assert result.exit_code == 0, result.output
    by_role: dict[str, list[dict[str, Any]]] = {}
    for key in json.loads(result.stdout)["log_keys"]:
        by_role.setdefault(key["role"], []).append(key)
    return by_role


def key_records(engine: Engine) -> list[tuple[str, str, str]]:
    with Session(engine) as session:
        records = [json.loads(one.payload) for one in stream_log_records(session, LOG, "key")]
    return [(record["role"], record["action"], record["reason"]) for record in records]


@pytest.mark.usefixtures("published")
def test_the_list_has_every_public_key_and_no_secret(home: Home) -> None:
    keys = listed(home)
    assert keys.keys() == {"log", "clock", "receipt"}
    assert all(key["held"] and key["retired_at"] is None for (key,) in keys.values())
    result = home.run("keys", "list")
    assert keys["log"][0]["vkey"] in result.output
    assert f"{LOG}\tlog\tsigns since 20" in result.output
    (key_id,) = load_keyring((home.keys / "signing.keys").read_text()).key_ids
    assert f"cookies and tokens\tsigning\tsigns\n  {key_id}\n" in result.output
    assert (home.keys / "signing.keys").read_text().strip() not in result.output


@pytest.mark.legal("RP-15")
@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("role", FILES)
def test_a_new_key_is_added_to_its_file_and_to_the_log(
    home: Home, engine: Engine, role: str
) -> None:
    path = home.keys / FILES[role]
    before = path.read_text()
    result = home.run("keys", "rotate", role, "--reason", " yearly change ")
    assert result.exit_code == 0, result.output
    assert f"Added a key to {path}." in result.output
    assert f"{LOG}: the new key is in its list, and a record says why." in result.output
    assert "Restart every process" in result.output
    assert path.read_text().startswith(before)
    assert len(load_log_keys(path.read_text())) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in home.keys.iterdir()) == sorted(
        ["signing.keys", "pseudonym.key", *FILES.values()]
    )
    keys = listed(home)[role]
    assert len(keys) == 2
    assert all(key["retired_at"] is None for key in keys)
    assert key_records(engine)[3:] == [(role, "add", "yearly change")]
    assert home.run("log", "seal").exit_code == 0


@pytest.mark.usefixtures("published")
def test_a_new_receipt_key_takes_over_after_a_day(home: Home) -> None:
    home.run("keys", "rotate", "receipt", "--reason", "yearly")
    result = home.run("keys", "list")
    assert result.output.count(f"{LOG}\treceipt\tsigns since 20") == 1
    assert result.output.count(f"{LOG}\treceipt\tsigns from 20") == 1


@pytest.mark.usefixtures("published")
def test_an_old_key_is_listed_as_retired_in_the_end(home: Home, engine: Engine) -> None:
    home.run("keys", "rotate", "log", "--reason", "yearly")
    with engine.begin() as connection:
        aged = update(LogKeyRow).values(added_at=LogKeyRow.added_at - 31 * DAY)
        connection.execute(aged)
    assert home.run("log", "seal").exit_code == 0
    retired = [key["retired_at"] is not None for key in listed(home)["log"]]
    assert retired == [True, False]
    assert f"{LOG}\tlog\tretired 20" in home.run("keys", "list").output


@pytest.mark.usefixtures("published")
def test_a_stolen_key_is_trusted_no_more(home: Home, engine: Engine) -> None:
    refused = home.run("keys", "rotate", "log", "--reason", "theft", "--stolen", stdin="n\n")
    assert refused.exit_code == 1
    assert len(listed(home)["log"]) == 1
    result = home.run("keys", "rotate", "log", "--reason", "theft", "--stolen", "--yes")
    assert result.exit_code == 0, result.output
    retired = [key["retired_at"] is not None for key in listed(home)["log"]]
    assert sorted(retired) == [False, True]
    assert set(key_records(engine)[3:]) == {("log", "add", "theft"), ("log", "revoke", "theft")}
    assert home.run("log", "seal").exit_code == 0


def test_a_new_signing_key_is_accepted_at_the_next_start(home: Home) -> None:
    path = home.keys / "signing.keys"
    (old,) = load_keyring(path.read_text()).key_ids
    result = home.run("keys", "rotate", "signing")
    assert result.exit_code == 0, result.output
    ids = load_keyring(path.read_text()).key_ids
    assert ids[0] == old
    assert len(ids) == 2
    shown = home.run("keys", "list").output
    assert f"signing\tis accepted\n  {old}" in shown
    assert f"signing\tsigns\n  {ids[1]}" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["log"], "give the --reason"),
        (["receipt", "--reason", "  "], "give the --reason"),
        (["signing", "--stolen"], "take a stolen signing key out of its file"),
        (["pseudonym", "--reason", "x"], "is not one of"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Home, arguments: list[str], words: str) -> None:
    before = {path: path.read_bytes() for path in home.keys.iterdir()}
    result = home.run("keys", "rotate", *arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert {path: path.read_bytes() for path in home.keys.iterdir()} == before


def test_a_key_in_the_environment_is_changed_there(home: Home) -> None:
    text = (home.keys / "receipt.pem").read_text()
    result = home.run("keys", "rotate", "receipt", "--reason", "x", CONSENT_RECEIPT_KEY=text)
    assert result.exit_code == 1
    assert (
        "CONSENT_RECEIPT_KEY: the key is in the environment; add a new one there" in result.output
    )


def test_a_file_that_cannot_be_written_is_left_as_it_is(home: Home) -> None:
    text = (home.keys / "receipt.pem").read_text()
    (home.keys / "receipt.pem.new").mkdir()
    result = home.run("keys", "rotate", "receipt", "--reason", "x")
    assert result.exit_code == 1
    assert "cannot be written (" in result.output
    assert (home.keys / "receipt.pem").read_text() == text


def test_a_site_of_which_nothing_is_sealed_yet_learns_of_both_keys(
    home: Home, engine: Engine
) -> None:
    with Session(engine) as session:
        publish(session, propose(session, make_site()), now=1)
    assert home.run("keys", "rotate", "receipt", "--reason", "x").exit_code == 0
    assert len(listed(home)["receipt"]) == 2


@pytest.mark.usefixtures("published")
def test_what_only_reads_works_without_the_keys_that_seal(home: Home, tmp_path: Path) -> None:
    for name in ("log.pem", "clock.pem"):
        (home.keys / name).unlink()
    for arguments in (
        ["log", "status"],
        ["log", "report"],
        ["log", "export", str(tmp_path / "mirror")],
        ["export"],
        ["keys", "list"],
        ["officer", "list"],
        ["verify"],
    ):
        result = home.run(*arguments)
        assert result.exit_code == 0, (arguments, result.output)
    for arguments in (["log", "seal"], ["serve"], ["retention", "run", "--yes"]):
        result = home.run(*arguments)
        assert result.exit_code == 1
        assert f"CONSENT_LOG_KEY: there is no file {home.keys / 'log.pem'}; put" in result.output
        assert 'run `consent keys rotate log --reason "…"`' in result.output
        assert "init" not in result.output


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("role", FILES)
def test_a_key_that_is_lost_is_not_made_by_init_and_is_replaced_by_rotation(
    home: Home, role: str
) -> None:
    path = home.keys / FILES[role]
    path.unlink()
    result = home.run("init")
    assert result.exit_code == 1
    assert f"{path} is gone: put {path} back from your safe copy" in result.output
    assert not path.exists()
    refused = home.run("keys", "rotate", role, "--reason", "lost", stdin="n\n")
    assert refused.exit_code == 1
    assert not path.exists()
    result = home.run("keys", "rotate", role, "--reason", "lost", "--yes")
    assert result.exit_code == 0, result.output
    assert path.stat().st_mode & 0o777 == 0o600
    assert [key["held"] for key in listed(home)[role]].count(True) == 1
    assert len(listed(home)[role]) == 2
    assert home.run("log", "seal").exit_code == 0
    assert home.run("verify").exit_code == 0


@pytest.mark.usefixtures("published")
def test_all_keys_of_a_log_can_be_replaced_one_after_the_other(home: Home) -> None:
    for name in FILES.values():
        (home.keys / name).unlink()
    refused = home.run("keys", "rotate", "log", "--reason", "lost", "--yes")
    assert refused.exit_code == 1
    assert "consent keys rotate receipt" in refused.output
    assert not (home.keys / "log.pem").exists()
    for role in ("receipt", "log", "clock"):
        result = home.run("keys", "rotate", role, "--reason", "lost", "--yes", "--stolen")
        assert result.exit_code == 0, result.output
    assert home.run("log", "seal").exit_code == 0
    assert "not in this installation" not in home.run("log", "status").output


def test_a_key_that_no_log_knows_is_not_replaced(home: Home) -> None:
    (home.keys / "log.pem").unlink()
    result = home.run("keys", "rotate", "log", "--reason", "lost", "--yes")
    assert result.exit_code == 1
    assert "run `consent init`" in result.output
    assert not (home.keys / "log.pem").exists()
    assert home.run("init").exit_code == 0
    assert (home.keys / "log.pem").exists()


@pytest.mark.usefixtures("published")
def test_a_key_that_is_to_sign_and_is_elsewhere_is_told_of(home: Home) -> None:
    (key,) = listed(home)["log"]
    assert "not in this installation" not in home.run("log", "status").output
    (home.keys / "log.pem").unlink()
    shown = home.run("log", "status").output
    assert f"  key       {key['vkey']} is to sign (log) and is not in this installation" in shown
    logs = json.loads(home.run("log", "status", "--json").stdout)["logs"]
    assert logs[0]["keys_not_held"] == [{"role": "log", "vkey": key["vkey"]}]
    report = home.run("doctor").output
    assert f"{LOG}: the key {key['vkey']}, which is to sign, is not in this installation." in report
    assert "consent keys rotate log" in report
    assert "Run `consent init`" not in report
    elsewhere = home.run("log", "status", CONSENT_SEALING="command")
    assert "not in this installation" not in elsewhere.output
