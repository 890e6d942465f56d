"""`consent publish` of a site that asks for approval, and `consent proposal`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.installations import Home
from tests.make import make_site_text

CONSOLE = {"CONSENT_CONSOLE_ORIGIN": "https://console.example"}


@pytest.fixture
def site_file(home: Home, tmp_path: Path) -> Path:
    """The file of a site that is published and asks for one approval from then on."""
    path = tmp_path / "programme.toml"
    path.write_text(make_site_text(extra="[publishing]\napprovals = 1\n"))
    result = home.run("publish", path, "--yes", "--no-pictures")
    assert "From the next version on, approval in the console is needed: 1 person." in result.output
    assert "Published programme" in result.output
    return path


def change(path: Path) -> None:
    path.write_text(path.read_text().replace("Campus Map", "Map of the Campus"))


def test_a_proposal_is_stored_in_place_of_publishing(home: Home, site_file: Path) -> None:
    change(site_file)
    dry = home.run("publish", site_file, "--dry-run")
    assert "Needs approval in the console: 1 person." in dry.output
    assert "Nothing waits for approval." in home.run("proposal", "list").output
    result = home.run("publish", site_file, "--yes", "--comment", "Their new name.", **CONSOLE)
    assert result.exit_code == 0, result.output
    assert "Proposed, not published: programme, proposal " in result.output
    told = "To approve: https://console.example/console/sites/programme/notices"
    assert told in result.output
    assert "Only 0 can approve it now" in result.output
    assert "Pictures of the notice: text only" in result.output
    assert "Published programme" not in result.output
    [line] = home.run("proposal", "list").output.splitlines()
    assert line.endswith("\t0 of 1 approvals")
    again = home.run("publish", site_file, "--yes", "--no-pictures")
    assert "Proposed already, not published" in again.output
    assert "There is no console to approve it in" in again.output


def test_it_asks_whether_to_propose(home: Home, site_file: Path) -> None:
    change(site_file)
    refused = home.run("publish", site_file, stdin="n\n")
    assert "Propose this? [y/N]" in refused.output
    assert refused.exit_code == 1
    assert "Nothing waits" in home.run("proposal", "list").output


def test_a_proposal_is_withdrawn_by_its_digest(home: Home, site_file: Path) -> None:
    change(site_file)
    home.run("publish", site_file, "--yes", "--no-pictures")
    digest = home.run("proposal", "list").output.split("\t")[1]
    assert "0 proposals that wait begin with" in home.run("proposal", "withdraw", "xyz").output
    result = home.run("proposal", "withdraw", digest[:12])
    assert (result.exit_code, result.output) == (0, f"Withdrawn: programme, proposal {digest}\n")
    assert home.run("proposal", "list").output == "Nothing waits for approval.\n"
    assert home.run("proposal", "list", "--all").output.endswith("\twithdrawn\n")


def test_who_proposes_can_be_named_and_must_be_known(home: Home, site_file: Path) -> None:
    change(site_file)
    unknown = home.run("publish", site_file, "--yes", "--by", "Nobody")
    assert unknown.exit_code == 1
    assert "there is no officer named 'Nobody'" in unknown.output
    home.run("officer", "invite", "Paula", "--role", "publisher", "--site", "programme", **CONSOLE)
    result = home.run("publish", site_file, "--yes", "--no-pictures", "--by", "Paula")
    assert "Only 0 can approve it now" in result.output  # the one who may is who proposed it
    assert "\tPaula\t" in home.run("proposal", "list").output
