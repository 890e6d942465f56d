"""A patch leads from one document to the next, and a document's own history is told by patches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.patches import merge_patch, patched

leaves = st.integers() | st.text() | st.lists(st.integers() | st.none())
objects = st.recursive(
    st.dictionaries(st.text(max_size=2), leaves, max_size=4),
    lambda inner: st.dictionaries(st.text(max_size=2), leaves | inner, max_size=4),
    max_leaves=12,
)


@given(objects, objects)
def test_a_patch_turns_one_object_into_the_other(before: Any, after: Any) -> None:
    assert patched(before, merge_patch(before, after)) == after
    assert merge_patch(after, after) == {}


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_standard_hold(target: Any, patch: Any, result: Any) -> None:
    """RFC 7386, appendix A."""
    assert patched(target, patch) == result
