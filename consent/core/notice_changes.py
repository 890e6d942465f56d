"""What differs between two notices, in parts that a person can read one by one.

`consent.core.difference` tells the same in lines for a terminal. Here texts are compared word by
word, and each category that is asked about again says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from consent.core.model import Shape
from consent.core.notice import Notice, changed_categories, recipient_ids

SAME, GONE, NEW = "same", "gone", "new"

# A word, or one sign; scripts that put no spaces between words are compared letter by letter.
_TOKEN = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u0e00-\u0e7f\u3040-\u30ff"
    r"\u3400-\u9fff\uf900-\ufaff]+|\s+|[^\w\s]"
)
_LOCAL = ("name", "privacy_url")
_RECIPIENT = ("role", "country")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a text: the same in both, gone, or new."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text in one language, before and after; None where there is or was none."""

    key: str
    before: str | None
    after: str | None

    @property
    def before_pieces(self) -> list[Piece]:
        return [one for one in self._pieces() if one.kind != NEW]

    @property
    def after_pieces(self) -> list[Piece]:
        return [one for one in self._pieces() if one.kind != GONE]

    def _pieces(self) -> list[Piece]:
        return list(word_changes(self.before or "", self.after or ""))


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value under a name, before and after, as the notice has it."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry of a list: `kind` is gone, new or same, then with the values that changed."""

    kind: str
    id: str
    name: str
    entry: Mapping[str, Any]
    values: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a category is asked about again: `what` is category, controller, purposes, …"""

    what: str
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A category that visitors are asked about again, and each reason."""

    category: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class NoticeChanges:
    """Everything that differs. `texts` is by language; `asked` is empty when nobody is asked."""

    texts: Mapping[str, tuple[TextChange, ...]]
    categories: tuple[EntryChange, ...]
    trackers: tuple[EntryChange, ...]
    providers: tuple[EntryChange, ...]
    lifetimes: tuple[ValueChange, ...]
    controller: tuple[ValueChange, ...]
    theme: tuple[ValueChange, ...]
    others: tuple[ValueChange, ...]
    languages_gone: tuple[str, ...]
    languages_new: tuple[str, ...]
    asked: tuple[AskedAgain, ...]
    in_another_order: bool


def notice_changes(old: Notice, new: Notice, shape: Shape = Shape.SAME_HOST) -> NoticeChanges:
    """Return what differs between two notices of a site.

    `shape` is that of the new one: on another domain a change of scope asks about everything.
    """
    before, after = old.document, new.document
    return NoticeChanges(
        texts={
            language: changed
            for language in new.languages
            if language in old.languages and (changed := tuple(_text_changes(old, new, language)))
        },
        categories=tuple(_entries(before, after, "categories", ("id",))),
        trackers=tuple(_entries(before, after, "trackers", ("kind", "name", "domain", "path"))),
        providers=tuple(_entries(before, after, "providers", ("id",))),
        lifetimes=tuple(value_changes(before["lifetimes"], after["lifetimes"])),
        controller=tuple(value_changes(before["controller"], after["controller"])),
        theme=tuple(value_changes(before["theme"], after["theme"])),
        others=tuple(_others(before, after)),
        languages_gone=tuple(one for one in old.languages if one not in new.languages),
        languages_new=tuple(one for one in new.languages if one not in old.languages),
        asked=tuple(asked_again(old, new, shape)),
        in_another_order=_is_reordered(old.categories, new.categories),
    )


def asked_again(old: Notice, new: Notice, shape: Shape) -> Iterator[AskedAgain]:
    """Yield the categories that visitors are asked about again, with the reasons."""
    if old.scope == new.scope:
        return
    changed = changed_categories(old.digests, new.digests)
    for category in new.categories:
        if category in changed:
            yield AskedAgain(category, tuple(_reasons(old.document, new.document, category)))
        elif shape is Shape.OTHER_DOMAIN:
            yield AskedAgain(category, (Reason("domain"),))


