// Reads the choice cookie, tolerantly in the header and strictly in the value; spells it only for
// the other-domain shape, where the server cannot set it.

/** @import { Answer } from "./types.d.ts" */

const FORM = /^1\.[\w-]+\.([0-9a-f]{16})\.((?:_?[a-z][a-z0-9]*-[01])+)\.(\d{8})\.(\d{8})\.[\w-]+$/;

/**
 * The well-formed cookie of a name, "" for none. One of a parent domain may stand before or behind
 * ours under the same name.
 * @param {string} header `document.cookie`
 * @param {string} name
 * @returns {string}
 */
export function findChoiceCookie(header, name) {
  const values = header
    .split("; ")
    .filter((pair) => pair.startsWith(name + "="))
    .map((pair) => pair.slice(name.length + 1));
  return values.find(parseChoiceCookie) || "";
}

/**
 * The answer in the value of a choice cookie, null for any other spelling. The signature is for
 * servers to check: who forges the cookie fools only his own browser.
 * @param {string} value
 * @returns {Answer | null}
 */
export function parseChoiceCookie(value) {
  const parts = /** @type {[string, string, string, string, string] | null} */ (FORM.exec(value));
  if (!parts) return null;
  const [, scope, pairs, chosen, ends] = parts;
  const decidedOn = dashed(chosen);
  const validUntil = dashed(ends);
  // Both days exist, and in this order.
  if (!(Date.parse(decidedOn) <= Date.parse(validUntil))) return null;
  const choices = Object.fromEntries(
    pairs.split("_").map((pair) => [pair.slice(0, -2), pair.endsWith("1")]),
  );
  return { scope, choices, decidedOn, validUntil };
}

/** @param {string} day YYYYMMDD */
const dashed = (day) => day.replace(/(....)(..)/, "$1-$2-");

/**
 * The cookie line that keeps a signed choice for as long as the choice counts.
 * @param {string} name
 * @param {string} value
 * @param {string} validUntil RFC 3339
 * @param {boolean} secure
 */
export function choiceCookieLine(name, value, validUntil, secure) {
  const expires = new Date(validUntil).toUTCString();
  return `${name}=${value}; Path=/; Expires=${expires}; SameSite=Lax${secure ? "; Secure" : ""}`;
}
