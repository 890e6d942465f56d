"""Words, sentences and small letters are found in any script."""

from __future__ import annotations

import pytest

from consent.core.letters import count_words, folded, lower_case, pieces, sentences, words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two 1.5? Three!", ["One", "Two 1.5", "Three"]),
        ("Dit is “zo.” Echt waar.", ["Dit is “zo", "Echt waar"]),
        ("您可以拒绝。您可以同意！", ["您可以拒绝", "您可以同意"]),
        ("هل توافق؟ نعم.", ["هل توافق", "نعم"]),
        ("Συμφωνείτε; Ναι.", ["Συμφωνείτε", "Ναι"]),
        ("One; two.", ["One; two"]),
        ("", []),
    ],
)
def test_a_sentence_ends_as_its_script_marks_it(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_words_are_set_off_by_blanks() -> None:
    assert words("L’app n’est pas prête, re-check it_now") == [
        "L’app", "n’est", "pas", "prête", "re-check", "it", "now",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Cookies: your choice", 3),
        ("您可以随时更改偏好设置", 6),
        ("Cookie 政策", 2),
        ("คุกกี้", 4),
        ("", 0),
    ],
)
def test_words_without_blanks_are_counted_by_their_signs(text: str, count: int) -> None:
    assert count_words(text) == count


def test_turkish_has_two_letters_i() -> None:
    assert lower_case("tr", "TANITIM İZNİ") == "tanıtım izni"
    assert lower_case("en", "TIE") == "tie"
    assert folded("tr", "İzin") == folded("tr", "izin") != folded("tr", "ızın")


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("ar", "مُوصًى بِهِ", "موصى به"),
        ("ar", "أفضـــل", "افضل"),
        ("el", "ΣΥΝΙΣΤΑΤΑΙ", "συνιστάται"),
        ("de", "STRASSE", "Straße"),
        ("fr", "expe\u0301rience", "expérience"),
        ("zh", "ＯＫ", "ok"),
    ],
)
def test_two_spellings_of_a_word_are_equal(language: str, one: str, other: str) -> None:
    assert folded(language, one) == folded(language, other)


def test_accents_that_change_a_word_stay() -> None:
    assert folded("sv", "för") != folded("sv", "for")
    assert folded("fr", "ou") != folded("fr", "où")


def test_each_sign_of_a_script_without_blanks_is_a_piece() -> None:
    assert pieces("zh", "点击OK继续") == " 点 击 ok 继 续 "
    assert pieces("en", "don’t look") == " don t look "
