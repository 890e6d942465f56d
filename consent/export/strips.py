"""A chart of several series under each other, each in a strip of its own with its name on it.

So no colour and no legend is needed to tell them apart, and all have one scale. Places from left to
right are in percent and from top to bottom in pixels: the picture gets as wide as a page, and its
text stays as large as other text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consent.core.suppression import Cell, Known

_NAME = 26  # pixels for the name above the columns
_COLUMNS = 52
_SPACE = 18
_MARKS = 20  # above the first strip, if there are marks
_AXIS = 24  # below the last
_GAP = 0.28  # of the width that a column has
_SMALLEST = 1.5  # pixels of a column that is not empty
_LABELS = 5
_EDGE = 6.0  # percent: labels nearer to an edge end there
_TICKS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. What is not certain to be all is drawn otherwise."""

    x: str
    width: str
    y: float
    height: float
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A text, or a mark, at a place from left to right; `anchor` says which end of it."""

    x: str
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A series as it is drawn; the instants `name_y` to `base_y` are in pixels from the top."""

    name: str
    total: str
    name_y: float
    top_y: float
    base_y: float
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Strips:
    """The whole chart. `highest` is the count that the top of each strip stands for."""

    strips: tuple[Strip, ...]
    labels: tuple[Label, ...]
    marks: tuple[Label, ...]
    highest: int
    height: int
    marks_y: int
    label_y: int


def strips_of(
    series: Sequence[tuple[str, str, Sequence[Cell]]],
    columns: Sequence[str],
    marks: Sequence[tuple[float, str]] = (),
) -> Strips:
    """Return the chart of series: the name of each, its sum in words, and its cells by column.

    `columns` has their labels; `marks` are places, in columns from the left, with a text.
    """
    highest = _round(max((cell.least for _, _, cells in series for cell in cells), default=0))
    top = _MARKS if marks else 0
    strips = []
    for number, (name, sum_, cells) in enumerate(series):
        name_y = top + number * (_NAME + _COLUMNS + _SPACE) + 15
        base = name_y + _NAME - 15 + _COLUMNS
        drawn = tuple(_columns(cells, base, highest))
        strips.append(Strip(name, sum_, name_y, base - _COLUMNS, base, drawn))
    bottom = int(strips[-1].base_y) if strips else 0
    each = max(1, -(-len(columns) // _LABELS))
    shown = [(n + 0.5, text) for n, text in enumerate(columns) if n % each == 0]
    return Strips(
        tuple(strips),
        tuple(_label(place, text, len(columns)) for place, text in shown),
        tuple(_label(place, text, len(columns)) for place, text in marks),
        highest,
        bottom + _AXIS,
        14,
        bottom + 18,
    )


def _columns(cells: Sequence[Cell], base: float, highest: int) -> list[Column]:
    width = 100 / len(cells) if cells else 0
    gap = _GAP if len(cells) <= 60 else 0.0  # noqa: PLR2004 -- many columns are a silhouette
    drawn = []
    for number, cell in enumerate(cells):
        if not cell.least:
            continue
        height = round(max(_SMALLEST, _COLUMNS * cell.least / highest), 1)
        x = _percent((number + gap / 2) * width)
        is_exact = cell.known is Known.EXACTLY
        drawn.append(
            Column(x, _percent(width * (1 - gap)), round(base - height, 1), height, is_exact)
        )
    return drawn


def _label(place: float, text: str, columns: int) -> Label:
    x = 100 * place / columns
    if x < _EDGE:
        return Label("0%", "start", text)
    if x > 100 - _EDGE:
        return Label("100%", "end", text)
    return Label(_percent(x), "middle", text)


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _round(highest: int) -> int:
    """Return a round number, of 10 at least, that is not below the highest count."""
    magnitude = 1
    while highest > _TICKS[-1] * magnitude:
        magnitude *= 10
    return next(tick * magnitude for tick in _TICKS if highest <= tick * magnitude)
