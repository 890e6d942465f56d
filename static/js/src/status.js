// Says what became of a choice, politely, and gives focus a place to return to.

import { root } from "./element.js";

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
 * @param {string} text
 * @param {boolean} isVisible shown to everyone for a while; otherwise for screen readers only
 */
export function announce(text, isVisible) {
  const node = statusRegion();
  // Screen readers miss a change in the same turn as the region itself.
  setTimeout(() => {
    node.classList.toggle("consent-visible", isVisible && !!text);
    node.textContent = text;
  }, 100);
}
