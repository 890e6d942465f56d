"""Read values out of a TOML table: each of the type required, each fault noted with its place.

A reader always returns a value of its type, so that reading goes on and every fault of a file
is told at once. What it returns after a fault is a stand-in that is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from consent.core.config_places import Path, Places

MAX_TEXT = 2000

_BLANKS = re.compile(r"[ \t\r\n]+")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SHOWN = 60
_LARGE = 2**63


class Faults:
    """Everything that is wrong with one file, in the order of its lines."""

    def __init__(self, source: str, places: Places) -> None:
        self._source = source
        self._places = places
        self._faults: list[tuple[int, str]] = []

    def add(self, path: Path, message: str) -> None:
        self._faults.append((self._places.line(path), f"{key_path(path)}: {message}"))

    def lines(self) -> list[str]:
        in_order = sorted(self._faults, key=lambda fault: fault[0])
        return [f"{self._source}:{line}: {fault}" for line, fault in in_order]


class Table:
    """One table of the file, with its path and what its keys may be."""

    def __init__(self, values: Mapping[str, object], path: Path, faults: Faults) -> None:
        self._values = values
        self.path = path
        self.faults = faults

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> Collection[str]:
        return self._values.keys()

    def fault(self, key: str, message: str) -> None:
        self.faults.add((*self.path, key), message)

    def allow(self, keys: Collection[str]) -> None:
        """Note a fault for each key that is not in `keys`."""
        for key in self._values:
            if key not in keys:
                self.fault(key, f"unknown key; {hint(key, keys)}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a line of text that is not blank; `default` if it is left out."""
        value = self._get(key, required=default is None)
        if value is None:
            return default or ""
        return self._line_of_text(key, value)

    def choice(self, key: str, options: Iterable[str], default: str | None = None) -> str:
        """Return one of `options`."""
        known = list(options)
        value = self.text(key, default)
        if value and value not in known:
            self.fault(key, f"is {shown(value)}; {hint(value, known)}")
        return value

    def integer(self, key: str, default: int, least: int, most: int, unit: str = "") -> int:
        """Return a whole number from `least` to `most`."""
        value = self._get(key, required=False)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(key, f"is {shown(value)}; give a whole number")
            return default
        if not least <= value <= most:
            span = f"{least} to {most}" if least < most else f"{most}"
            self.fault(key, f"is {shown(value)}; give {span}{unit and ' ' + unit}")
            return default
        return value

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self._get(key, required=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"is {shown(value)}; give true or false")
            return default
        return value

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Return a list of different lines of text, not empty if it is required."""
        value = self._get(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fault(key, f"is {shown(value)}; give a list of texts")
            return ()
        if required and not value:
            self.fault(key, "is an empty list; give at least one")
        found: list[str] = []
        for index, item in enumerate(value):
            text = self._line_of_text(key, item, index)
            if text and text in found:
                self.faults.add((*self.path, key, index), f"{shown(text)} is there twice")
            found.append(text)
        return tuple(text for text in found if text)

    def codes(
        self, key: str, options: Collection[str], *, required: bool = True
    ) -> tuple[str, ...]:
        """Return a list of different codes, all of them among `options`."""
        found = self.texts(key, required=required)
        for index, code in enumerate(found):
            if code not in options:
                fault = f"unknown code {shown(code)}; {hint(code, options)}"
                self.faults.add((*self.path, key, index), fault)
        return found

    def local_text(
        self, key: str, languages: Sequence[str], *, required: bool = True
    ) -> dict[str, str]:
        """Return a text in every language of the site; nothing if it may be left out and is."""
        inner = self.table(key, required=required)
        return {} if inner is None else inner.in_languages(languages)

    def in_languages(self, languages: Sequence[str]) -> dict[str, str]:
        """Read this table itself as a text in every language of the site."""
        for language in self.keys():
            if language not in languages:
                self.fault(language, f"not a language of this site: {', '.join(languages)}")
        return {language: self.text(language) for language in languages}

    def judged(
        self, key: str, judge: Callable[[str], str | None], default: str | None = None
    ) -> str:
        """Return a text that `judge` finds no fault with."""
        value = self.text(key, default)
        self.report((*self.path, key), value, judge)
        return value

    def judged_list(
        self, key: str, judge: Callable[[str], str | None], *, required: bool = True
    ) -> tuple[str, ...]:
        """Return a list of texts that `judge` finds no fault with."""
        found = self.texts(key, required=required)
        for index, value in enumerate(found):
            self.report((*self.path, key, index), value, judge)
        return found

    def report(self, path: Path, value: str, judge: Callable[[str], str | None]) -> None:
        fault = judge(value) if value else None
        if fault is not None:
            self.faults.add(path, f"{shown(value)} {fault}")

    def table(self, key: str, *, required: bool = True) -> Table | None:
        """Return the table below a key; None if it is left out or something else."""
        value = self._get(key, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(key, f"is {shown(value)}; give a table: [{key_path((*self.path, key))}]")
            return None
        return Table(value, (*self.path, key), self.faults)

    def tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """Yield the tables named below a key: [providers.<name>]."""
        outer = self.table(key, required=False)
        if outer is None:
            return
        for name in list(outer.keys()):
            inner = outer.table(name)
            if inner is not None:
                yield name, inner

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, Table, str]]:
        """Yield what is not a table, however deep: dotted key, the table it is in, last key."""
        for name, value in self._values.items():
            if isinstance(value, dict):
                inner = Table(value, (*self.path, name), self.faults)
                yield from inner.leaves(f"{prefix}{name}.")
            else:
                yield prefix + name, self, name

    def array(self, key: str) -> Iterator[Table]:
        """Yield the tables of an array: [[trackers]]."""
        value = self._get(key, required=False)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(key, f"is {shown(value)}; give each one as [[{key}]]")
            return
        for index, item in enumerate(value):
            path: Path = (*self.path, key, index)
            if isinstance(item, dict):
                yield Table(item, path, self.faults)
            else:
                self.faults.add(path, f"is {shown(item)}; give a table")

    def _get(self, key: str, *, required: bool) -> object:
        if required and key not in self._values:
            self.fault(key, "is missing")
        return self._values.get(key)

    def _line_of_text(self, key: str, value: object, index: int | None = None) -> str:
        path: Path = (*self.path, key) if index is None else (*self.path, key, index)
        if not isinstance(value, str):
            self.faults.add(path, f"is {shown(value)}; give a text in quotes")
            return ""
        text = _BLANKS.sub(" ", value).strip()
        if not text:
            self.faults.add(path, "is blank; give a text")
        elif len(text) > MAX_TEXT:
            self.faults.add(path, f"has {len(text)} characters; at most {MAX_TEXT} are allowed")
        elif _CONTROL_CHARACTER.search(text):
            self.faults.add(path, "has a control character")
        else:
            return text
        return ""


def key_path(path: Path) -> str:
    """Return a path as people write it: trackers[2].purpose.nl, texts.en."banner.title"."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else _quoted(part)
            written += f".{name}" if written else name
    return written


def shown(value: object) -> str:
    """Return a value as a fault names it: on one line and short."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) >= _LARGE:  # its digits may be too many to write
        return "a very large number"
    return str(value)


def _quoted(text: str) -> str:
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return '"' + "".join(letter if letter.isprintable() else "\ufffd" for letter in cut) + '"'


def hint(wrong: str, options: Collection[str]) -> str:
    """Say what is allowed: the option that was probably meant, or all of them."""
    close = get_close_matches(wrong, options, n=1)
    if close:
        return f"did you mean {_quoted(close[0])}?"
    return f"allowed: {', '.join(sorted(options))}"
