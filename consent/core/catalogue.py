"""The catalogue: one file per language, with its texts and what the gate knows of its words.

Which languages there are is which files there are; to add a language is to add its file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from consent.errors import NotFoundError

MODEL = "en"  # the language the others are translated from

_FILES = files("consent").joinpath("locales")


def _tags() -> tuple[str, ...]:
    """Return every language that has a file: the model, then the others by tag."""
    names = [one.name for one in _FILES.iterdir()]
    tags = sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
    return (MODEL, *(tag for tag in tags if tag != MODEL))


LANGUAGES = _tags()


@dataclass(frozen=True, slots=True)
class GateWords:
    """What the gate knows of a language's words; phrases are in small letters."""

    labels: Mapping[str, tuple[str, ...]]  # by button; the first is the catalogue's own
    withdrawal: tuple[str, ...]  # parts of words, one of which the sentence on withdrawal has
    steering: Mapping[str, tuple[str, ...]]  # phrases by the rule that they break
    minors: tuple[str, ...]  # parts of the names of page groups for children, in ASCII


@dataclass(frozen=True, slots=True)
class Language:
    """One file of the catalogue.

    `locale` is whose dates, lists and countries are asked for where the tag alone would give
    those of another country; `durations` has what the Common Locale Data Repository lacks.
    """

    tag: str
    name: str
    direction: str
    is_reviewed: bool
    locale: str
    durations: Mapping[str, Mapping[str, str]]  # unit → plural category → text
    gate: GateWords
    texts: Mapping[str, str]


@cache
def load_language(tag: str) -> Language:
    """Return what the catalogue has of a language; raise NotFoundError for one not offered."""
    if tag not in LANGUAGES:
        raise NotFoundError(f"there are no texts in {tag!r}; there are: {', '.join(LANGUAGES)}")
    content: dict[str, Any] = json.loads(_FILES.joinpath(f"{tag}.json").read_text("utf-8"))
    about, gate = content["language"], content["gate"]
    return Language(
        tag=tag,
        name=about["name"],
        direction=about["direction"],
        is_reviewed=about["status"] == "reviewed",
        locale=about.get("locale", tag),
        durations=about.get("durations", {}),
        gate=GateWords(
            labels={button: tuple(labels) for button, labels in gate["labels"].items()},
            withdrawal=tuple(gate["withdrawal"]),
            steering={rule: tuple(phrases) for rule, phrases in gate["steering"].items()},
            minors=tuple(gate["minors"]),
        ),
        texts=MappingProxyType(content["texts"]),
    )


def load_catalogue(language: str) -> Mapping[str, str]:
    """Return every text of a language by its key; raise NotFoundError for one not offered."""
    return load_language(language).texts
