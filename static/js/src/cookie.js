// Reads the choice cookie, tolerantly in the header and strictly in the value; spells it only for
// the other-domain shape, where the server cannot set it.

/** @import { Answer, Config } from "./types.d.ts" */

import { DAY, driftOf } from "./state.js";

export const FORM = /^1\.[\w-]+\.([0-9a-f]{16})\.((?:_?[a-z][a-z0-9]*-[01])+)\.(\d{8})\.(\d{8})\.[\w-]+$/;

/**
 * The values under a name: hosts of one domain may each have set one.
 * @param {string} header `document.cookie`
 * @param {string} name
 */
export const cookiesNamed = (header, name) =>
  header
    .split("; ")
    .filter((pair) => pair.startsWith(name + "="))
    .map((pair) => pair.slice(name.length + 1));

/**
 * The newest well-formed cookie of a name, "" for none; of one day, that which refuses more.
 * @param {string} header `document.cookie`
 * @param {string} name
 * @returns {string}
 */
export const findChoiceCookie = (header, name) =>
  cookiesNamed(header, name)
    .filter(parseChoiceCookie)
    .map((value) => [value.split(".")[4], value.split(/-0[_.]/).length, value].join(" "))
    .sort()
    .pop()
    ?.split(" ")[2] || "";

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
 * The cookie line that keeps a signed choice to the end of its last day.
 * @param {Pick<Config, "cookie" | "day" | "domain">} config
 * @param {string} value
 * @param {number} now milliseconds since 1970
 */
export function choiceCookieLine(config, value, now) {
  const { validUntil } = /** @type {Answer} */ (parseChoiceCookie(value));
  // By the server's clock: a wrong one of the browser would end it at once.
  const left = Date.parse(validUntil) + DAY - now - driftOf(config, now);
  const domain = config.domain ? "; Domain=" + config.domain : "";
  return `${config.cookie}=${value}; Path=/; Max-Age=${left / 1000 | 0}; SameSite=Lax${domain}${secure()}`;
}

export const secure = () => (location.protocol === "https:" ? "; Secure" : "");
