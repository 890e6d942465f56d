// Stands where an embed waits for consent: says whose it is, and offers it once or always.

/** @import { Category } from "./types.d.ts" */

import { choose } from "./act.js";
import { PROVIDERS, config, isSignalled } from "./config.js";
import { button, element, link, panel, paragraph } from "./element.js";
import { EMBED_ALLOW_ALWAYS, EMBED_BLOCKED, EMBED_LOAD_ONCE } from "./texts.js";
import { text } from "./visit.js";

/**
 * @param {HTMLElement} embed
 * @param {string} address where it would come from
 * @param {Category[]} categories those it waits for
 * @param {() => void} loadOnce
 */
export function buildPlaceholder(embed, address, categories, loadOnce) {
  // The host of an address that is none is "".
  const { hostname } = link(address);
  const declared = config[PROVIDERS].find(([pattern]) => RegExp(pattern).test(hostname));
  const names = {
    provider: embed.dataset.consentProvider || declared?.[1] || hostname,
    category: categories.map(([, label]) => label).join(", "),
  };
  const once = text(EMBED_LOAD_ONCE, names);
  return panel(
    "div",
    { class: "consent-embed" },
    [
      element("strong", {}, embed.title || embed.getAttribute("alt")),
      paragraph(text(EMBED_BLOCKED, names)),
    ],
    [
      // Where the page's policy keeps out what is not allowed, there is no such text.
      once && button(once, loadOnce),
      // Under Global Privacy Control only the dialog may allow such a category for good.
      !categories.some(isSignalled) &&
        button(text(EMBED_ALLOW_ALWAYS, names), () =>
          choose("embed", "banner", categories.map(([id]) => id)),
        ),
    ],
  );
}
