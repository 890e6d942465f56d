"""The documentation has every setting, command, option and check, in the program's own words."""

from __future__ import annotations

import re

import click
import pytest

from consent.settings import SECRETS
from consent.settings_table import SETTINGS
from tests.documentation import DOCS, PAGES, commands, help_of, with_parts
from tests.legal_rows import marked_tests, requirements


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_what_comes_from_the_code_is_up_to_date(page: str) -> None:
    assert with_parts(read(page)) == read(page), "run: python -m tests.documentation"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: object) -> None:
    page = read("settings.md")
    for value in (setting.name, setting.default, setting.help):  # type: ignore[attr-defined]
        assert value in page


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_says_that_it_may_come_from_a_file(name: str) -> None:
    assert f"`{name}_FILE`" in read("settings.md")


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=str)
def test_every_command_and_option_is_documented_as_its_help_says(
    name: str, command: click.Command
) -> None:
    page = read("commands.md")
    assert f"## `{name}`\n" in page
    assert help_of(command, name) in page
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]} has no help"
            assert all(option in help_of(command, name) for option in parameter.opts)


def test_no_other_setting_is_mentioned() -> None:
    known = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in SECRETS}
    for page in PAGES:
        assert set(re.findall(r"\bCONSENT_[A-Z_]+", read(page))) <= known


@pytest.mark.legal("AC-16")
def test_the_input_for_an_accessibility_statement_names_a_test_for_every_requirement() -> None:
    marked = marked_tests()
    page = read("accessibility.md")
    for row, requirement in requirements("1.10"):
        assert marked[row], row
        assert f"| {row} | {requirement} | " in page
