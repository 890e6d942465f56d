"""The line before the banner's script: its configuration, in as few bytes as it can be read from.

Texts go without their keys: in the order of `TEXTS`, which `static/js/src/texts.js` has as numbers.
A page may run a script of last week that asks for today's texts, so a place in that order is for
good: a new key goes to the end, and one that is no longer used keeps its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# What had the name before may be an earlier copy of the script, or an element of the page.
PREFIX = "self.consent={was:self.consent,config:"
SUFFIX = "};\n"

TEXTS = (
    "banner.title",
    "banner.intro",
    "banner.withdraw",
    "banner.gpc",
    "banner.again",
    "banner.policy",
    "banner.privacy",
    "button.accept_all",
    "button.refuse_all",
    "button.choose",
    "button.save",
    "button.close",
    "button.withdraw_all",
    "dialog.title",
    "dialog.intro",
    "dialog.necessary_label",
    "dialog.necessary_text",
    "dialog.details",
    "control.label",
    "embed.blocked",
    "embed.load_once",
    "embed.allow_always",
    "announce.saved",
    "announce.saved_gpc",
    "announce.withdrawn",
    "announce.kept",
    "announce.failed",
    "announce.reload",
)

_TRACKER = ("name", "category", "kind", "path")


def composed(config: Mapping[str, Any]) -> bytes:
    """Return the line that comes before the committed script."""
    text = json.dumps(packed(config), ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"{PREFIX}{safe}{SUFFIX}".encode()


def packed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as the script reads it."""
    shown = {**config, "texts": _packed_texts(config)}
    return {key: _packed(key, value) for key, value in shown.items()}


def _packed_texts(config: Mapping[str, Any]) -> list[str]:
    """Return the texts in their order, "" for those that this configuration never shows."""
    needed = {
        "banner.again": bool(config["earlier"]),
        "banner.gpc": (heeds := any(one["gpc"] for one in config["categories"])),
        "announce.saved_gpc": heeds,
    }
    return [config["texts"][key] if needed.get(key, True) else "" for key in TEXTS]


def _packed(key: str, value: Any) -> Any:
    if key == "days":
        return [value["refusal"], value["consent"]]
    if key == "categories":
        return [{name: one[name] for name in one if one[name] is not False} for one in value]
    if key == "trackers":
        return [[one[name] for name in _TRACKER if name in one] for one in value]
    return value
