"""Tell, before publishing, what a new notice changes and whom it asks again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.notice import category_digests, changed_categories, scope_hash

# Parts of the document whose entries are told one by one, and what tells entries apart.
_LISTS = {
    "categories": ("id",),
    "providers": ("id",),
    "trackers": ("kind", "name", "domain", "path"),
}
_NOUNS = {"categories": "category", "providers": "provider", "trackers": "tracker"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines begin with + for what is new, - for what is gone, ~ for what changed."""

    lines: tuple[str, ...]
    asks_again: list[str]  # ids of the categories that visitors are asked about again
    material: bool  # whether what consent covers changes at all


def describe_difference(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Difference:
    """Return what changes from the published document to a new one; `old` is None at first."""
    digests = category_digests(new)
    if old is None:
        return Difference(("+ first publication of this site",), list(digests), material=True)
    return Difference(
        lines=tuple(_lines(old, new)),
        asks_again=changed_categories(category_digests(old), digests),
        material=scope_hash(old) != scope_hash(new),
    )


def _lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for part in sorted({*old, *new}):
        before, after = old.get(part), new.get(part)
        if part in _LISTS:
            yield from _entry_lines(part, before or [], after or [])
        else:
            yield from _value_lines(part, before, after)


def _entry_lines(
    part: str, before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    old = {_name_of(part, entry): entry for entry in before}
    new = {_name_of(part, entry): entry for entry in after}
    for name, entry in old.items():
        if name not in new:
            yield f"- {name}"
        else:
            yield from _value_lines(name, entry, new[name])
    yield from (f"+ {name}" for name in new if name not in old)
    kept_before = [name for name in old if name in new]
    kept_after = [name for name in new if name in old]
    if kept_before != kept_after:
        yield f"~ {part}: in another order"


def _name_of(part: str, entry: Mapping[str, Any]) -> str:
    values = [str(entry[key]) for key in _LISTS[part] if entry[key] not in (None, "/")]
    return " ".join([_NOUNS[part], *values])


def _value_lines(place: str, before: Any, after: Any) -> Iterator[str]:
    """Tell the difference of two values, going into tables as deep as they are alike."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            yield from _value_lines(f"{place}.{key}", before.get(key), after.get(key))
    elif before is None:
        yield f"+ {place}: {_shown(after)}"
    elif after is None:
        yield f"- {place}: {_shown(before)}"
    else:
        yield f"~ {place}: {_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(inner) for inner in value) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f'"{value}"' if isinstance(value, str) else str(value)
