// Keeps the one act that the server has not confirmed yet, so that no choice is lost.

/** @import { Act, Answer, Choices, Config } from "./types.d.ts" */

import { DAY, dayAt, driftOf } from "./state.js";

export const KEY = "consent-unsent";
const DAYS_KEPT = 30;

/**
 * Choices as the cookie spells them.
 * @param {Choices} choices in the notice's order
 */
export const spellChoices = (choices) =>
  Object.entries(choices)
    .map(([id, allowed]) => `${id}-${+allowed}`)
    .join("_");

/**
 * Whether an act still stands: it is young, and no later choice has changed the cookie since. The
 * answer to the act it replaces is not a later choice, even if it arrives later.
 * @param {Act} act
 * @param {string} cookie the choice cookie now, "" for none
 * @param {number} now milliseconds since 1970
 */
export const isStanding = (act, cookie, now) =>
  Math.abs(now - act.at) <= DAYS_KEPT * DAY &&
  (act.seen === cookie || (!!act.replaces && cookie.includes(`.${act.replaces}.`)));

/** @param {Pick<Act, "choices">} act */
export const isGranting = (act) => Object.values(act.choices).includes(true);

/**
 * The answer an act gives until the server's cookie takes over.
 * @param {Act} act
 * @param {Pick<Config, "day" | "days">} config
 * @param {number} now milliseconds since 1970
 * @returns {Answer}
 */
export function answerOf(act, config, now) {
  // The clock may have been ahead at the act.
  const at = Math.min(act.at, now) + driftOf(config, now);
  return {
    scope: act.scope,
    choices: act.choices,
    decidedOn: dayAt(at),
    validUntil: dayAt(at + config.days[isGranting(act) ? 1 : 0] * DAY),
  };
}

/**
 * A random version 4 UUID; `crypto.randomUUID` is missing on plain HTTP and in older browsers.
 * @returns {string}
 */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/(.{8})(.{4}).(.{3}).(.{3})/, "$1-$2-4$3-a$4-");
}

/** @returns {Act | null} the kept act; null as well for anything that is none of ours */
export function loadAct() {
  try {
    const act = JSON.parse(localStorage.getItem(KEY) || "");
    return act.choices ? act : null;
  } catch {
    return null;
  }
}

/**
 * @param {Act} act
 * @returns {boolean} whether the browser let us keep it
 */
export function keepAct(act) {
  try {
    localStorage.setItem(KEY, JSON.stringify(act));
    return true;
  } catch {
    return false;
  }
}

/**
 * Drop the kept act, unless another tab has replaced it by a newer one.
 * @param {Act} act
 */
export function dropAct(act) {
  if (loadAct()?.submission_id === act.submission_id) localStorage.removeItem(KEY);
}
