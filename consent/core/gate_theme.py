"""The gate's rules on looks: what can be told from a theme's tokens alone.

Every button is drawn by the same rules, so that refuse and accept cannot differ in them; what is
left to go wrong is that a colour cannot be told from the one behind it. The pages mix a tint for
cards and an edge for switches from the tokens, so those are judged too. What only drawing shows,
such as a label that needs two lines beside one that needs one, is measured in a browser
(consent.services.equality).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from consent.core.colour import contrast, mix
from consent.core.finding import Finding, error
from consent.core.model import Theme
from consent.core.theme import COLOURS, DARK

MIN_TEXT_CONTRAST = 4.5
MIN_CONTROL_CONTRAST = 3.0

# What is seen against what, how clearly, and the rule: each pair in the light and the dark theme.
CONTRASTS = (
    ("text", "surface", MIN_TEXT_CONTRAST, "AC-07"),
    ("accent", "surface", MIN_TEXT_CONTRAST, "AC-07"),
    ("button_text", "button", MIN_TEXT_CONTRAST, "BF-04"),
    ("button", "surface", MIN_CONTROL_CONTRAST, "BF-04"),
    ("text", "tint", MIN_TEXT_CONTRAST, "AC-07"),
    ("accent", "tint", MIN_TEXT_CONTRAST, "AC-07"),
    ("button", "tint", MIN_CONTROL_CONTRAST, "BF-04"),
    ("edge", "surface", MIN_CONTROL_CONTRAST, "AC-07"),
)
_ON_TINT = (
    "{colour} on the tint of cards {other} has a contrast of {found}; at least {least} is needed"
)
_ON_GROUND = "{colour} on {ground} {other} has a contrast of {found}; at least {least} is needed"
# As static/css/pages.css mixes them.
_TINT = 0.05
_EDGE = 0.2


def theme_findings(theme: Theme) -> Iterator[Finding]:
    """Find each pair of colours that is too much alike; of one token on one ground once."""
    for suffix in ("", DARK):
        colours = _colours(theme, suffix)
        seen: set[str] = set()
        for one, other, least, rule in CONTRASTS:
            found = contrast(colours[one], colours[other])
            if found >= least or one in seen:
                continue
            seen.add(one)
            name = "text" if one == "edge" else one
            yield error(
                rule,
                f"theme.{name}{suffix}",
                _ON_TINT if other == "tint" else _ON_GROUND,
                colour=colours[one],
                ground=f"{other}{suffix}",
                other=colours[other],
                found=f"{found:.2f}",
                least=least,
            )


def contrasts(theme: Theme) -> Iterator[tuple[str, str, str, float, float]]:
    """Yield each judged pair: scheme, the two names, the contrast found, the least allowed."""
    for scheme, suffix in (("light", ""), ("dark", DARK)):
        colours = _colours(theme, suffix)
        for one, other, least, _ in CONTRASTS:
            yield scheme, one, other, contrast(colours[one], colours[other]), least


def _colours(theme: Theme, suffix: str) -> Mapping[str, str]:
    colours = {name: str(getattr(theme, name + suffix)) for name in COLOURS}
    colours["tint"] = mix(colours["surface"], colours["text"], _TINT)
    colours["edge"] = mix(colours["text"], colours["surface"], _EDGE)
    return colours
