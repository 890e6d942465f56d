// Talks to the service: sends an act, asks for the configuration as it is now.

/** @import { Act, Config, Outcome } from "./types.d.ts" */

import { choiceCookieLine, findChoiceCookie } from "./cookie.js";
import { isStanding } from "./unsent.js";

/**
 * A service on another domain gets and sets no cookies: they would be a third party's.
 * @param {Config} config
 * @param {string} path
 * @param {RequestInit} options
 */
const ask = (config, path, options) =>
  fetch(config.api + path, { credentials: config.first_party ? "include" : "omit", ...options });

/**
 * Send an act. It is idempotent by its submission id, so sending it twice does no harm.
 * @param {Config} config
 * @param {Act} act
 * @returns {Promise<Outcome>}
 */
export async function sendAct(config, act) {
  const { at, seen, scope, replaces, ...body } = act;
  try {
    const response = await ask(config, "/consents", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true,
      signal: within(20),
    });
    if (!response.ok) return outcomeOf(response.status, response.headers.get("Content-Type"));
    if (!config.first_party) {
      const { cookie } = await response.json();
      const held = findChoiceCookie(document.cookie, config.cookie);
      const now = Date.now();
      // The answer to an act may come after that to a later one of another tab.
      if (isStanding(act, held, now)) document.cookie = choiceCookieLine(config, cookie, now);
    }
    return "saved";
  } catch {
    return "kept";
  }
}

/**
 * What an error answer means: one that may pass keeps the act, a definite one ends it. Only the
 * service itself is definite; a proxy or a firewall on the way may pass as well.
 * @param {number} status
 * @param {string | null} type media type of the answer
 * @returns {Outcome}
 */
export const outcomeOf = (status, type) =>
  /^(5|408|425|429)/.test(`${status}`) || !/problem/.test(`${type}`) ? "kept" : "rejected";

/** Nobody waits longer than this for an answer. @param {number} seconds */
const within = (seconds) => AbortSignal.timeout?.(seconds * 1000);

/**
 * The configuration in a language as the service has it now; the one we have when it cannot be had.
 * @param {Config} config
 * @param {string} language
 * @returns {Promise<Config>}
 */
export async function fetchConfig(config, language) {
  try {
    const response = await ask(config, "/notice?lang=" + language, {
      cache: "no-cache",
      signal: within(3),
    });
    return (await response.json()).config || config;
  } catch {
    return config;
  }
}
