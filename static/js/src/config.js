// The configuration that the service puts before us, by place and not by name: keys would weigh a
// sixtieth of everything. The order is that of consent/core/script_line.py, which says how it may grow.

/** @import { Category, Config } from "./types.d.ts" */

export const API = 0;
export const PREFERENCES = 1;
export const POLICY = 2;
export const PRIVACY = 3;
export const COOKIE = 4;
export const DOMAIN = 5;
export const REQUEST = 6;
export const SERVED = 7;
export const SCOPE = 8;
export const EARLIER = 9;
export const DAYS = 10;
export const TOKEN = 11;
export const LANGUAGE = 12;
export const LANGUAGES = 13;
export const DIRECTION = 14;
export const CATEGORIES = 15;
export const TRACKERS = 16;
export const PROVIDERS = 17;
export const GROUPS = 18;
export const GOOGLE = 19;
export const TEXTS = 20;
export const THEME = 21;

/** @type {Config} */
export let config;

/**
 * Addresses become whole ones: a <base> of the page would lead paths elsewhere.
 * @param {Config} given
 */
export function configure(given) {
  config = /** @type {any} */ (
    given.map((value) => /** @type {any} */ (value).replace?.(/^\//, self.origin + "/") ?? value)
  );
}

/** Whether the browser asks for privacy: only these exact values do. */
export const gpc = () => navigator.globalPrivacyControl === true || navigator.doNotTrack === "1";

/** Whether the browser's signal switches a category off. @param {Category} category */
export const isSignalled = (category) => category[3] && gpc();
