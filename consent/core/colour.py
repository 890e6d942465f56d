"""Contrast between two colours, by WCAG 2.2, and colours made to reach one."""

from __future__ import annotations

BLACK, WHITE = "#000000", "#ffffff"

_CHANNELS = ((1, 3, 0.2126), (3, 5, 0.7152), (5, 7, 0.0722))
_STEPS = 100


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours written #rrggbb: from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return how light a colour is: from 0 (black) to 1 (white)."""
    return sum(
        weight * _linear(int(colour[start:end], 16) / 255) for start, end, weight in _CHANNELS
    )


def mix(one: str, other: str, share: float) -> str:
    """Return `one` with a share, 0 to 1, of `other` in it, as CSS does by `color-mix(in srgb)`."""
    pairs = ((int(one[i:j], 16), int(other[i:j], 16)) for i, j, _ in _CHANNELS)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, ground: str, least: float) -> str:
    """Return the nearest to `colour`, towards black or white, with that contrast on `ground`.

    Where no colour reaches it, black or white comes closest.
    """
    end = max(BLACK, WHITE, key=lambda one: contrast(one, ground))
    tried = (mix(colour, end, step / _STEPS) for step in range(_STEPS + 1))
    return next((one for one in tried if contrast(one, ground) >= least), end)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
