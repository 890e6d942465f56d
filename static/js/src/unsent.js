// Keeps the one act that the server has not confirmed yet, so that no choice is lost.

/** @import { Act, Answer, Choices } from "./types.d.ts" */

import { DAYS, config } from "./config.js";
import { DAY, dayAt, now } from "./state.js";

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
 */
export const isStanding = (act, cookie) =>
  Math.abs(now() - act.at) <= DAYS_KEPT * DAY &&
  (act.seen === cookie || (cookie.includes(`.${act.replaces}.`)));

/** @param {Partial<Choices>} choices */
export const isGranting = (choices) => Object.values(choices).includes(true);

/**
 * The answer an act gives until the server's cookie takes over.
 * @param {Act} act
 * @returns {Answer}
 */
export function answerOf(act) {
  const { scope, choices } = act;
  // The clock may have been ahead at the act.
  const at = Math.min(act.at, now());
  const days = config[DAYS][isGranting(choices) ? 1 : 0];
  return [scope, choices, dayAt(at), dayAt(at + days * DAY)];
}

/**
 * A random version 4 UUID, which every browser makes for an object's address;
 * `crypto.randomUUID` is missing on plain HTTP and in older ones.
 */
export const randomId = () => URL.createObjectURL(new Blob()).slice(-36);

/** @returns {Act | void} the kept act; nothing as well for anything that is none of ours */
export function loadAct() {
  try {
    const act = JSON.parse(/** @type {string} */ (localStorage.getItem(KEY)));
    if (act?.choices) return act;
  } catch {
    // There is none, or storage is blocked.
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
