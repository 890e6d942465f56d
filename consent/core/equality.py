"""Whether refusing is as easy to see and to press as accepting, judged from what was drawn.

Size, font, weight, contrast, order and layer (BF-01 to BF-04 of the legal checklist). What was
drawn is measured by static/js/tools/measure.js in a real browser; the rules are here, so that
they can be read and tested without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_AREA_RATIO = 1.05
MAX_CONTRAST_RATIO = 1.05
MIN_TARGET = 44
MIN_TEXT_CONTRAST = 4.5
MIN_GROUND_CONTRAST = 3.0
_PIXEL = 1.0  # browsers round the parts of a row


@dataclass(frozen=True, slots=True)
class Pair:
    """The refuse and the accept button of one layer, as drawn once."""

    language: str
    layer: str
    position: str
    scheme: str
    view: tuple[int, int]  # CSS pixels
    covers: float  # which part of the view the layer covers
    refuse: Mapping[str, Any] | None  # None where there is no such button
    accept: Mapping[str, Any] | None

    @property
    def area_ratio(self) -> float:
        """How many times the refuse button's area the accept button has."""
        if not self.refuse or not self.accept:
            return 0.0
        return _area(self.accept) / max(_area(self.refuse), 1.0)

    def __str__(self) -> str:
        width, height = self.view
        return (
            f"{self.language}, {self.layer}, {self.position}, {self.scheme}, {width} × {height} px"
        )


def inequalities(pair: Pair) -> Iterator[tuple[str, str]]:
    """Yield each broken rule with what is wrong; nothing for two equal buttons."""
    refuse, accept = pair.refuse, pair.accept
    if refuse is None or accept is None:
        missing = "refuse" if refuse is None else "accept"
        yield "BF-01", f"there is no button to {missing}"
        return
    yield from _visibility(refuse, "refuse")
    yield from _visibility(accept, "accept")
    yield from _size(pair, refuse, accept)
    for name, value in refuse["looks"].items():
        if accept["looks"][name] != value:
            yield "BF-04", f"{name} is {value} to refuse and {accept['looks'][name]} to accept"
    for name in ("text_contrast", "ground_contrast"):
        low, high = sorted((float(refuse[name]), float(accept[name])))
        if high > low * MAX_CONTRAST_RATIO:
            yield "BF-04", f"{name.replace('_', ' ')} differs: {low:.2f} and {high:.2f}"
    yield from _order(refuse, accept)


def _visibility(button: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    if button["tag"] != "BUTTON":
        yield "BF-03", f"{name} is a {button['tag']}, not a button"
    if not button["in_view"]:
        yield "BF-01", f"the button to {name} is not all in view"
    elif not button["on_top"]:
        yield "BF-01", f"the button to {name} is covered by something else"
    if button["clipped"]:
        yield "BF-04", f'the label "{button["label"]}" does not fit its button'
    if not button["focusable"]:
        yield "BF-02", f"the button to {name} cannot be reached by keyboard"
    if min(button["width"], button["height"]) < MIN_TARGET:
        yield "AC-06", f"the button to {name} is smaller than {MIN_TARGET} pixels"
    if button["text_contrast"] < MIN_TEXT_CONTRAST:
        yield "BF-04", f"the label to {name} has a contrast of {button['text_contrast']:.2f}"
    if button["ground_contrast"] < MIN_GROUND_CONTRAST:
        yield "BF-04", f"the button to {name} has a contrast of {button['ground_contrast']:.2f}"


def _size(
    pair: Pair, refuse: Mapping[str, Any], accept: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if not 1 / MAX_AREA_RATIO <= pair.area_ratio <= MAX_AREA_RATIO:
        yield "BF-04", f"accept has {pair.area_ratio:.2f} times the area of refuse"
    for side in ("width", "height"):
        if abs(refuse[side] - accept[side]) > _PIXEL:
            yield (
                "BF-04",
                f"{side}: {refuse[side]:.0f} px to refuse, {accept[side]:.0f} px to accept",
            )
    is_row = abs(refuse["y"] - accept["y"]) <= _PIXEL
    is_column = abs(refuse["x"] - accept["x"]) <= _PIXEL
    if not is_row and not is_column:
        yield "BF-04", "refuse and accept stand neither in one row nor in one column"


def _order(refuse: Mapping[str, Any], accept: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    steps = refuse["position"] - accept["position"]
    if steps > 1:
        yield "BF-02", f"refuse is {steps} steps after accept by keyboard"
    elif steps < -1:
        yield "BF-02", f"accept is {-steps} steps after refuse by keyboard"


def _area(button: Mapping[str, Any]) -> float:
    return float(button["width"]) * float(button["height"])
