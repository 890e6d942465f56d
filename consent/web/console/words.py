"""The console's words, and whose language they are in.

The catalogue has one file per area, `consent/locales/console/<language>/<area>.json`.
"""

from __future__ import annotations

from consent.core.texts import parse_accept_language, pick_language
from consent.core.words import DEFAULT, LANGUAGES, load_words
from consent.core.words import Words as ConsoleWords

__all__ = ["DEFAULT", "LANGUAGES", "ConsoleWords", "console_words", "language_for"]


def console_words(language: str) -> ConsoleWords:
    """Return the words of one of LANGUAGES."""
    return load_words("console", language)


def language_for(own: str | None, accept_language: str) -> str:
    """Return the language somebody chose, or else the one the browser asks for."""
    if own is not None and own in LANGUAGES:
        return own
    return pick_language(parse_accept_language(accept_language), list(LANGUAGES), DEFAULT)
