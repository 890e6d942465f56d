"""The console's words: the same keys in each language, every one used, and none missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import consent
from consent.core.texts import placeholders
from consent.web.console.words import LANGUAGES, console_words, language_for

ROOT = Path(consent.__file__).parent
LOCALES = ROOT / "locales" / "console"
SOURCES = [
    *(ROOT / "templates" / "console").rglob("*.html"),
    *(ROOT / "web" / "console").rglob("*.py"),
]
_KEY = re.compile(r"""["']([a-z_]+\.[a-z0-9_.]+)["']""")
_PREFIX = re.compile(
    r"""["']([a-z_]+\.(?:[a-z0-9_]+\.)*)["'] ~|f["']([a-z_]+\.(?:[a-z0-9_]+\.)*)\{"""
)


def test_each_language_has_the_same_keys_and_placeholders() -> None:
    english = console_words("en").texts
    for language in LANGUAGES:
        texts = console_words(language).texts
        assert texts.keys() == english.keys(), language
        for key, text in texts.items():
            assert placeholders(text) == placeholders(english[key]), (language, key)
            assert text.strip() == text != "", (language, key)


def test_each_key_stands_in_the_file_of_its_area_once() -> None:
    for file in LOCALES.glob("*/*.json"):
        pairs = json.loads(file.read_text("utf-8"), object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert len(set(keys)) == len(keys), file
        assert {key.partition(".")[0] for key in keys} == {file.stem}, file


def test_every_text_is_used_and_every_text_used_is_there() -> None:
    """Keys stand whole in the sources, or as a prefix that is completed: `"role." ~ role`."""
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    named = set(_KEY.findall(source))
    prefixes = {one for pair in _PREFIX.findall(source) for one in pair if one}
    texts = console_words("en").texts
    unused = [
        key
        for key in texts
        if key not in named
        and re.sub(r"\.(one|other)$", "", key) not in named
        and not key.startswith(tuple(prefixes))
    ]
    assert unused == []
    called = re.findall(r"""\bt(?:\.count)?\(\s*["']([a-z_]+\.[a-z0-9_.]+)["']\s*[,)]""", source)
    said = re.findall(r"""(?:words|say)\(\s*["']([a-z_]+\.[a-z0-9_.]+)["']""", source)
    written = {*called, *said}
    missing = [key for key in written if key not in texts and f"{key}.other" not in texts]
    assert missing == []


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    english, dutch = console_words("en"), console_words("nl")
    assert (english.number(41233), dutch.number(41233)) == ("41,233", "41.233")
    assert (english.percent(0.37), dutch.percent(0.37)) == ("37%", "37%")
    assert english.moment(1_795_446_240_000) == "23 November 2026, 15:04 UTC"
    assert dutch.date(1_795_446_240_000) == "23 november 2026"
    assert english.count("codes.left", 1) == "You have 1 recovery code left."
    assert english.count("codes.left", 1000) == "You have 1,000 recovery codes left."


@pytest.mark.parametrize(
    ("own", "header", "language"),
    [("nl", "en", "nl"), (None, "nl-BE, en", "nl"), (None, "de, en;q=0.5", "en"), (None, "", "en"),
     ("xx", "nl", "nl"), (None, ";;;", "en")],
)  # fmt: skip
def test_the_language_is_ones_own_or_the_browsers(
    own: str | None, header: str, language: str
) -> None:
    assert language_for(own, header) == language
