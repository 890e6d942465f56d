"""`consent document` makes documents for the controller's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.cli.installations import Home
from tests.make import make_site_text


@pytest.mark.legal("RP-18", "SL-12")
def test_the_documents_of_a_published_site_are_printed(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "programme.toml"
    path.write_text(make_site_text())
    assert home.run("publish", path, "--yes", "--no-pictures").exit_code == 0
    record = home.run("document", "programme", "record")
    assert record.exit_code == 0, record.output
    assert record.stdout.startswith("# Record of processing activities: ")
    assert "*Article 30(1)(f) GDPR*" in record.stdout
    page = home.run("document", "programme", "privacy", "--language", "nl", "--format", "html")
    soup = BeautifulSoup(page.stdout, "html.parser")
    assert soup.html is not None
    assert soup.html["lang"] == "nl"
    assert soup.find_all(["script", "img", "link"]) == []
    assert len(soup.find_all("mark")) == 2
    note = json.loads(home.run("document", "programme", "assessment", "--format", "json").stdout)
    assert (note["document"], note["blanks"]) == ("assessment", 7)


def test_an_unknown_site_is_refused_and_the_known_are_named(home: Home) -> None:
    result = home.run("document", "nope", "record")
    assert result.exit_code == 1
    assert "there is no site 'nope'; published are: none" in result.output
