"""What stands in a table of the console is on paper as well: no column is left out."""

from __future__ import annotations

import re
from pathlib import Path

import consent
from consent.bundled import bundled

PRINT = re.compile(r"@media print \{(.*?)^\}", re.DOTALL | re.MULTILINE)
HIDING = re.compile(r"([^{}]+)\{[^{}]*display: none[^{}]*\}")
CLASS = re.compile(r"\.([a-z][a-z0-9-]*)")
CELL = re.compile(r"<t[dhr][^>]*\bclass=\"([^\"]*)\"")
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")

TEMPLATES = Path(consent.__file__).parent / "templates" / "console"


def hidden_on_paper() -> set[frozenset[str]]:
    """Return the classes an element has to have, together, to be left out of what is printed."""
    hidden = set()
    for sheet in bundled("static/css").glob("console*.css"):
        for block in PRINT.findall(sheet.read_text("utf-8")):
            for selectors in HIDING.findall(block):
                for selector in selectors.split(","):
                    last = selector.split()[-1] if selector.split() else ""
                    hidden.add(frozenset(CLASS.findall(last)))
    return hidden - {frozenset()}


def test_no_cell_or_row_of_a_table_is_left_out_on_paper() -> None:
    hidden = hidden_on_paper()
    assert {"pager"} in hidden
    cells = [
        (path.name, frozenset(classes.split()))
        for path in sorted(TEMPLATES.rglob("*.html"))
        for classes in CELL.findall(JINJA.sub(" ", path.read_text("utf-8")))
    ]
    assert len(cells) > 20
    assert [one for one in cells if any(which <= one[1] for which in hidden)] == []
