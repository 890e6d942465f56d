"""The scanner finds the line of every key that tomllib reads."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.config_places import find_places

TEXT = '''\
# a comment with [brackets] and = signs
plain = 1
"quoted key" = "a # no comment [x]" # and a comment = 1
'literal.key' = 'x\\'
dotted.inner."deep key" = true
long = """
[not.a.table]
no = 1 \\""" still ""inside"" """
raw = \'\'\'
[[neither]]\'\'\'
list = [ # comment
  "one",
  { two = 2 },

  [3, 4], # nested
]
when = 1979-05-27 07:32:00Z
inline = { a = { b = [1, 2] }, c = "}" }
empty = [ ]
none = {}

[table]
key = 1

[ table . "sub table" ]
key = 2

[[trackers]]
name = "first"
purpose.en = "x"

[[trackers]]
name = "second"

[trackers.purpose]
en = "y"

[[trackers.nested]]
deep = 1
[[trackers.nested]]
deep = 2
"esc\\u0061ped" = """"quoted""""
'''


def test_every_kind_of_key_is_found() -> None:
    tomllib.loads(TEXT)
    places = find_places(TEXT)
    lines = TEXT.splitlines()

    def line(*path: str | int) -> str:
        return lines[places.line(path) - 1]

    assert line("plain") == "plain = 1"
    assert line("quoted key").startswith('"quoted key"')
    assert line("literal.key").startswith("'literal.key'")
    assert line("dotted", "inner", "deep key").startswith("dotted.inner")
    assert line("long") == 'long = """'
    assert line("raw") == "raw = '''"
    assert line("list") == "list = [ # comment"
    assert line("list", 0) == '  "one",'
    assert line("list", 1, "two") == "  { two = 2 },"
    assert line("list", 2, 1) == "  [3, 4], # nested"
    assert line("when").startswith("when")
    assert line("inline", "a", "b", 1).startswith("inline")
    assert line("table") == "[table]"
    assert line("table", "key") == "key = 1"
    assert line("table", "sub table", "key") == "key = 2"
    assert line("trackers", 0, "name") == 'name = "first"'
    assert line("trackers", 0, "purpose", "en") == 'purpose.en = "x"'
    assert line("trackers", 1, "name") == 'name = "second"'
    assert line("trackers", 1, "purpose", "en") == 'en = "y"'
    assert line("trackers", 1, "nested", 0, "deep") == "deep = 1"
    assert line("trackers", 1, "nested", 1, "deep") == "deep = 2"
    assert line("trackers", 1, "nested", 1, "escaped").endswith('""""quoted""""')


def test_what_is_missing_stands_where_its_table_does() -> None:
    places = find_places("a = 1\n\n[table]\nb = 2\n")
    assert places.line(("table", "missing", "deeper")) == 3
    assert places.line(("missing",)) == 1


def test_lines_may_end_as_on_windows() -> None:
    assert find_places("a = 1\r\n\r\n[t]\r\nb = 2\r\n").line(("t", "b")) == 4


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    entries: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        entries += value.items()
    elif isinstance(value, list):
        entries += enumerate(value)
    found = [path] if path else []
    for key, inner in entries:
        found += paths(inner, (*path, key))
    return found


def test_no_key_of_the_example_site_is_missed() -> None:
    source = Path(__file__).parents[2] / "sites" / "programme.toml"
    text = source.read_text(encoding="utf-8")
    places, lines = find_places(text), text.splitlines()
    for path in paths(tomllib.loads(text)):
        found = lines[places.line(path) - 1]
        names = [part for part in path if isinstance(part, str)]
        assert names[-1] in found, path


VALUES = st.recursive(
    st.sampled_from(
        ["1", '"a\\"]"', "'}'", '"""\n"x""" # c', "'''\n[a]'''", "1979-05-27 07:32:00"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.lists(inner, max_size=3).map(
            lambda items: "[\n" + "".join(f"{i} , # [\n" for i in items) + "]"
        ),
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=6))
def test_values_never_hide_the_keys_behind_them(values: list[str]) -> None:
    text = "".join(f"key{index} = {value}\n" for index, value in enumerate(values))
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    places, lines = find_places(text), text.split("\n")
    for index in range(len(values)):
        assert lines[places.line((f"key{index}",)) - 1].startswith(f"key{index} = ")
