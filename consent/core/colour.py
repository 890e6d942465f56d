"""Contrast between two colours, by WCAG 2.2."""

from __future__ import annotations

_CHANNELS = ((1, 3, 0.2126), (3, 5, 0.7152), (5, 7, 0.0722))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours written #rrggbb: from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    return sum(
        weight * _linear(int(colour[start:end], 16) / 255) for start, end, weight in _CHANNELS
    )


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
