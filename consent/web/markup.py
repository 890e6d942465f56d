"""Plain texts as markup: web and mail addresses become links."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def linked(text: str) -> Markup:
    """Return a text in which addresses are links; everything else is escaped."""
    parts, end = [], 0
    for match in _ADDRESS.finditer(text):
        address = match[0]
        href = address if "://" in address else f"mailto:{address}"
        parts += [
            escape(text[end : match.start()]),
            Markup('<a href="{}">{}</a>').format(href, address),
        ]
        end = match.end()
    return Markup().join([*parts, escape(text[end:])])
