"""Find the line on which each key of a TOML text stands; tomllib tells values but no places.

The text must already have been read by tomllib: the scanner relies on its being well formed.
It walks the text once and knows only what decides where keys are: comments, strings, brackets.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(
    r"""[ \t]*(?:
        "(?P<basic>(?:[^"\\]|\\.)*)"
      | '(?P<literal>[^']*)'
      | (?P<bare>[A-Za-z0-9_-]+)
    )[ \t]*(?P<dot>\.?)""",
    re.VERBOSE,
)
_STRING = re.compile(
    r'''"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}'''
    r"""|'''(?:[^']|'{1,2}(?!'))*'{3,5}"""
    r"""|"(?:[^"\\]|\\.)*"|'[^']*'"""
)
_PLAIN = re.compile(
    r"[^\s,\]}#]+(?:[ ][0-9][0-9:.]+(?:[+Zz-][0-9:]*)?)?"
)  # a date may hold a space


class Places:
    """Lines by key path. A path that is not in the text stands where its table does."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of a path, or of the nearest thing around it; 1 if there is none."""
        for length in range(len(path), 0, -1):
            found = self._lines.get(tuple(path[:length]))
            if found is not None:
                return found
        return 1


def find_places(text: str) -> Places:
    """Return where the keys of a TOML text stand that tomllib can read."""
    return Places(_Scanner(text).scan())


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [index for index, letter in enumerate(text) if letter == "\n"]
        self._lines: dict[Path, int] = {}
        self._array_sizes: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._scan_header()
            else:
                self._scan_pair(table)
            self._skip(_BLANK)
        return self._lines

    def _scan_header(self) -> Path:
        line = self._line_here()
        is_array = self._text.startswith("[[", self._at)
        brackets = 2 if is_array else 1
        self._at += brackets
        path = self._resolve(self._scan_key())
        self._at += brackets
        if is_array:
            index = self._array_sizes.get(path, 0)
            self._array_sizes[path] = index + 1
            path = (*path, index)
        for length in range(1, len(path) + 1):  # [a.b] is where a begins, if nothing said so yet
            self._note(path[:length], line)
        return path

    def _scan_pair(self, table: Path) -> None:
        line = self._line_here()
        path: Path = table
        for part in self._scan_key():
            path = (*path, part)
            self._note(path, line)
        self._at += 1  # the equals sign
        self._skip(re.compile(r"[ \t]*"))
        self._scan_value(path)

    def _scan_value(self, path: Path) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._scan_array(path)
        elif opening == "{":
            self._scan_inline_table(path)
        elif opening in "\"'":
            self._skip(_STRING)
        else:
            self._skip(_PLAIN)

    def _scan_array(self, path: Path) -> None:
        self._at += 1
        index = 0
        self._skip(_BLANK)
        while self._text[self._at] != "]":
            self._note((*path, index), self._line_here())
            self._scan_value((*path, index))
            index += 1
            self._skip_comma()
        self._at += 1

    def _scan_inline_table(self, path: Path) -> None:
        self._at += 1
        self._skip(_BLANK)
        while self._text[self._at] != "}":
            self._scan_pair(path)
            self._skip_comma()
        self._at += 1

    def _scan_key(self) -> list[str]:
        parts: list[str] = []
        while True:
            match = _KEY_PART.match(self._text, self._at)
            assert match is not None, "tomllib has read this key"  # noqa: S101
            self._at = match.end()
            parts.append(_key_text(match))
            if not match["dot"]:
                return parts

    def _resolve(self, parts: Sequence[str]) -> Path:
        """Put the index of the newest element behind each array of tables passed through."""
        path: Path = ()
        for position, part in enumerate(parts):
            path = (*path, part)
            if path in self._array_sizes and position < len(parts) - 1:
                path = (*path, self._array_sizes[path] - 1)
        return path

    def _note(self, path: Path, line: int) -> None:
        self._lines.setdefault(path, line)

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        assert match is not None, "tomllib has read this value"  # noqa: S101
        self._at = match.end()

    def _line_here(self) -> int:
        return bisect_left(self._breaks, self._at) + 1


def _key_text(match: re.Match[str]) -> str:
    if match["basic"] is not None:
        # Escapes are tomllib's business.
        return str(tomllib.loads(f'key = "{match["basic"]}"')["key"])
    return str(match["bare"] if match["literal"] is None else match["literal"])
