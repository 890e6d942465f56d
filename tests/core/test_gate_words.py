"""The gate's lists know the catalogue's labels, whole words, and vendors by their exact signs."""

from __future__ import annotations

import pytest

from consent.core.gate_words import LABELS, sentences, steering_phrases
from consent.core.texts import LANGUAGES, load_catalogue
from consent.core.vendors import vendor_sign
from tests.make import make_tracker


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labels_of_the_catalogue_are_the_first_that_are_allowed(language: str) -> None:
    catalogue = load_catalogue(language)
    for button, labels in LABELS[language].items():
        assert catalogue[f"button.{button}"] == labels[0]


@pytest.mark.parametrize("text", ["Booking a look", "Cookies are optional", "inbegrepen"])
def test_parts_of_words_do_not_steer(text: str) -> None:
    assert not [*steering_phrases("en", text), *steering_phrases("nl", text)]


def test_a_sentence_ends_with_a_mark_before_a_blank() -> None:
    assert sentences("One. Two 1.5? Three!") == ["One", "Two 1.5", "Three"]


@pytest.mark.parametrize("name", ["game", "bingo_session", "ide_settings"])
def test_a_name_that_only_looks_alike_is_no_vendor(name: str) -> None:
    assert vendor_sign(make_tracker(name=name), "Some Company") is None
