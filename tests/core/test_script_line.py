"""The line before the banner's script: packed as the script unpacks it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consent.core.catalogue import load_language
from consent.core.script_line import TEXTS, packed

SOURCE = Path(__file__).parents[2] / "static" / "js" / "src" / "texts.js"
WORDS = {key: f"text of {key}" for key in TEXTS}
CONFIG = {
    "earlier": {},
    "days": {"consent": 180, "refusal": 365},
    "categories": [{"id": "functional", "gpc": False}],
    "trackers": [
        {"name": "_ads", "category": "ads", "kind": "cookie"},
        {"name": "shop", "category": "ads", "kind": "cookie", "path": "/shop"},
    ],
    "texts": WORDS,
}


def test_the_script_looks_for_each_text_where_it_is() -> None:
    """A wrong place would put "accept" on the button that refuses."""
    found = re.findall(r"^export const (\w+) = (\d+);$", SOURCE.read_text("utf-8"), re.MULTILINE)
    assert found == [(key.replace(".", "_").upper(), str(place)) for place, key in enumerate(TEXTS)]


def test_no_place_is_ever_given_to_another_text() -> None:
    """Scripts of last week, still in caches, go by these; add to the end."""
    assert [TEXTS.index(key) for key in ("banner.title", "button.accept_all")] == [0, 7]
    assert TEXTS.index("button.refuse_all") == 8
    assert TEXTS.index("announce.reload") == 27


def test_every_text_of_the_script_has_a_place() -> None:
    prefixes = ("banner.", "button.", "dialog.", "control.", "embed.", "announce.")
    texts = load_language("en").texts
    assert {key for key in texts if key.startswith(prefixes)} == set(TEXTS)


def test_a_configuration_is_packed_without_its_keys() -> None:
    line = packed(CONFIG)
    assert line["days"] == [365, 180]
    assert line["categories"] == [{"id": "functional"}]
    assert line["trackers"] == [["_ads", "ads", "cookie"], ["shop", "ads", "cookie", "/shop"]]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, set()),
        ({"earlier": {"a" * 16: ["ads"]}}, {"banner.again"}),
        ({"categories": [{"id": "ads", "gpc": True}]}, {"banner.gpc", "announce.saved_gpc"}),
    ],
)
def test_only_texts_that_can_be_shown_are_sent(changes: dict[str, object], shown: set[str]) -> None:
    texts = dict(zip(TEXTS, packed({**CONFIG, **changes})["texts"], strict=True))
    sometimes = {"banner.again", "banner.gpc", "announce.saved_gpc"}
    assert {key for key in sometimes if texts[key]} == shown
    assert {key: texts[key] for key in TEXTS if key not in sometimes} == {
        key: WORDS[key] for key in TEXTS if key not in sometimes
    }
