// Decides, by the site's declarations and the visitor's choice, what an address has to wait for.

/** @import { AutoConfig, Change, Choices, Tag } from "../types.d.ts" */

import { FORM, cookiesNamed } from "../cookie.js";
import { KEY } from "../unsent.js";

/** Ours, or an object that the line before us made. @type {{ auto?: AutoConfig, released?: any }} */
const shared = /** @type {any} */ (self).consent || {};
/** Whether an earlier copy of this script is at work on the page already. */
export const isSecond = shared.released instanceof Set;
// What was let through, of which only loading the page again can be rid; the banner sees to it.
if (!isSecond) shared.released = new Set();
/** Nothing is known of other hosts without a configuration, so all of them wait. */
export const config = /** @type {AutoConfig} */ (
  shared.auto || { rules: [[location.hostname, "/"]], trackers: [], holds: true }
);
/** Hosts that nothing declares, each told once. */
const told = new Set();

/** Each category that the visitor has answered. @type {Partial<Choices>} */
let answers = {};

/**
 * Read what surely holds. Whatever needs judging, as an answer to an earlier notice or one not sent
 * yet, waits for the word of the banner's script.
 */
export function readAnswers() {
  answers = {};
  try {
    const [cookie, another] = cookiesNamed(config.cookie);
    const [, scope, pairs, chosen, ends] = /** @type {any} */ (FORM.exec(/** @type {string} */ (cookie)));
    const today = new Date().toISOString().replace(/-|T.*/g, "");
    const isSure = !another && scope === config.scope && !localStorage[KEY];
    if (isSure && chosen <= today && ends >= today) {
      for (const pair of pairs.split("_")) answers[pair.slice(0, -2)] = pair.endsWith("1");
    }
  } catch {
    // What cannot be read allows nothing.
  }
}

/** @param {CustomEvent<Change>} event of the banner's script: at first all that has an answer, then each change */
export function heed({ type, detail }) {
  if (type === "consent:ready") answers = {};
  for (const category of detail.changed) answers[category] = detail.choices[category];
}

/** @param {string} category */
export const allows = (category) => answers[category] === true;

/** @param {string} category */
export const isRefused = (category) => !category || answers[category] === false;

/**
 * The categories that an address still waits for, "" for what nobody can allow.
 * @param {unknown} address
 * @param {Tag} [tag] that is going to load it
 * @returns {string[]}
 */
export function waiting(address, tag) {
  const categories = categoriesOf(address, tag);
  const missing = categories.filter((category) => !allows(category));
  if (!missing.length) categories.forEach((category) => shared.released.add(category));
  return missing;
}

/**
 * @param {unknown} address
 * @param {Tag} [tag]
 */
function categoriesOf(address, tag) {
  const claimed = tag?.dataset?.consent?.match(/[^\s|]+/g) || [];
  let url;
  try {
    url = new URL(`${address}`, document.baseURI);
  } catch {
    return []; // Nothing to ask for.
  }
  if (!/^(http|ws)/.test(url.protocol)) return [];
  const host = url.hostname.replace(/\.$/, "");
  const rule = config.rules.find(
    ([name, path]) =>
      (name[0] === "*" ? host.endsWith(name.slice(1)) : host === name) &&
      (url.pathname + "/").startsWith(path),
  );
  if (rule) {
    const declared = rule.slice(2);
    // Of a host that several categories share, a tag in markup says which one it is.
    const narrowed = claimed.filter((category) => declared.includes(category));
    return narrowed[0] ? narrowed : declared;
  }
  if (!told.has(host)) {
    told.add(host);
    const detail = { host, held: config.holds };
    document.dispatchEvent(new CustomEvent("consent:undeclared", { detail }));
  }
  return claimed[0] ? claimed : config.holds ? [""] : [];
}
