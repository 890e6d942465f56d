// The notices that the page carries: each as it was published, proven by its digest.

import { hex, sha256, utf8 } from "./bytes.js";

/** @typedef {Record<string, any>} Document */

/**
 * @typedef {object} Published one notice: whole, or as what changed since the one before it
 * @property {string} hash
 * @property {string} published the day, in words
 * @property {Document} [document]
 * @property {any} [patch] a JSON merge patch (RFC 7386)
 */

/**
 * Return a notice whose digest is the one asked for; null when the page does not carry it.
 *
 * @param {readonly Published[]} published oldest first @param {string} hash
 * @returns {Promise<{ document: Document, published: string } | null>}
 */
export async function findNotice(published, hash) {
  /** @type {any} */
  let document = {};
  for (const one of published) {
    document = one.document ?? patched(document, one.patch);
    if (one.hash !== hash) continue;
    const digest = hex(await sha256(utf8(canonical(document))));
    return digest === hash ? { document, published: one.published } : null;
  }
  return null;
}

/** @param {any} target @param {any} patch @returns {any} */
export function patched(target, patch) {
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = patched(result[name], value);
  }
  return result;
}

/**
 * The canonical encoding of a value (RFC 8785; keys are ASCII here).
 *
 * @param {any} value @returns {string}
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** @param {any} value */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
