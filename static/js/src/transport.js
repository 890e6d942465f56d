// Talks to the service: sends an act, asks for the configuration as it is now.

/** @import { Act, Outcome } from "./types.d.ts" */

import { API, REQUEST, config, configure } from "./config.js";
import { currentCookie, keepChoice } from "./cookie.js";
import { isStanding } from "./unsent.js";

/** What may become of sending an act. */
export const REJECTED = 0;
export const KEPT = 1;
export const SAVED = 2;

/** Nobody waits longer than this. @param {number} seconds */
export const within = (seconds) => AbortSignal.timeout?.(seconds * 1000);

/**
 * @param {string} path
 * @param {number} patience in seconds
 * @param {RequestInit} options
 */
export const ask = (path, patience, options) =>
  fetch(config[API] + path, {
    ...config[REQUEST],
    signal: within(patience),
    ...options,
  });

/**
 * Send an act. It is idempotent by its submission id, so sending it twice does no harm.
 * @param {Act} act
 * @returns {Promise<Outcome>}
 */
export async function sendAct(act) {
  const { at, seen, scope, replaces, ...body } = act;
  try {
    const response = await ask("/consents", 20, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true,
    });
    if (!response.ok) return outcomeOf(response.status + /** @type {string} */ (response.headers.get("Content-Type")));
    // Only a service on another domain gives it to us: it can set none.
    const { cookie } = await response.json();
    // The answer to an act may come after that to a later one of another tab.
    if (cookie && isStanding(act, currentCookie())) keepChoice(cookie);
    return SAVED;
  } catch {
    return KEPT;
  }
}

/**
 * What an error answer means: one that may pass keeps the act, a definite one ends it. Only the
 * service itself is definite; a proxy or a firewall on the way may pass as well.
 * @param {string} error status and media type of the answer
 * @returns {Outcome}
 */
export const outcomeOf = (error) => (/^4(?!08|25|29).*problem/.test(error) ? REJECTED : KEPT);

/**
 * Take the configuration in a language as the service has it now; keep ours when it cannot be had.
 * @param {string} language
 */
export async function refresh(language) {
  try {
    const response = await ask("/notice?lang=" + language, 3, { cache: "no-cache" });
    configure((await response.json()).config);
  } catch {
    // The texts are in another language then, and the service may ask again.
  }
}
