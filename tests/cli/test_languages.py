"""`consent languages` and `consent init` tell which texts somebody has read."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.core.catalogue import LANGUAGES, load_language
from tests.cli.installations import Home


@pytest.mark.legal("BF-18")
def test_every_language_is_listed_with_who_has_read_its_texts(home: Home) -> None:
    result = home.run("languages")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == list(LANGUAGES)
    english = next(line for line in lines if line.startswith("en "))
    count = len(load_language("en").texts)
    assert english.split() == ["en", "ltr", "reviewed", str(count), "texts", "English"]
    arabic = next(line for line in lines if line.startswith("ar "))
    assert arabic.split() == ["ar", "rtl", "machine-written", str(count), "texts", "العربية"]


@pytest.mark.legal("BF-18")
def test_who_drafts_a_site_is_told_which_texts_nobody_has_read(home: Home, tmp_path: Path) -> None:
    result = home.run("init", "--name", "Shop", "--languages", "en,de,NL",
                      "--site-file", tmp_path / "shop.toml")  # fmt: skip
    assert result.exit_code == 0, result.output
    [told] = [line for line in result.output.splitlines() if "machine-written" in line]
    assert told.startswith("Our texts in Deutsch (de) are machine-written;")
    assert '#reviewed_languages = ["en", "de", "nl"]' in (tmp_path / "shop.toml").read_text()
