"""What the gate says, in Dutch: every sentence of it, and none that it does not say."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import consent
from consent.core.finding import Finding, warning
from consent.core.sentence import Sentence
from consent.core.texts import placeholders
from consent.core.words import load_words
from consent.store.proposals import _read, _written
from consent.web.console.notices_findings import shown_findings
from consent.web.console.words import console_words

CORE = Path(consent.__file__).parent / "core"
# Beside the modules of the gate, the functions of others that have something to say to it.
ELSEWHERE = {
    "exempt_statistics": ("_findings", "_DENIED"),
    "blocking": ("_findings",),
    "content_policy": ("told_undivided", "_open_bases", "_open_necessities", "_open_frames"),
    "config_sections": ("placeholder_faults",),
}
ENDING = "; paths in `hosts` would tell them apart"
DUTCH = load_words("gate", "nl").texts


def said(node: ast.AST) -> Iterator[str]:
    """Yield the sentences in a piece of code: strings of several words that document nothing."""
    documenting = {id(one.value) for one in ast.walk(node) if isinstance(one, ast.Expr)}
    for one in ast.walk(node):
        if (
            isinstance(one, ast.Constant)
            and isinstance(one.value, str)
            and (len(one.value.split()) > 2 or " {" in one.value)
            and one.value != ENDING
            and id(one) not in documenting
        ):
            yield one.value


def parts_of(module: str, names: tuple[str, ...]) -> Iterator[ast.AST]:
    for one in ast.walk(ast.parse((CORE / f"{module}.py").read_text("utf-8"))):
        name = getattr(one, "name", "")
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            name = one.targets[0].id
        if isinstance(one, ast.Assign | ast.FunctionDef) and name.endswith(names):
            yield one


def test_every_sentence_of_the_gate_is_there_in_dutch() -> None:
    sentences: set[str] = set()
    for path in CORE.glob("gate*.py"):
        sentences |= set(said(ast.parse(path.read_text("utf-8"))))
    for module, names in ELSEWHERE.items():
        for part in parts_of(module, names):
            told = set(said(part))
            is_joined = "told_undivided" in getattr(part, "name", "")
            sentences |= {f"{one}{ENDING}" for one in told} if is_joined else told
    assert len(sentences) > 50
    assert sorted(DUTCH) == sorted(sentences)
    for english, dutch in DUTCH.items():
        assert placeholders(dutch) == placeholders(english), english


def test_a_finding_is_told_in_the_language_of_the_page() -> None:
    found = warning("BF-20", "texts.nl", "the first layer has {count} words; {enough} are enough",
                    count=120, enough=90)  # fmt: skip
    assert found.message == "the first layer has 120 words; 90 are enough"
    [kept] = _read(_written([found]))
    assert (kept, kept.said) == (found, found.said)
    [english] = shown_findings([kept], console_words("en")) or ()
    assert (english.text, english.tag) == (found.message, "en")
    [dutch] = shown_findings([kept], console_words("nl")) or ()
    assert (dutch.text, dutch.tag) == ("de eerste laag heeft 120 woorden; 90 zijn genoeg", "nl")


def test_what_earlier_versions_kept_or_said_otherwise_is_told_in_english() -> None:
    [old] = _read(json.dumps([["SL-07", "error", "trackers", "it was said so"]]))
    other = Finding("SL-07", "error", "trackers", "so too", Sentence("so {how}", {"how": "too"}))
    for one in (old, other):
        [shown] = shown_findings([one], console_words("nl")) or ()
        assert (shown.text, shown.tag) == (one.message, "en")
    assert shown_findings(None, console_words("nl")) is None
