"""`consent doctor` finds what is wrong with settings, keys and clock, and says what to do."""

from __future__ import annotations

import base64
import os
import pty
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from consent.services.clock import now_ms
from consent.services.diagnosis.findings import Level
from consent.services.diagnosis.installation import Clock
from tests.cli.findings import diagnosed, installation_at, levels, sentence
from tests.cli.installations import Home, command, process_environment

YEAR_2000 = 946_684_800_000


def test_a_new_installation_has_no_problem(home: Home) -> None:
    result = home.run("doctor")
    assert result.exit_code == 0, result.output
    findings = home.findings()
    assert {one["level"] for one in findings} == {"ok", "warning", "skipped"}
    assert "No site is published." in sentence(findings, "sites", "published", "warning")
    assert "--url" in sentence(findings, "service", "answers", "skipped")


def test_what_is_not_ok_comes_with_what_to_do(new_home: Home) -> None:
    findings = new_home.findings()
    assert {"ok", "problem"} <= {one["level"] for one in findings}
    for one in findings:
        assert one["found"].endswith("."), one
        assert bool(one["advice"]) == (one["level"] in ("warning", "problem")), one


def test_nothing_is_made_or_changed(new_home: Home) -> None:
    new_home.run("doctor")
    assert not new_home.path.exists()


def test_the_groups_are_headed_and_counted_and_not_coloured_in_a_file(new_home: Home) -> None:
    output = new_home.run("doctor").output
    for group in ("settings", "keys", "clock", "database", "service"):
        assert f"\n{group}\n" in output
    assert "  problem  There is no folder " in output
    assert "           → Run `consent init`.\n" in output
    assert "\x1b" not in output
    assert output.splitlines()[-1].endswith(" problems, 2 skipped")


def test_no_secret_is_printed(home: Home) -> None:
    url = "postgresql://olga:hunter2@127.0.0.1:1/consent?sslpassword=hunter3"
    key = base64.b64encode(b"short").decode()
    for arguments in (("doctor",), ("doctor", "--json")):
        output = home.run(*arguments, CONSENT_DATABASE_URL=url, CONSENT_SIGNING_KEYS=key).output
        texts = [path.read_text().strip() for path in home.keys.iterdir()]
        assert [text for text in ["hunter2", "hunter3", key, *texts] if text in output] == []


# Settings


def test_an_unknown_setting_is_a_problem(home: Home) -> None:
    found = sentence(home.findings(CONSENT_MOUTN="/x"), "settings", "values", "problem")
    assert found.startswith("CONSENT_MOUTN: there is no such setting. ")


def test_a_faulty_database_address_is_a_problem_of_the_settings(home: Home) -> None:
    findings = home.findings(CONSENT_DATABASE_URL="nonsense")
    assert "not a database address" in sentence(findings, "settings", "values", "problem")
    assert levels(findings, "database", "reachable") == ["skipped"]


def test_a_limit_that_is_off_is_a_warning(home: Home) -> None:
    findings = home.findings(CONSENT_WRITES_PER_MINUTE="0")
    assert levels(findings, "settings", "write limit") == ["warning"]


@pytest.mark.parametrize(
    ("proxies", "level"),
    [
        ("", "ok"),
        ("127.0.0.1, 10.0.0.0/8", "ok"),
        ("10.0.0.1,0.0.0.0/0", "problem"),
        ("::/0", "problem"),
    ],
)
def test_trusting_everybody_is_a_problem(home: Home, proxies: str, level: str) -> None:
    findings = home.findings(CONSENT_TRUSTED_PROXIES=proxies)
    assert levels(findings, "settings", "trusted proxies") == [level]


# Keys


def test_a_home_that_others_may_look_into_is_a_problem(home: Home) -> None:
    home.path.chmod(0o755)
    found = sentence(home.findings(), "keys", "home folder", "problem")
    assert f"chmod 700 {home.path}" in found


def test_a_key_folder_that_others_may_look_into_is_a_problem(home: Home) -> None:
    home.keys.chmod(0o750)
    assert levels(home.findings(), "keys", "key folders") == ["problem"]


@pytest.mark.parametrize("name", ["signing.keys", "pseudonym.key", "receipt.pem"])
def test_a_key_that_others_may_read_is_a_problem(home: Home, name: str) -> None:
    (home.keys / name).chmod(0o644)
    found = sentence(home.findings(), "keys", "keys", "problem")
    assert f"others may read {home.keys / name}. Run `chmod 600 " in found


