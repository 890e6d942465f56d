"""How to check an evidence pack, in each language; the commands are the same in all."""

from __future__ import annotations

from consent.core.words import LANGUAGES
from consent.export.facts import PackFacts
from consent.export.pages import render_page
from consent.export.wording import name_in, others, wording_of

README = "verify/README.md"
_TEMPLATE = "readme.md"


def readmes(facts: PackFacts) -> dict[str, bytes]:
    """Return the files by their names in the pack."""
    return {
        name_in(language, README): render_page(
            _TEMPLATE,
            t=wording_of(language, is_plain=True),
            others=others(language, README),
            statement=name_in(language, "statement.html"),
            facts=facts,
        ).encode()
        for language in LANGUAGES
    }
