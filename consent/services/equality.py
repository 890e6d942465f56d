"""Draw a notice that is about to be published, and measure whether refusing equals accepting.

One page draws both layers in every language, at three widths, by day and by night; the rules are
in consent.core.equality. Where there is no browser, what can be computed from the tokens and the
texts is all there is: consent.core.gate_theme and consent.core.gate_texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from consent.bundled import bundled
from consent.core.equality import Pair, inequalities
from consent.core.finding import Finding, error
from consent.core.script_line import packed
from consent.services.browsing import TIMEOUT_MS, answer_only, open_browser
from consent.services.builds import script_content

if TYPE_CHECKING:
    from playwright.sync_api import Page

VIEWS = ((320, 568), (768, 1024), (1280, 800))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

_ADDRESS = "http://measuring.invalid/"
_DOCUMENT = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>Page</title><main><h1>Page</h1></main></html>"
)


def measure(
    configs: Sequence[Mapping[str, Any]],
    *,
    executable: str | None,
    views: Iterable[tuple[int, int]] = VIEWS,
    schemes: Iterable[Literal["light", "dark"]] = SCHEMES,
) -> list[Pair]:
    """Return what is drawn for each of the script's configurations, view and scheme.

    Raises BrowserUnavailableError when the browser is missing or does not do it.
    """
    pairs: list[Pair] = []
    with open_browser(executable) as browser:
        context = browser.new_context(reduced_motion="reduce", service_workers="block")
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        answer_only(page, {_ADDRESS: ("text/html", _DOCUMENT)})
        page.goto(_ADDRESS)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            for width, height in views:
                page.set_viewport_size({"width": width, "height": height})
                pairs += measure_in(page, configs, scheme=scheme)
    return pairs


def measure_in(
    page: Page, configs: Sequence[Mapping[str, Any]], *, scheme: str, breaking: str = ""
) -> Iterator[Pair]:
    """Yield what an open page draws for each configuration at the size and in the scheme it has.

    `breaking` is CSS that wins over ours, to see that a fault is found.
    """
    program = (bundled("static/js/tools") / "measure.js").read_text("utf-8")
    given = {
        "bundle": script_content().decode(),
        "drawings": [{"language": one["language"], "config": packed(one)} for one in configs],
        "breaking": breaking,
    }
    seen: list[dict[str, Any]] = page.evaluate(program, given)
    for number, one in enumerate(seen):
        yield Pair(
            language=one["language"],
            layer=one["layer"],
            position=configs[number // 2]["theme"]["position"],  # two layers each
            scheme=scheme,
            view=(one["view"][0], one["view"][1]),
            covers=one["covers"],
            refuse=one["refuse"],
            accept=one["accept"],
        )


def equality_findings(pairs: Iterable[Pair]) -> list[Finding]:
    """Return what the gate has to say; the same fault in several drawings is told once."""
    found: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        for rule, message in inequalities(pair):
            found.setdefault((rule, message), []).append(pair)
    return [
        error(rule, "drawn", f"{message} ({pairs[0]}{_more(len(pairs))})")
        for (rule, message), pairs in found.items()
    ]


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""
