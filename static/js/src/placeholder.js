// Stands where an embed waits for consent: says whose it is, and offers it once or always.

/** @import { Category } from "./types.d.ts" */

import { choose } from "./act.js";
import { button, element, paragraph, root } from "./element.js";
import { EMBED_ALLOW_ALWAYS, EMBED_BLOCKED, EMBED_LOAD_ONCE } from "./texts.js";
import { config, text } from "./visit.js";

/**
 * @param {HTMLElement} embed
 * @param {string} address where it would come from
 * @param {Category[]} categories those it waits for
 * @param {() => void} loadOnce
 * @returns {HTMLElement}
 */
export function buildPlaceholder(embed, address, categories, loadOnce) {
  const names = {
    provider: embed.dataset.consentProvider || providerOf(address),
    category: categories.map((category) => category.label).join(", "),
  };
  return root(
    "div",
    { class: "consent-embed" },
    element(
      "div",
      { class: "consent-text" },
      element("strong", {}, embed.title || embed.getAttribute("alt")),
      paragraph(text(EMBED_BLOCKED, names)),
    ),
    element(
      "div",
      { class: "consent-buttons" },
      button(text(EMBED_LOAD_ONCE, names), loadOnce),
      // Under Global Privacy Control only the dialog may allow such a category for good.
      !categories.some((category) => category.gpc) &&
        button(text(EMBED_ALLOW_ALWAYS, names), () =>
          choose("embed", "banner", Object.fromEntries(categories.map((category) => [category.id, true]))),
        ),
    ),
  );
}

/**
 * @param {string} address
 * @returns {string} who is behind it, as declared; else its host, and "" for an address that is none
 */
function providerOf(address) {
  try {
    const { hostname } = new URL(address, document.baseURI);
    const declared = Object.keys(config.providers).find(
      (host) => host === hostname || (host[0] === "*" && hostname.endsWith(host.slice(1))),
    );
    return config.providers[declared || ""] || hostname;
  } catch {
    return "";
  }
}
