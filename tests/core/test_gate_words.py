"""The gate's lists know the catalogue's labels, whole words, and vendors by their exact signs."""

from __future__ import annotations

import pytest

from consent.core.catalogue import LANGUAGES, load_language
from consent.core.gate_words import is_for_minors, speaks_of_withdrawal, steering_phrases
from consent.core.vendors import vendor_sign
from tests.make import make_tracker


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labels_of_the_catalogue_are_the_first_that_are_allowed(language: str) -> None:
    catalogue = load_language(language)
    for button, labels in catalogue.gate.labels.items():
        assert catalogue.texts[f"button.{button}"] == labels[0]


@pytest.mark.parametrize("text", ["Booking a look", "Cookies are optional", "inbegrepen"])
def test_parts_of_words_do_not_steer(text: str) -> None:
    assert not [*steering_phrases("en", text), *steering_phrases("nl", text)]


@pytest.mark.legal("BF-12", "BF-19")
@pytest.mark.parametrize(
    ("language", "text", "phrase"),
    [
        ("en", "Got it!", "got it"),
        ("en", "DON’T worry.", "don't worry"),
        ("fr", "Pour l’expérience optimale", "optimale"),
        ("de", "BESTMÖGLICHE Nutzung", "bestmögliche"),
        ("tr", "TAMAM, kabul", "tamam"),
        ("zh", "点击OK继续", "ok"),
        ("el", "ΔΥΣΤΥΧΩΣ", "δυστυχώς"),
    ],
)
def test_a_phrase_steers_however_it_is_written(language: str, text: str, phrase: str) -> None:
    assert phrase in [found for _, found in steering_phrases(language, text)]


@pytest.mark.legal("BF-19")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_phrases_that_steer_and_finds_each_of_them(language: str) -> None:
    for rule, phrases in load_language(language).gate.steering.items():
        assert phrases, rule
        for phrase in phrases:
            found = [*steering_phrases(language, f"({phrase.upper()}),")]
            assert (rule, phrase) in found or (rule, phrase) in steering_phrases(language, phrase)


@pytest.mark.legal("BF-10")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words_for_withdrawal(language: str) -> None:
    texts = load_language(language).texts
    assert speaks_of_withdrawal(language, texts["banner.withdraw"])
    assert not speaks_of_withdrawal(language, texts["banner.title"])


@pytest.mark.legal("CO-01")
@pytest.mark.parametrize("group", ["kids", "for-kinderen", "escuela", "enfants"])
def test_a_group_for_minors_is_known_in_every_language(group: str) -> None:
    assert is_for_minors(group)


@pytest.mark.parametrize("group", ["skids", "kidsx", "re-schooling"])
def test_a_part_of_a_name_is_not_for_minors(group: str) -> None:
    assert not is_for_minors(group)


@pytest.mark.parametrize("name", ["game", "bingo_session", "ide_settings"])
def test_a_name_that_only_looks_alike_is_no_vendor(name: str) -> None:
    assert vendor_sign(make_tracker(name=name), "Some Company") is None
