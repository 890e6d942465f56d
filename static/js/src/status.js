// Says what became of a choice, politely, and gives focus a place to return to.

import { root } from "./element.js";
import { ANNOUNCE_SAVED } from "./texts.js";
import { text } from "./visit.js";

/** @type {HTMLElement | undefined} */
let region;

/** The live region, at the start of the page; it has to be there before its text changes. */
export function statusRegion() {
  if (!region?.isConnected) {
    region = root("div", { id: "consent-status", role: "status", tabindex: -1 });
    document.body.prepend(region);
  }
  return region;
}

/**
 * What is no mere confirmation is shown to everyone for a while, and not to screen readers only.
 * @param {number} place of a text
 */
export function announce(place) {
  const node = statusRegion();
  // Screen readers miss a change in the same turn as the region itself.
  setTimeout(() => {
    node.textContent = /** @type {string} */ (text(place));
    if (place !== ANNOUNCE_SAVED) node.animate({ clipPath: ["none", "none"] }, 15e3);
  }, 100);
}
