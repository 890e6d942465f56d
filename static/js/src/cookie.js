// Reads and writes cookies: the choice, tolerantly in the header and strictly in the value.

/** @import { Answer, Choices } from "./types.d.ts" */

import { COOKIE, DOMAIN, config } from "./config.js";
import { DAY, now } from "./state.js";

export const FORM = /^1\.[\w-]+\.([\da-f]{16})\.((?:_?[a-z][a-z\d]*-[01])+)\.(\d{8})\.(\d{8})\.[\w-]+$/;

/** The cookies there are, each as name and value. */
export const cookies = () =>
  /** @type {[name: string, value?: string][]} */ (
    document.cookie.split("; ").map((pair) => pair.split(/=(.*)/))
  );

/**
 * The values under a name: hosts of one domain may each have set one.
 * @param {string} name
 */
export const cookiesNamed = (name) =>
  cookies()
    .filter((cookie) => cookie[0] === name)
    .map((cookie) => /** @type {string} */ (cookie[1]));

/**
 * The newest well-formed choice, "" for none; of one day, that which refuses more.
 * @returns {string}
 */
export const currentCookie = () =>
  cookiesNamed(config[COOKIE])
    .filter(parseChoiceCookie)
    .map((value) => /** @type {const} */ ([value.split(".")[4], value.split(/-0[_.]/).length, value]))
    .sort()
    .pop()?.[2] || "";

/** @param {string} pairs as spelt in the cookie @returns {Choices} */
const choicesIn = (pairs) =>
  Object.fromEntries(pairs.split("_").map((pair) => [pair.slice(0, -2), pair.endsWith("1")]));

/**
 * The answer in the value of a choice cookie, nothing for any other spelling. The signature is for
 * servers to check: who forges the cookie fools only his own browser.
 * @param {string} value
 * @returns {Answer | void}
 */
export function parseChoiceCookie(value) {
  const [, scope, pairs, ...days] = /** @type {any[]} */ (FORM.exec(value) || []);
  const [decidedOn, validUntil] = /** @type {[string, string]} */ (
    days.map((day) => day.replace(/(....)(..)/, "$1-$2-"))
  );
  // Both days exist, and in this order.
  if (Date.parse(decidedOn) <= Date.parse(validUntil)) {
    return [scope, choicesIn(pairs), decidedOn, validUntil];
  }
}

/**
 * @param {string} pair
 * @param {number} seconds
 * @param {string} path
 * @param {string} domain "" for this host alone
 */
function writeCookie(pair, seconds, path, domain) {
  const where = domain && "; Domain=" + domain;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${pair}; Path=${path}; Max-Age=${seconds}; SameSite=Lax${where}${secure}`;
}

/**
 * Keep a signed choice to the end of its last day, where the server cannot.
 * @param {string} value
 */
export function keepChoice(value) {
  const [, , , validUntil] = /** @type {Answer} */ (parseChoiceCookie(value));
  // By the server's clock: a wrong one of the browser would end it at once.
  const left = (Date.parse(validUntil) + DAY - now()) / 1000 | 0;
  writeCookie(config[COOKIE] + "=" + value, left, "/", config[DOMAIN]);
}

/**
 * Delete a cookie, which may have been set for this host or for any domain above it.
 * @param {string} name
 * @param {string} declaredPath
 */
export function deleteCookie(name, declaredPath) {
  const labels = location.hostname.split(".");
  for (const domain of ["", ...labels.map((_, index) => labels.slice(index).join("."))]) {
    for (const path of ["/", declaredPath]) writeCookie(name + "=", 0, path, domain);
  }
}
