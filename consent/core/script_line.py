"""The line before the banner's script: its configuration, in as few bytes as it can be read from.

Neither the configuration nor its texts have keys: they go in the order of `PLACES` and of `TEXTS`,
which `static/js/src/config.js` and `texts.js` have as numbers. A page may run a script of last week
that asks for today's configuration, so a place in these orders is for good: what is new goes to the
end, and what is no longer used keeps its place, empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# What had the name before may be an earlier copy of the script, or an element of the page.
PREFIX = "self.consent={was:self.consent,config:"
SUFFIX = "};\n"

PLACES = (
    "api",
    "preferences",
    "policy",
    "privacy",
    "cookie",
    "domain",
    "request",
    "served",
    "scope",
    "earlier",
    "days",
    "token",
    "language",
    "languages",
    "direction",
    "categories",
    "trackers",
    "providers",
    "groups",
    "google",
    "texts",
    "theme",
)

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

# Kinds of item by what a page calls the place that holds them.
_KINDS = {
    "local_storage": "localStorage",
    "session_storage": "sessionStorage",
    "indexed_db": "indexedDB",
}


def composed(config: Mapping[str, Any]) -> bytes:
    """Return the line that comes before the committed script."""
    text = json.dumps(packed(config), ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"{PREFIX}{safe}{SUFFIX}".encode()


def packed(config: Mapping[str, Any]) -> list[Any]:
    """Return a configuration as the script reads it."""
    days = config["days"]
    shown = {
        **config,
        "domain": config.get("domain", ""),
        "request": _request(config),
        "served": config["day"],
        "days": [days["refusal"], days["consent"]],
        "direction": config["dir"],
        "categories": [_category(one) for one in config["categories"]],
        "trackers": [_tracker(one) for one in config["trackers"]],
        "providers": [[_pattern(host), name] for host, name in config["providers"].items()],
        "google": list(config.get("google", {}).items()) or 0,
        "texts": _packed_texts(config),
        "theme": config["theme"]["css"],
    }
    return [shown[place] for place in PLACES]


def _request(config: Mapping[str, Any]) -> dict[str, str]:
    """Return what every request has; on the page's own origin, cookies go along by themselves.

    A service on another domain gets and sets no cookies: they would be a third party's.
    """
    if not config["first_party"]:
        return {"credentials": "omit"}
    return {} if config["api"].startswith("/") else {"credentials": "include"}


def _category(one: Mapping[str, Any]) -> list[Any]:
    signalled = [1] if one["gpc"] else []
    return [one["id"], one["label"], one["description"], *signalled]


def _tracker(one: Mapping[str, str]) -> list[str]:
    """Return what deletes an item; pages cannot see a cookie of another path, so it is named."""
    name, path = one["name"], one.get("path")
    hidden = [path, *([] if "*" in name else [name])] if path else []
    return [_pattern(name), one["category"], _KINDS.get(one["kind"], one["kind"]), *hidden]


def _pattern(name: str) -> str:
    """Return a name that may hold `*` wildcards as a regular expression, for Python and scripts."""
    return f"^{re.escape(name).replace(re.escape('*'), '.*')}$"


def _packed_texts(config: Mapping[str, Any]) -> list[str]:
    """Return the texts in their order, "" for those that this configuration never shows."""
    needed = {
        "banner.again": bool(config["earlier"]),
        "banner.gpc": (heeds := any(one["gpc"] for one in config["categories"])),
        "announce.saved_gpc": heeds,
    }
    return [config["texts"][key] if needed.get(key, True) else "" for key in TEXTS]
