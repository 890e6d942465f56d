"""The signed count of acts: one spelling, the log's own key, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.action_counts import ActionCount, open_action_count, sign_action_count
from consent.audit.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from consent.core.ranges import ranges_of
from consent.errors import RecordFormatError
from tests.audit.make_keys import ORIGIN, clock_signer, log_signer, receipt_signer

COUNT = ActionCount(ORIGIN, 812, 57, ((790, 791), (805, 805)))
NOTE = f"""consent-actions/v1
{ORIGIN}
size 812
actions 57
leaves 790-791,805

— {ORIGIN} """

leaves = st.sets(st.integers(0, 300) | st.integers(0, 2**62), min_size=1, max_size=30)


@given(leaves, st.integers(0, 2**61), st.integers(0, 2**61))
def test_what_is_signed_is_read_back(leaves: set[int], before: int, beyond: int) -> None:
    actions = before + len(leaves)
    size = max(actions, max(leaves) + 1) + beyond
    count = ActionCount(ORIGIN, size, actions, ranges_of(leaves))
    note = sign_action_count([log_signer()], count)
    assert open_action_count(note, [log_signer().verifier]) == count


def test_the_note_has_the_documented_lines() -> None:
    assert sign_action_count([log_signer()], COUNT).startswith(NOTE)


def test_either_key_opens_a_count_of_two_keys() -> None:
    note = sign_action_count([log_signer(), log_signer(17)], COUNT)
    for seed in (7, 17):
        assert open_action_count(note, [log_signer(seed).verifier]) == COUNT


@pytest.mark.parametrize("key", [log_signer(77), receipt_signer()])
def test_a_count_of_another_key_is_refused(key: object) -> None:
    note = sign_action_count([key], COUNT)  # type: ignore[list-item]
    with pytest.raises(RecordFormatError):
        open_action_count(note, [log_signer().verifier, receipt_signer().verifier])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("actions 57", "actions 56"),
        ("actions 57", "actions 057"),
        ("size 812", "size 811"),
        ("805\n", "805\nmore\n"),
        ("805\n", "806\n"),
        ("consent-actions/v1", "consent-actions/v2"),
    ],
)
def test_a_changed_count_is_refused(old: str, new: str) -> None:
    note = sign_action_count([log_signer()], COUNT).replace(old, new)
    with pytest.raises(RecordFormatError):
        open_action_count(note, [log_signer().verifier])


@pytest.mark.parametrize(
    ("size", "actions", "ranges"),
    [
        (3, 4, ((0, 2),)),  # more acts than leaves
        (9, 1, ((0, 1),)),  # fewer acts than are named
        (9, 0, ()),  # none
        (9, 9, ((9, 9),)),  # beyond the size
        (9, 9, ((4, 3),)),
        (9, 9, ((4, 5), (5, 6))),
        (9, 9, ((4, 5), (6, 6))),  # one range in two
        (9, 9, ((6, 6), (4, 4))),
    ],
)
def test_a_count_that_cannot_be_is_neither_signed_nor_read(
    size: int, actions: int, ranges: tuple[tuple[int, int], ...]
) -> None:
    count = ActionCount(ORIGIN, size, actions, ranges)
    with pytest.raises(RecordFormatError):
        sign_action_count([log_signer()], count)
    signed = log_signer().sign(count.text)
    with pytest.raises(RecordFormatError):
        open_action_count(signed, [log_signer().verifier])


@pytest.mark.parametrize(
    "spelling", ["790-791,805-805", "0790-791,805", "790,791,805", "790-791,,805", "790-", "-1", ""]
)
def test_leaves_have_one_spelling(spelling: str) -> None:
    text = COUNT.text.replace("790-791,805", spelling)
    assert text != COUNT.text
    signed = log_signer().sign(text)
    with pytest.raises(RecordFormatError):
        open_action_count(signed, [log_signer().verifier])


def test_neither_a_count_passes_for_a_checkpoint_nor_one_for_a_count() -> None:
    note = sign_action_count([log_signer()], COUNT)
    with pytest.raises(RecordFormatError):
        open_checkpoint(note, [log_signer().verifier])
    head = sign_checkpoint(Checkpoint(ORIGIN, 812, bytes(32)), [log_signer()], [clock_signer()], 1)
    with pytest.raises(RecordFormatError):
        open_action_count(head, [log_signer().verifier])
