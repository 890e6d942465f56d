"""`consent processing-record` drafts an entry of the controller's register."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.installations import Home
from tests.make import make_site_text


@pytest.mark.legal("RP-18")
def test_the_record_of_a_published_site_is_printed(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "programme.toml"
    path.write_text(make_site_text())
    assert home.run("publish", path, "--yes", "--no-pictures").exit_code == 0
    result = home.run("processing-record", "programme")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# Record of processing: proof of cookie choices on ")
    assert "## Time limits (f)" in result.stdout


def test_an_unknown_site_is_refused_and_the_known_are_named(home: Home) -> None:
    result = home.run("processing-record", "nope")
    assert result.exit_code == 1
    assert "there is no site 'nope'; published are: none" in result.output
