// Keeps declared cookies and stored items from being written while their category is not allowed.

import { wrap } from "./patch.js";
import { patternOf } from "./pattern.js";
import { allows, config } from "./verdict.js";

/**
 * @param {string} kind
 * @param {unknown} name
 */
const isBarred = (kind, name) =>
  config.trackers.some(
    (tracker) =>
      tracker.kind === kind && !allows(tracker.category) && patternOf(tracker.name).test(`${name}`),
  );

/** How cookies are deleted, which is always allowed: by a Max-Age, without one by Expires. */
const DELETION =
  /; *max-age *= *(-|0+ *(;|$))|^(?!.*max-age).*; *expires *=[^;]*(19\d|20[01])\d/i;

/** @param {Storage} storage */
const kindOf = (storage) => (storage === sessionStorage ? "session_storage" : "local_storage");

export function guardStorage() {
  wrap(Document, "cookie", (native, [value]) => {
    const name = /[^=;]*/.exec(value)?.[0].trim();
    if (!isBarred("cookie", name) || DELETION.test(value)) native(value);
  });
  wrap(/** @type {any} */ (self).CookieStore, "set", async (native, args) => {
    if (!isBarred("cookie", args[0]?.name || args[0])) return native(...args);
  });
  wrap(self.Storage, "setItem", (native, args, storage) => {
    if (!isBarred(kindOf(storage), args[0])) native(...args);
  });
  wrap(self.IDBFactory, "open", (native, args) => {
    // As where the browser itself blocks storage.
    if (isBarred("indexed_db", args[0])) throw new DOMException("", "SecurityError");
    return native(...args);
  });
  // What no method sees, as `localStorage.name = value`, goes before the page does.
  for (const event of ["load", "pagehide"]) {
    addEventListener(event, () => {
      for (const storage of [localStorage, sessionStorage]) {
        for (const key of Object.keys(storage)) if (isBarred(kindOf(storage), key)) storage.removeItem(key);
      }
    }, true);
  }
}
