// Stands where an embed waits for consent: says whose it is, and offers it once or always.

/** @import { Category } from "./types.d.ts" */

import { choose } from "./act.js";
import { button, element, paragraph, root } from "./element.js";
import { config, text } from "./visit.js";

/**
 * @param {HTMLElement} embed
 * @param {Category[]} categories those it waits for
 * @param {() => void} loadOnce
 * @returns {HTMLElement}
 */
export function buildPlaceholder(embed, categories, loadOnce) {
  const names = {
    provider: embed.dataset.consentProvider || providerOf(embed.dataset.src || ""),
    category: categories.map((category) => category.label).join(", "),
  };
  return root(
    "div",
    { class: "consent-embed" },
    element(
      "div",
      { class: "consent-text" },
      element("strong", {}, embed.title || embed.getAttribute("alt")),
      paragraph(text("embed.blocked", names)),
    ),
    element(
      "div",
      { class: "consent-buttons" },
      button(text("embed.load_once", names), loadOnce),
      // Under Global Privacy Control only the dialog may allow such a category for good.
      !categories.some((category) => category.gpc) &&
        button(text("embed.allow_always", names), () =>
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
    return config.providers[hostname] || hostname;
  } catch {
    return "";
  }
}
