"""`consent test-cookie`: what it prints puts a browser into a state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from consent.cli import main
from consent.services.clock import now_ms
from consent.services.keys import make_key_files
from consent.services.publishing import propose, publish
from tests.make import make_site

pytestmark = pytest.mark.legal("AE-14")


@pytest.fixture
def environment(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    make_key_files(tmp_path / "keys")
    with Session(create_engine(sqlite_url)) as session:
        publish(session, propose(session, make_site()), now=now_ms())
    return {"CONSENT_HOME": str(tmp_path), "CONSENT_DATABASE_URL": sqlite_url}


def minted(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["test-cookie", "programme", *arguments], env=environment)


def test_a_header_is_printed_for_people(environment: dict[str, str]) -> None:
    result = minted(environment, "refused")
    assert result.exit_code == 0, result.output
    name, _, rest = result.output.partition("=")
    assert name == "__Host-consent"
    assert "functional-0_personalisation-0_ads-0" in rest
    assert rest.rstrip().endswith("Path=/; Max-Age=15552000; SameSite=Lax; Secure")


def test_parts_are_printed_for_programs(environment: dict[str, str]) -> None:
    cookie = json.loads(minted(environment, "partial", "--allow", "ads", "--json").stdout)
    assert "functional-0_personalisation-0_ads-1" in cookie["value"]
    assert cookie["secure"] is True
    assert cookie["domain"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("partial",), "--allow goes with partial"),
        (("accepted", "--allow", "ads"), "--allow goes with partial"),
        (("maybe",), "'maybe' is not one of 'accepted', 'refused', 'partial', 'expired'"),
        (("partial", "--allow", "seo"), "seo"),
    ],
)
def test_what_is_wrong_is_said(
    environment: dict[str, str], arguments: tuple[str, ...], said: str
) -> None:
    result = minted(environment, *arguments)
    assert result.exit_code != 0
    assert said in result.output


def test_a_site_that_there_is_not_is_said(environment: dict[str, str]) -> None:
    result = CliRunner().invoke(main, ["test-cookie", "other", "refused"], env=environment)
    assert result.exit_code == 1
    assert "there is no site 'other'" in result.output
