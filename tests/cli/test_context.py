"""What every command shares: errors are sentences, help is there, settings are read."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from consent.cli import main
from consent.cli.context import Commands, open_app, require_free_port
from consent.errors import ConfigurationError, ConsentError, NotFoundError
from consent.store.database import db
from tests.cli.installations import (
    Home,
    clean_environment,
    command,
    process_environment,
    run_process,
)
from tests.ports import free_port


@pytest.mark.parametrize(
    "error",
    [ConsentError("it went wrong"), NotFoundError("no such thing"), ConfigurationError(["a", "b"])],
)
def test_an_error_of_ours_is_a_sentence_and_exit_code_1(error: ConsentError) -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 1
    assert result.output == f"Error: {error}\n"


def test_an_error_of_python_is_not_hidden() -> None:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["fail"]).exception, ZeroDivisionError)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_help_that_opens_with_a_sentence(name: str) -> None:
    for flag in ("-h", "--help"):
        result = CliRunner().invoke(main, [name, flag])
        assert result.exit_code == 0
    help_text = main.commands[name].help
    assert help_text is not None
    assert help_text.split("\n\n")[0].endswith(".")


def test_an_application_is_open_only_inside_the_block(home: Home) -> None:
    with clean_environment(home.environ), open_app() as app:
        assert app.name == "consent.app"
        assert db.engine.dialect.name == "sqlite"
    with pytest.raises(RuntimeError, match="outside of application context"):
        _ = db.engine


def test_a_free_port_is_let_through() -> None:
    require_free_port("127.0.0.1", free_port())
    require_free_port("::1", free_port())


def test_the_package_is_a_program_as_well() -> None:
    ended = run_process(command("--help"), process_environment({}))
    assert ended.returncode == 0
    assert ended.stdout.startswith("Usage: consent [OPTIONS] COMMAND")


def test_what_is_no_port_is_told_in_a_sentence(home: Home) -> None:
    for value in ("abc", "0", "65536"):
        result = home.run("serve", PORT=value)
        assert result.exit_code == 2
        assert f"'{value}' is not a port: give a number from 1 to 65535." in result.output
