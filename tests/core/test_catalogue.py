"""Every language's file is complete, and equal to the others in what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from consent.core.catalogue import LANGUAGES, load_catalogue, load_language
from consent.core.countries import TRANSFER_BASES
from consent.core.letters import count_words, pieces
from consent.core.model import Control, EventName, Kind, Layer, Role
from consent.core.texts import SITE_PLACEHOLDERS, placeholders
from consent.errors import NotFoundError

_SCRIPT_KEYS = """
banner.title banner.intro banner.withdraw banner.gpc banner.again banner.policy banner.privacy
button.accept_all button.refuse_all button.choose button.save button.close button.withdraw_all
dialog.title dialog.intro dialog.necessary_label dialog.necessary_text dialog.details
control.label embed.blocked embed.load_once embed.allow_always announce.saved announce.saved_gpc
announce.withdrawn announce.kept announce.reload
"""
SCRIPT_KEYS = _SCRIPT_KEYS.split()

LOCALES = Path(__file__).parents[2] / "consent" / "locales"
EUROPEAN_UNION = "bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv"
MORE = "ar tr uk zh"

# Texts that may be as they are in English, with why.
SAME_AS_ENGLISH = {
    "kind.cookie": "Cookie is the word in many languages",
    "kind.script": "Script is the word in many languages",
    "layer.banner": "Banner is the word in several languages",
    "notice.first_layer": "Banner is the word in several languages",
    "notice.picture.build": "script is the word, and the rest is a placeholder",
    "page.archive.digest": "Version is the word in several languages",
    "policy.contact.heading": "Contact is French, Dutch and Romanian too",
    "table.name": "Name is German too",
    "table.role": "Role is Czech too",
    "verify.fact.site": "Site is Turkish too",
    "verify.keys.log": "Log is the word in several languages",
}
_ENGLISH = ("the", "your", "you", "and", "with", "from", "this", "which")
_COUNT = re.compile(r"\{(?:count|recipients)\}")
_COUNT_ALONE = re.compile(r"(?:[(（]|[:：]\s?)\{(?:count|recipients)\}(?:[)）.。]|$)")
_DURATION_ALONE = re.compile(r"[:：]\s?\{(?:\w+_)?duration\}")


def content(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    return found


@pytest.mark.legal("BF-18")
def test_there_is_every_official_language_of_the_union_and_four_more() -> None:
    assert {*EUROPEAN_UNION.split(), *MORE.split()} <= set(LANGUAGES)
    assert LANGUAGES[0] == "en"
    assert {f"{tag}.json" for tag in LANGUAGES} == {
        one.name for one in LOCALES.iterdir() if one.name.endswith(".json")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_has_the_same_parts(language: str) -> None:
    found, model = content(language), content("en")
    assert found.keys() == model.keys()
    assert found["language"].keys() - {"locale", "durations"} == {"name", "direction", "status"}
    assert found["language"]["direction"] in ("ltr", "rtl")
    assert found["language"]["status"] in ("reviewed", "machine")
    for part in ("labels", "steering"):
        assert found["gate"][part].keys() == model["gate"][part].keys()
        assert all(found["gate"][part].values())
    assert found["gate"]["withdrawal"]
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in found["gate"]["minors"])
    assert list(found["texts"]) == list(model["texts"])


def test_only_what_was_read_in_place_is_called_reviewed() -> None:
    assert [tag for tag in LANGUAGES if load_language(tag).is_reviewed] == ["en", "nl"]


@pytest.mark.legal("AC-11")
def test_arabic_is_written_from_the_right() -> None:
    directions = {tag: load_language(tag).direction for tag in ("ar", "en", "zh")}
    assert directions == {"ar": "rtl", "en": "ltr", "zh": "ltr"}


@pytest.mark.legal("BF-18")
@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_no_english_is_left(language: str) -> None:
    english = load_catalogue("en")
    for key, text in load_catalogue(language).items():
        if text == english[key]:
            assert key in SAME_AS_ENGLISH, text
            assert count_words(text) <= 3
        said = pieces("en", text)
        assert [word for word in _ENGLISH if f" {word} " in said] == [], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_stands_before_what_is_counted(language: str) -> None:
    """A noun after a number has up to six forms; numbers stand alone, amounts of time are made."""
    for key, text in load_catalogue(language).items():
        if _COUNT.search(text):
            assert _COUNT_ALONE.search(text), (key, text)
        if re.search(r"duration\}", text):
            assert len(_DURATION_ALONE.findall(text)) == text.count("duration}"), (key, text)


@pytest.mark.legal("BF-18")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_no_blank_text(language: str) -> None:
    catalogue = load_catalogue(language)
    assert catalogue.keys() == load_catalogue("en").keys()
    assert [key for key, text in catalogue.items() if not text.strip()] == []


@pytest.mark.legal("BF-18")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_placeholders(language: str) -> None:
    english = load_catalogue("en")
    for key, text in load_catalogue(language).items():
        assert placeholders(text) == placeholders(english[key]), key
        assert not set(re.sub(r"\{[a-z_]+\}", "", text)) & set("{}"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_script_shows_is_there(language: str) -> None:
    catalogue = load_catalogue(language)
    assert set(SCRIPT_KEYS) <= catalogue.keys()
    shown_later = {
        key: placeholders(catalogue[key]) - SITE_PLACEHOLDERS
        for key in SCRIPT_KEYS
        if placeholders(catalogue[key]) - SITE_PLACEHOLDERS
    }
    assert shown_later == {
        "banner.intro": {"controller"},
        "banner.policy": {"recipients"},
        "embed.blocked": {"provider", "category"},
        "embed.allow_always": {"category"},
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_closed_list_has_its_words(language: str) -> None:
    keys = load_catalogue(language).keys()
    assert {f"kind.{kind}" for kind in Kind} <= keys
    assert {f"role.{role}" for role in Role} <= keys
    assert {f"event.{event}" for event in EventName} <= keys
    assert {f"act.{control}" for control in Control} <= keys
    assert {f"layer.{layer}" for layer in Layer} <= keys
    assert {f"transfer.{basis}" for basis in TRANSFER_BASES} <= keys


def test_dutch_does_not_call_functional_what_is_exempt_there() -> None:
    assert load_catalogue("nl")["category.functional.label"] == "Voorkeuren"
    for key, text in load_catalogue("nl").items():
        assert "functionele cookies" not in text.lower(), key


def test_a_language_not_offered_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no texts in 'xx'; there are: en, "):
        load_catalogue("xx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_articles_and_sizes_are_the_same_in_every_language(language: str) -> None:
    english = load_catalogue("en")
    for key, text in load_catalogue(language).items():
        assert sorted(re.findall(r"\d+", text)) == sorted(re.findall(r"\d+", english[key])), key
