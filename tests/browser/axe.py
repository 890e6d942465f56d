"""Have axe look at what the script draws, one configuration after another in the same page.

A page is loaded once for each way of seeing it; the languages are swapped in place, which is what
makes a look at all of them affordable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Page

from consent.core.catalogue import LANGUAGES
from consent.core.script_line import packed
from tests.browser.script_fixture import BUNDLE, ROOT

_AXE = ROOT / "static" / "js" / "node_modules" / "axe-core" / "axe.min.js"

# Everything axe knows: WCAG 2.0 to 2.2, A to AAA where it has rules, and best practice.
# Contrast is the system's own where it forces its colours, and axe reads those we asked for. To
# name each element that passes by a selector of its own takes it most of its time.
_RUN = """axe.run(document, {
      resultTypes: ["violations", "incomplete"],
      rules: {
        "target-size": { enabled: true },
        "color-contrast": {
          enabled: CONTRAST && !matchMedia("(forced-colors: active)").matches
        },
      },
    })"""

_LOOK = (
    """async ({ bundle, drawings, judged }) => {
  const seen = [];
  const shown = (id) => new Promise((resolve, reject) => {
    let turns = 0;
    const look = () => {
      const node = document.getElementById(id);
      if (node) resolve(node);
      else if (++turns > 300) reject(new Error(id + " does not appear"));
      else setTimeout(look, 10);
    };
    look();
  });
  const note = async (layer, language, node) => {
    const { violations } = !judged.includes(language) ? { violations: [] } : await """
    + _RUN.replace("CONTRAST", "true")
    + """;
    const faults = violations.flatMap(({ id, nodes }) => nodes
      .filter((one) => /consent/.test(one.html + one.target))
      .map((one) => id + ": " + one.html.slice(0, 120)));
    const box = node.getBoundingClientRect();
    const inView = [...node.querySelectorAll(":scope > div + div button")].every((one) => {
      const { x, y, right, bottom } = one.getBoundingClientRect();
      return x >= 0 && y >= 0 && right <= innerWidth && bottom <= innerHeight;
    });
    const clipped = [...node.querySelectorAll("button, h2")].filter((one) => {
      const words = document.createRange();
      words.selectNodeContents(one);
      const inner = words.getBoundingClientRect(), outer = one.getBoundingClientRect();
      return inner.right > outer.right + 1 || inner.left < outer.left - 1
        || inner.bottom > outer.bottom + 1;
    }).map((one) => one.textContent);
    const small = [...node.querySelectorAll("button, a, label")].filter((one) =>
      one.getBoundingClientRect().height < 43.5).map((one) => one.textContent);
    seen.push({
      language, layer, faults, inView, clipped, small,
      share: box.height / innerHeight,
      sideways: document.documentElement.scrollWidth > innerWidth
        || node.firstElementChild.scrollWidth > node.firstElementChild.clientWidth,
    });
  };
  for (const { language, config } of drawings) {
    for (const node of document.querySelectorAll("[id^=consent-]")) node.remove();
    document.adoptedStyleSheets = [];
    document.documentElement.removeAttribute("style");
    delete self.consent;
    self.consent = { config };
    document.documentElement.lang = language;
    (0, eval)(bundle);
    await note("banner", language, await shown("consent-banner"));
    (await shown("consent-choose")).click();
    const dialog = await shown("consent-dialog");
    await note("dialog", language, dialog);
    dialog.close();
  }
  return seen;
}"""
)


def look_at(
    page: Page, configs: Sequence[Mapping[str, Any]], *, judged: Sequence[str] = LANGUAGES
) -> list[dict[str, Any]]:
    """Return what axe finds in both layers of each configuration, and how they fit the view.

    Axe judges the languages in `judged`; how they fit is measured in all.
    """
    _bring_axe(page)
    given = {
        "bundle": BUNDLE.read_text("utf-8"),
        "drawings": [{"language": one["language"], "config": packed(one)} for one in configs],
        "judged": list(judged),
    }
    seen: list[dict[str, Any]] = page.evaluate(_LOOK, given)
    return seen


def page_faults(page: Page, *, contrast: bool = True) -> list[str]:
    """Return what axe finds on a page of the service, and what it cannot decide but contrast.

    Contrast is what takes axe longest, and is the same in every language.
    """
    _bring_axe(page)
    found = page.evaluate(_RUN.replace("CONTRAST", str(contrast).lower()))
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}"
        for kind in ("violations", "incomplete")
        for one in found[kind]
        if kind == "violations" or one["id"] != "color-contrast"
    ]


def _bring_axe(page: Page) -> None:
    assert _AXE.is_file(), "run `npm ci` in static/js first"
    page.evaluate(f"self.axe || (() => {{ {_AXE.read_text('utf-8')} }})(); 0")
