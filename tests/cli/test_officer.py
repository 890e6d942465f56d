"""`consent officer`: tokens are shown once; who may see what is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from consent.cli import main
from consent.services.keys import make_key_files
from consent.services.publishing import propose, publish
from tests.make import make_site, make_site_text

NOW = 1_790_000_000_000


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    make_key_files(tmp_path / "keys")
    engine = create_engine(database_url)
    with Session(engine) as session:
        for site in ("programme", "library"):
            text = make_site_text(site_id=site, origin=f"https://{site}.example")
            publish(session, propose(session, make_site(text=text, log_name=site)), now=NOW)
    engine.dispose()
    return {"CONSENT_HOME": str(tmp_path), "CONSENT_DATABASE_URL": database_url}


def consent(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment)


def test_adding_prints_the_token_alone_and_a_warning_beside_it(
    environment: dict[str, str],
) -> None:
    result = consent(environment, "officer", "add", "Olga", "--site", "programme")
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"cnst_[\w-]{43}\n", result.stdout)
    assert "not shown again" in result.stderr


def test_officers_are_listed_with_their_sites_and_state(environment: dict[str, str]) -> None:
    token = consent(
        environment, "officer", "add", "Olga", "--site", "programme", "--site", "library"
    ).stdout
    consent(environment, "officer", "add", "Chief", "--all-sites")
    assert consent(environment, "officer", "revoke", "Olga").exit_code == 0
    result = consent(environment, "officer", "list")
    chief, olga = result.stdout.splitlines()
    assert re.fullmatch(r"Chief\tall sites: officer\tadded \S+Z\tactive", chief)
    assert re.fullmatch(
        r"Olga\tprogramme: officer; library: officer\tadded \S+Z\trevoked \S+Z", olga
    )
    assert token.strip() not in result.output


@pytest.mark.parametrize("options", [[], ["--site", "programme", "--all-sites"]])
def test_the_sites_have_to_be_named_one_way(
    environment: dict[str, str], options: list[str]
) -> None:
    result = consent(environment, "officer", "add", "Olga", *options)
    assert result.exit_code == 2
    assert "name the sites with --site, or give --all-sites" in result.stderr


def test_faults_are_one_sentence(environment: dict[str, str]) -> None:
    consent(environment, "officer", "add", "Olga", "--all-sites")
    again = consent(environment, "officer", "add", "Olga", "--all-sites")
    assert (again.exit_code, again.stderr) == (
        1, "Error: there is already an officer named 'Olga'\n",
    )  # fmt: skip
    unknown = consent(environment, "officer", "revoke", "Otto")
    assert (unknown.exit_code, unknown.stderr) == (
        1, "Error: there is no officer named 'Otto' with access\n",
    )  # fmt: skip


def test_a_site_that_there_is_not_is_refused_with_those_there_are(
    environment: dict[str, str],
) -> None:
    result = consent(environment, "officer", "add", "Olga", "--site", "programme", "--site", "nope")
    assert result.exit_code == 1
    assert result.stderr == "Error: there is no site 'nope'; there are library, programme\n"
    assert consent(environment, "officer", "list").stdout == ""


CONSOLE = {"CONSENT_CONSOLE_ORIGIN": "https://console.example"}


def test_inviting_prints_the_link_alone_and_whom_it_is_for(environment: dict[str, str]) -> None:
    result = consent(
        environment | CONSOLE, "officer", "invite", "Olga", "--role", "auditor",
        "--role", "publisher", "--site", "programme", "--email", "olga@university.example",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"https://console\.example/console/invitation/[\w-]{43}\n", result.stdout)
    assert "Give this link to Olga only: it works once, until " in result.stderr
    listed = consent(environment, "officer", "list").stdout
    assert listed.startswith("Olga\tprogramme: auditor, publisher\t")


def test_an_invitation_needs_a_console_and_a_role(environment: dict[str, str]) -> None:
    arguments = ("officer", "invite", "Olga", "--all-sites")
    without = consent(environment, *arguments, "--role", "auditor")
    assert (without.exit_code, without.stderr) == (
        1, "Error: there is no console: set CONSENT_CONSOLE_ORIGIN first\n",
    )  # fmt: skip
    assert consent(environment | CONSOLE, *arguments).exit_code == 2
    assert consent(environment, "officer", "list").stdout == ""


def test_roles_are_given_site_by_site(environment: dict[str, str]) -> None:
    consent(environment, "officer", "add", "Olga", "--all-sites")
    more = consent(
        environment, "officer", "role", "Olga", "--role", "publisher", "--site", "library"
    )
    assert more.stdout == "Olga: all sites: officer; library: publisher\n"
    less = consent(environment, "officer", "role", "Olga", "--all-sites")
    assert less.stdout == "Olga: library: publisher\n"
    none = consent(environment, "officer", "role", "Olga", "--site", "library")
    assert (none.exit_code, none.stderr) == (
        1, "Error: a person needs at least one role on one site\n",
    )  # fmt: skip
    assert consent(environment, "officer", "role", "Otto", "--all-sites").exit_code == 1


def test_a_reset_prints_a_new_link_and_ends_the_old(environment: dict[str, str]) -> None:
    first = consent(
        environment | CONSOLE, "officer", "invite", "Olga", "--role", "officer", "--all-sites"
    )
    second = consent(environment | CONSOLE, "officer", "reset-sign-in", "Olga")
    assert second.exit_code == 0
    assert second.stdout.startswith("https://console.example/console/invitation/")
    assert second.stdout != first.stdout
    assert consent(environment, "officer", "sessions", "Olga", "--end").stdout == (
        "Sessions ended: 0.\n"
    )
