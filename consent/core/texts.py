"""Filling in the texts of the catalogue, and choosing the language they are shown in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

# Filled in when a notice is made, from what the site offers and how it names its buttons.
# The other placeholders are filled in when a text is shown.
SITE_PLACEHOLDERS = frozenset(
    {"uses", "gpc", "accept_all", "refuse_all", "choose", "withdraw_all", "control"}
)

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_LANGUAGE_RANGE = re.compile(r"\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*")
_MAX_RANGES = 32  # a browser sends a handful


def placeholders(text: str) -> frozenset[str]:
    """Return the names a text has in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def without_placeholders(text: str) -> str:
    return _PLACEHOLDER.sub("", text)


def render(text: str, **values: object) -> str:
    """Return the text with its placeholders filled in; raise ValueError if a value is missing.

    What is filled in is never searched for placeholders again.
    """
    missing = sorted(placeholders(text) - values.keys())
    if missing:
        raise ValueError(f"the text {text!r} needs a value for: {', '.join(missing)}")
    return render_some(text, values)


def render_some(text: str, values: Mapping[str, object]) -> str:
    """Return the text with those placeholders filled in that `values` names."""

    def fill(match: re.Match[str]) -> str:
        return str(values.get(match[1], match[0]))

    return _PLACEHOLDER.sub(fill, text)


def pick_language(wanted: Sequence[str], offered: Sequence[str], default: str) -> str:
    """Return the offered tag that serves best, by the lookup of RFC 4647, section 3.4."""
    by_lower_case = {tag.lower(): tag for tag in offered}
    for language_range in wanted:
        for tag in _shorter_and_shorter(language_range.lower()):
            if tag in by_lower_case:
                return by_lower_case[tag]
    return default


def parse_accept_language(header: str) -> list[str]:
    """Return the language ranges of an Accept-Language header, most wanted first.

    By RFC 9110, section 12.5.4. What is malformed or has weight 0 is left out; never raises.
    """
    weighted: list[tuple[float, str]] = []
    for part in header.split(",", _MAX_RANGES)[:_MAX_RANGES]:
        language_range, semicolon, parameter = part.strip(" \t").partition(";")
        weight = _WEIGHT.fullmatch(parameter) if semicolon else None
        if semicolon and weight is None:
            continue
        quality = float(weight[1]) if weight else 1.0
        if quality > 0 and _LANGUAGE_RANGE.fullmatch(language_range.rstrip(" \t")):
            weighted.append((quality, language_range.rstrip(" \t")))
    weighted.sort(key=lambda item: -item[0])
    return [language_range for _, language_range in weighted]


def _shorter_and_shorter(tag: str) -> Iterator[str]:
    """Yield nl-latn-x-be, nl-latn, nl: a single letter goes with what follows it."""
    subtags = tag.split("-")
    while subtags:
        yield "-".join(subtags)
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()
