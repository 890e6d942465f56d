// Talks to the service: sends an act, asks for the configuration as it is now.

/** @import { Act, Config, Outcome } from "./types.d.ts" */

import { choiceCookieLine } from "./cookie.js";

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
export async function sendAct(config, { at, seen, scope, replaces, ...body }) {
  try {
    const response = await ask(config, "/consents", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true,
    });
    if (!response.ok) return outcomeOf(response.status);
    if (!config.first_party) {
      const answer = await response.json();
      const secure = location.protocol === "https:";
      document.cookie = choiceCookieLine(config.cookie, answer.cookie, answer.valid_until, secure);
    }
    return "saved";
  } catch {
    return "kept";
  }
}

/**
 * What an error answer means: one that may pass keeps the act, a definite one ends it.
 * @param {number} status
 * @returns {Outcome}
 */
export const outcomeOf = (status) =>
  /^(5|408|425|429)/.test(`${status}`) ? "kept" : "rejected";

/**
 * The configuration in a language as the service has it now; the one we have when it cannot be had.
 * @param {Config} config
 * @param {string} language
 * @returns {Promise<Config>}
 */
export async function fetchConfig(config, language) {
  try {
    const response = await ask(config, "/notice?lang=" + language, { cache: "no-cache" });
    return (await response.json()).config || config;
  } catch {
    return config;
  }
}
