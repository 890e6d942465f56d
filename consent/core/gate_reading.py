"""How hard a text is to read, held against the catalogue's own plain texts in that language.

The measure is LIX (Björnsson, 1968): words per sentence, plus the percentage of words of more
than six letters. It asks for no list of words and no syllables, so that it works in any script
with spaces; without spaces it is the length of sentences. Its level differs by language: the same
catalogue has 24 in Swedish and 60 in Turkish. So a text is compared with its own language only.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from consent.core.catalogue import load_catalogue
from consent.core.letters import count_words, sentences, words
from consent.core.texts import without_placeholders

MAX_LIX_ABOVE = 15  # the steps by which LIX tells levels apart are ten

_LONG_WORD = 7  # letters
_FIRST_LAYER = ("banner.title", "banner.intro", "banner.withdraw")
_CATEGORY_PARTS = (".label", ".description")


def lix(texts: Iterable[str]) -> float:
    """Return the LIX of running texts; 0 if there are no words."""
    parts = [sentence for text in texts for sentence in sentences(text)]
    count = sum(count_words(part) for part in parts)
    long = sum(len(word) >= _LONG_WORD for part in parts for word in words(part))
    return count / len(parts) + 100 * long / count if count else 0.0


@cache
def usual_lix(language: str) -> float:
    """Return the LIX of the catalogue's own first layer, which is written for level B1."""
    return lix(
        without_placeholders(text)
        for key, text in load_catalogue(language).items()
        if key in _FIRST_LAYER or (key.startswith("category.") and key.endswith(_CATEGORY_PARTS))
    )
