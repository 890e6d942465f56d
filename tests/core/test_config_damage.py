"""However a site's file is damaged, it loads or its faults are told, each with a line."""

from __future__ import annotations

import random
import re
import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.config import load_site
from consent.errors import ConfigurationError
from tests.make import make_site_text

GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), garbage=GARBAGE)
def test_any_change_of_a_file_loads_or_is_a_fault_with_a_line(seed: int, garbage: Any) -> None:
    values = tomllib.loads(make_site_text(extra='[texts.en]\n"banner.title" = "Cookies"\n'))
    randomly = random.Random(seed)  # noqa: S311 - picks what to break
    holder: Any = values
    while True:
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = randomly.choice(keys)
        if not isinstance(holder[key], dict | list) or not holder[key] or randomly.random() < 0.2:
            break
        holder = holder[key]
    if garbage is None:
        del holder[key]
    else:
        holder[key] = garbage
    assert_loads_or_tells(written(values))


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, 4000), length=st.integers(0, 40), put=st.text(max_size=8))
def test_any_damage_to_a_file_loads_or_is_a_fault_with_a_line(
    cut: int, length: int, put: str
) -> None:
    text = make_site_text()
    assert_loads_or_tells(text[:cut] + put + text[cut + length :])


def assert_loads_or_tells(text: str) -> None:
    try:
        load_site(text, "site.toml")
    except ConfigurationError as error:
        last = text.count("\n") + 1
        for fault in error.faults:
            match = re.match(r"site\.toml:([0-9]+): ", fault)
            assert match, fault
            assert 1 <= int(match[1]) <= last


def written(value: Any) -> str:
    """Return TOML of a table, its inner tables inline."""
    return "".join(f"{quoted(key)} = {inline(inner)}\n" for key, inner in value.items())


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{quoted(key)} = {inline(inner)}" for key, inner in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(inline(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'