def word_changes(before: str, after: str) -> Iterator[Piece]:
    """Yield two texts as one: what stayed, what is gone and what is new, in order."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    for what, i, j, k, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield Piece(SAME, "".join(old[i:j]))
            continue
        if i < j:
            yield Piece(GONE, "".join(old[i:j]))
        if k < end:
            yield Piece(NEW, "".join(new[k:end]))


def value_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], but: Sequence[str] = ()
) -> Iterator[ValueChange]:
    """Yield the values that differ, in the order in which they are now."""
    for key in [*after, *(one for one in before if one not in after)]:
        if key not in but and before.get(key) != after.get(key):
            yield ValueChange(key, before.get(key), after.get(key))


def _text_changes(old: Notice, new: Notice, language: str) -> Iterator[TextChange]:
    """Yield what reads otherwise: the site's name, categories, texts, and labels of codes."""
    before, after = _said(old, language), _said(new, language)
    for key in [*after, *(one for one in before if one not in after)]:
        if before.get(key) != after.get(key):
            yield TextChange(key, before.get(key), after.get(key))


def _said(notice: Notice, language: str) -> dict[str, str]:
    document = notice.document
    said = {f"site.{key}": str(document[key][language]) for key in _LOCAL}
    for one in document["categories"]:
        said[f"category.{one['id']}.label"] = one["label"][language]
        said[f"category.{one['id']}.description"] = one["description"][language]
    said |= dict(sorted(notice.texts(language).items()))
    for part, name in (("purposes", "purpose"), ("data_kinds", "data")):
        for code, texts in document[part].items():
            said[f"{name}.{code}"] = texts[language]
    return said


def _entries(
    before: Mapping[str, Any], after: Mapping[str, Any], part: str, keys: Sequence[str]
) -> Iterator[EntryChange]:
    def by_id(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        return {" ".join(str(one[key]) for key in keys): one for one in document[part]}

    def name_of(entry: Mapping[str, Any]) -> str:
        return str(entry.get("name", entry.get("id")))

    old, new = by_id(before), by_id(after)
    for key, entry in new.items():
        if key not in old:
            yield EntryChange(NEW, key, name_of(entry), entry)
        elif values := tuple(value_changes(old[key], entry, but=("label", "description"))):
            yield EntryChange(SAME, key, name_of(entry), entry, values)
    for key, entry in old.items():
        if key not in new:
            yield EntryChange(GONE, key, name_of(entry), entry)


def _others(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueChange]:
    told = (
        "texts", "categories", "trackers", "providers", "lifetimes", "controller", "theme",
        "languages", "purposes", "data_kinds", *_LOCAL,
    )  # fmt: skip
    yield from value_changes(before, after, but=told)


def _reasons(old: Mapping[str, Any], new: Mapping[str, Any], category: str) -> Iterator[Reason]:
    """Say what of a category's scope changed (the parts of its digest)."""
    before = {one["id"]: one for one in old["categories"]}
    after = {one["id"]: one for one in new["categories"]}
    if category not in before:
        yield Reason("category")
        return
    if old["controller"]["id"] != new["controller"]["id"]:
        yield Reason("controller", (old["controller"]["name"],), (new["controller"]["name"],))
    for part in ("purposes", "data"):
        had, has = before[category][part], after[category][part]
        gone = tuple(one for one in had if one not in has)
        come = tuple(one for one in has if one not in had)
        if gone or come:
            yield Reason(part, gone, come)
    yield from _recipient_reasons(old, new, category)


def _recipient_reasons(
    old: Mapping[str, Any], new: Mapping[str, Any], category: str
) -> Iterator[Reason]:
    had, has = _recipients(old, category), _recipients(new, category)
    gone = tuple(one["name"] for key, one in had.items() if key not in has)
    come = tuple(one["name"] for key, one in has.items() if key not in had)
    if gone or come:
        yield Reason("recipients", gone, come)
    for key, one in has.items():
        for part in _RECIPIENT:
            if key in had and had[key][part] != one[part]:
                yield Reason(part, (one["name"], had[key][part]), (one["name"], one[part]))


def _recipients(document: Mapping[str, Any], category: str) -> dict[str, Mapping[str, Any]]:
    wanted = recipient_ids(document, category)
    return {one["id"]: one for one in document["providers"] if one["id"] in wanted}


def _is_reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    kept_before = [one for one in before if one in after]
    return kept_before != [one for one in after if one in before]