@pytest.mark.parametrize("name", ["signing.keys", "pseudonym.key", "receipt.pem"])
def test_a_lost_key_is_a_problem(home: Home, name: str) -> None:
    (home.keys / name).unlink()
    found = sentence(home.findings(), "keys", "keys", "problem")
    assert f"there is no file {home.keys / name}. Run `consent init`" in found


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("signing.keys", base64.b64encode(b"k" * 31).decode(), "fewer than 32 bytes"),
        ("pseudonym.key", "not base64!", "a line is not base64"),
        ("receipt.pem", "-----BEGIN NOTHING-----", "is not a PKCS#8 PEM private key"),
        ("signing.keys", "", "the list of signing keys is empty"),
    ],
)
def test_what_is_no_key_is_a_problem(home: Home, name: str, content: str, words: str) -> None:
    (home.keys / name).write_text(content)
    assert words in sentence(home.findings(), "keys", "keys", "problem")


def test_a_folder_in_the_place_of_a_key_is_a_problem(home: Home) -> None:
    (home.keys / "receipt.pem").unlink()
    (home.keys / "receipt.pem").mkdir()
    found = sentence(home.findings(), "keys", "keys", "problem")
    assert "cannot be read (IsADirectoryError)" in found


def test_one_key_for_two_uses_is_a_problem(home: Home) -> None:
    shutil.copy(home.keys / "signing.keys", home.keys / "pseudonym.key")
    assert levels(home.findings(), "keys", "different keys") == ["problem"]


def test_keys_in_the_environment_are_judged_too(home: Home) -> None:
    texts = {
        "CONSENT_SIGNING_KEYS": (home.keys / "signing.keys").read_text(),
        "CONSENT_PSEUDONYM_KEY": "é" * 44,
        "CONSENT_RECEIPT_KEY": (home.keys / "receipt.pem").read_text(),
    }
    findings = home.findings(**texts)
    assert levels(findings, "keys", "keys") == ["ok", "problem", "ok", "ok", "ok"]
    assert "in the environment" in sentence(findings, "keys", "keys", "problem")


def test_no_home_is_needed_when_everything_is_elsewhere(home: Home, tmp_path: Path) -> None:
    secrets = {
        f"{setting}_FILE": str(home.keys / name)
        for setting, name in (
            ("CONSENT_SIGNING_KEYS", "signing.keys"),
            ("CONSENT_PSEUDONYM_KEY", "pseudonym.key"),
            ("CONSENT_RECEIPT_KEY", "receipt.pem"),
            ("CONSENT_LOG_KEY", "log.pem"),
            ("CONSENT_CLOCK_KEY", "clock.pem"),
        )
    }
    elsewhere = Home(tmp_path / "nowhere")
    findings = elsewhere.findings(CONSENT_DATABASE_URL=f"sqlite:///{home.database}", **secrets)
    assert levels(findings, "keys", "home folder") == ["ok"]
    assert levels(findings, "keys", "keys") == ["ok"] * 5


# Clock


@pytest.mark.parametrize("now", [YEAR_2000, 99 * 365 * 86_400_000 * 2])
def test_a_year_that_cannot_be_is_a_problem(home: Home, now: int) -> None:
    found = diagnosed(installation_at(home, clock=Clock(lambda: now, now_ms)), "clock")
    assert found["year"].level is Level.PROBLEM


def test_a_clock_that_jumps_is_a_problem(home: Home) -> None:
    moments = iter(range(now_ms(), now_ms() + 10**9, 60_000))
    found = diagnosed(installation_at(home, clock=Clock(lambda: next(moments), now_ms)), "clock")
    assert found["steadiness"].level is Level.PROBLEM
    assert "jumped by" in found["steadiness"].found


@pytest.mark.slow
def test_levels_are_coloured_on_a_terminal_only(home: Home) -> None:
    """A pseudo-terminal is a terminal."""

    def on_screen(environ: dict[str, str]) -> str:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            command("doctor"), env=process_environment(home.environ | environ), stdout=theirs
        )
        os.close(theirs)
        screen = read_all(ours)
        os.close(ours)
        assert process.wait(timeout=60) == 0
        return screen

    assert "\x1b[32mok" in on_screen({})
    assert "\x1b" not in on_screen({"NO_COLOR": "1"})


def read_all(descriptor: int) -> str:
    """Read a pseudo-terminal to its end, which Linux tells as an error."""
    screen = b""
    with suppress(OSError):
        while chunk := os.read(descriptor, 4096):
            screen += chunk
    return screen.decode()
