"""The chart in strips: columns on one scale, labels that fit, and nothing for what is nothing."""

from __future__ import annotations

import pytest

from consent.core.suppression import UNTOLD, Cell, Known, exactly
from consent.export.strips import strips_of

AT_LEAST = Cell(Known.AT_LEAST, 30)


def test_all_strips_have_one_scale_and_stand_under_each_other() -> None:
    chart = strips_of(
        [("Accepted", "90", [exactly(60), AT_LEAST]), ("Refused", "15", [exactly(0), exactly(15)])],
        ["a", "b"],
    )
    upper, lower = chart.strips
    assert (chart.highest, upper.name, upper.total) == (60, "Accepted", "90")
    assert [column.height for column in upper.columns] == [52, 26]
    assert [column.is_exact for column in upper.columns] == [True, False]
    (only,) = lower.columns
    assert (only.height, only.x) == (13, "57.00%")
    assert all(column.y + column.height == upper.base_y for column in upper.columns)
    assert upper.top_y == upper.base_y - 52 < lower.name_y < lower.base_y < chart.height


def test_what_is_not_told_has_no_column_and_few_can_still_be_seen() -> None:
    chart = strips_of([("x", "", [UNTOLD, exactly(1), exactly(900)])], ["a", "b", "c"])
    assert [column.height for column in chart.strips[0].columns] == [1.5, 46.8]
    assert chart.highest == 1000
    assert strips_of([("x", "0", [exactly(0)])], ["a"]).strips[0].columns == ()
    assert strips_of([], ["a"]).strips == ()


@pytest.mark.parametrize("columns", [1, 5, 12, 84, 190])
def test_few_labels_stand_at_the_middle_of_their_columns(columns: int) -> None:
    chart = strips_of([("x", "", [exactly(1)] * columns)], [str(n) for n in range(columns)])
    assert 1 <= len(chart.labels) <= 5
    for label in chart.labels:
        if label.anchor == "middle":
            place = 100 * (int(label.text) + 0.5) / columns
            assert float(label.x.rstrip("%")) == pytest.approx(place, abs=0.01)
    widths = {column.width for column in chart.strips[0].columns}
    assert len(widths) == 1
    assert float(widths.pop().rstrip("%")) <= 100 / columns + 0.005


def test_marks_stay_within_the_picture() -> None:
    marks = [(0.01, "1"), (6.5, "2"), (11.9, "3")]
    chart = strips_of([("x", "", [exactly(1)] * 12)], ["w"] * 12, marks)
    assert [(one.x, one.anchor) for one in chart.marks] == [
        ("0%", "start"),
        ("54.17%", "middle"),
        ("100%", "end"),
    ]
    assert chart.strips[0].name_y > strips_of([("x", "", [])], []).strips[0].name_y
