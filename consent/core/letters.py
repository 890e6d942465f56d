"""Letters and words of any script: what counts as a word, and where a sentence ends."""

from __future__ import annotations

import re
import unicodedata

# Scripts written without spaces: Thai, Lao, Burmese, Khmer; Japanese, and Chinese with its
# extensions. Each of their signs is matched by itself.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_SIGN = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(f"(?:(?![{_UNSPACED}])[^\\W_])+(?:['’-](?:(?![{_UNSPACED}])[^\\W_])+)*")
_PIECE = re.compile(f"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\\W_])+")

# A blank ends a sentence after a Latin mark, since "1.5" has one too; Greek asks with ";".
_SENTENCE_END = re.compile(
    r"[.!?؟]+(?:[\s»”’\"')\]]+|$)|[。！？।]+[”’」』]?|[;;](?=\s+[Ͱ-Ͽἀ-῿]|\s*$)"
)

# Marks that a writer may leave out: Arabic vowels and the lengthening stroke, accents of Greek,
# which capitals do not have.
_OPTIONAL_MARK = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670]|(?<=[\u0370-\u03ff])[\u0300\u0301]"
)
_DOTLESS = ("tr", "az")  # their capital I is ı, and the capital of i is İ

# How many signs of Chinese say as much as one English word, measured on the catalogue.
SIGNS_PER_WORD = 1.7


def lower_case(language: str, text: str) -> str:
    """Return a text in the small letters of its language."""
    if language.partition("-")[0] in _DOTLESS:
        text = text.replace("I", "ı").replace("İ", "i")
    return text.lower()


def folded(language: str, text: str) -> str:
    """Return a text so that two spellings of the same words are equal."""
    small = unicodedata.normalize("NFKD", lower_case(language, text).casefold())
    return unicodedata.normalize("NFC", _OPTIONAL_MARK.sub("", small))


def pieces(language: str, text: str) -> str:
    """Return the words of a text, and each sign of a script without spaces, between blanks.

    A phrase is in a text if its pieces are in the text's: "ok" is in "点击OK继续", not in "look".
    """
    return f" {' '.join(_PIECE.findall(folded(language, text)))} "


def words(text: str) -> list[str]:
    """Return the words of a text that are set off by spaces."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def count_words(text: str) -> int:
    """Return how long a text is in words; where words have no spaces, by the number of signs."""
    return len(words(text)) + round(len(_SIGN.findall(text)) / SIGNS_PER_WORD)


def sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
