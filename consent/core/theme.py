"""A theme's tokens: the values that hold without them, and dark colours made from the light ones.

A site that names its own light colours and no dark ones gets dark ones of the same hue, which
can be read as well as the light ones; so nobody has to choose ten colours to choose one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consent.core.colour import BLACK, WHITE, contrast, luminance, mix, readable

POSITIONS = ("bar", "box", "centre")
COLOURS = ("surface", "text", "button", "button_text", "accent")
DARK = "_dark"

# The names static/js/src/style.css knows the colours by.
_SHORT = {"surface": "s", "text": "t", "button": "b", "button_text": "l", "accent": "a"}

# What a position changes on views wide enough for it; narrower ones have the bar of style.css.
_PLACES = {
    "bar": (
        "@media(min-width:60em){#consent-banner.consent-ui{flex-direction:row;"
        "padding:0 calc(50vw - 38em)}#consent-banner.consent-ui>div+div{align-self:center;"
        "grid:auto-flow 1fr/13em;padding:1em}}"
    ),
    "box": (
        "@media(min-width:40em){#consent-banner.consent-ui{inset:auto auto 1em;"
        "inset-inline-end:1em;max-height:75vh;width:30em}}"
    ),
    "centre": (
        "@media(min-width:40em){#consent-banner.consent-ui{bottom:1em;margin:auto;width:38em}}"
    ),
}

DEFAULT_FONT = "system-ui, sans-serif"
DEFAULT_RADIUS = 8
DEFAULT_COLOURS = {
    "surface": "#ffffff",
    "text": "#1b1f2a",
    "button": "#001158",
    "button_text": "#ffffff",
    "accent": "#001158",
    "surface_dark": "#12172b",
    "text_dark": "#eef1fa",
    "button_dark": "#b9c6ff",
    "button_text_dark": "#0b1233",
    "accent_dark": "#b9c6ff",
}

# Black on white is hard on the eye in the dark, and so is what only just passes by day.
_DARKEST, _DARK_ENOUGH = 0.005, 0.014
_IS_DARK = 0.18  # below, black on it is harder to read than white
_COMFORT = 7.0  # WCAG's AAA: what is mixed from these colours stays above AA


def with_dark(given: Mapping[str, str]) -> dict[str, str]:
    """Return all ten colours of a theme, given some of them by their token's name."""
    light = {name: given.get(name, DEFAULT_COLOURS[name]) for name in COLOURS}
    if all(light[name] == DEFAULT_COLOURS[name] for name in COLOURS):
        return {**DEFAULT_COLOURS, **given}
    own = {name: given[name + DARK] for name in COLOURS if name + DARK in given}
    dark = light | own if luminance(light["surface"]) < _IS_DARK else _derive(light, own)
    return light | {name + DARK: dark[name] for name in COLOURS}


def _derive(light: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    surface = own.get("surface") or _night(light["text"])
    text = own.get("text") or readable(mix(light["surface"], surface, 0.06), surface, _COMFORT)
    button = own.get("button") or readable(light["button"], surface, _COMFORT)
    label = max(surface, text, key=lambda colour: contrast(colour, button))
    return {
        "surface": surface,
        "text": text,
        "button": button,
        "button_text": own.get("button_text") or readable(label, button, _COMFORT),
        "accent": own.get("accent") or readable(light["accent"], surface, _COMFORT),
    }


def _night(ink: str) -> str:
    """Return the colour of the text by day as a ground by night: of its hue, deep, not black."""
    is_too_dark = luminance(ink) < _DARKEST
    end = WHITE if is_too_dark else BLACK
    mixed = (mix(ink, end, step / 100) for step in range(101))
    return next(
        one
        for one in mixed
        if (luminance(one) >= _DARKEST if is_too_dark else luminance(one) <= _DARK_ENOUGH)
    )


def script_rules(theme: Mapping[str, Any]) -> str:
    """Return a notice's theme as the banner's rules, short since all visitors load them.

    They are its tokens as custom properties, and its position.

    The configuration has judged every value: colours are #rrggbb, a font list has no brackets.
    """
    font = "" if theme["font"] == DEFAULT_FONT else f";--f:{theme['font'].replace(', ', ',')}"
    shape = f"--r:{theme['radius']}px{font}"
    return (
        f".consent-ui{{{_properties(theme, '')};{shape}}}"
        f"@media(prefers-color-scheme:dark){{.consent-ui{{{_properties(theme, DARK)}}}}}"
        + _PLACES[theme["position"]]
    )


def _properties(theme: Mapping[str, Any], suffix: str) -> str:
    return ";".join(f"--{short}:{shortest(theme[name + suffix])}" for name, short in _SHORT.items())


def shortest(colour: str) -> str:
    """Return #rrggbb as #rgb where that says the same."""
    return "#" + colour[1::2] if colour[1::2] == colour[2::2] else colour
