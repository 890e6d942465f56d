// A configuration for tests, by name; the script has it by place.

import { configure } from "../src/config.js";
import * as places from "../src/config.js";

const DEFAULTS = {
  API: "/api",
  COOKIE: "consent",
  REQUEST: {},
  SERVED: "2026-11-22",
  SCOPE: "4bf92f3577b34da6",
  EARLIER: {},
  DAYS: [180, 180],
  CATEGORIES: [],
};

/** @param {Record<string, unknown>} changes by the names of the places */
export function give(changes = {}) {
  globalThis.self ??= /** @type {any} */ ({ origin: "https://o.test" });
  const line = Array(places.THEME + 1).fill("");
  for (const [name, value] of Object.entries({ ...DEFAULTS, ...changes })) line[places[name]] = value;
  configure(line);
}

/** Stop the browser's clock. @param {import("node:test").TestContext} t @param {number} now */
export function stopClock(t, now) {
  t.mock.timers.enable({ apis: ["Date"], now });
}

/** Whether the browser sends a privacy signal. @param {boolean} isSent */
export function signal(isSent) {
  const value = { globalPrivacyControl: isSent };
  Object.defineProperty(globalThis, "navigator", { value, configurable: true });
}
