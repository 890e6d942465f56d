// Decides, without touching the page, what an answer is worth today and what an act would say.

/** @import { Answer, Category, Choices, Control, Layer, Standing } from "./types.d.ts" */

import { CATEGORIES, EARLIER, SCOPE, SERVED, config, isSignalled } from "./config.js";

export const DAY = 864e5;

/**
 * @param {number} time milliseconds since 1970
 * @returns {string} YYYY-MM-DD, UTC
 */
export const dayAt = (time) => new Date(time).toISOString().slice(0, 10);

/**
 * Now, whatever the browser's clock says: our copy of the configuration is at most eight days old,
 * so that a clock before its day or behind that is wrong.
 */
export function now() {
  const served = Date.parse(config[SERVED]);
  return Math.min(Math.max(Date.now(), served), served + 8 * DAY);
}

/**
 * An object with a value for each category.
 * @template T
 * @param {(category: Category) => T} valueOf
 * @returns {Record<string, T>}
 */
export const forCategories = (valueOf) =>
  Object.fromEntries(config[CATEGORIES].map((category) => [category[0], valueOf(category)]));

/**
 * What an answer is worth today under the notice in force.
 * @param {Answer | void} answer
 * @returns {Standing}
 */
export function standingOf(answer) {
  const [scope, choices, decidedOn, validUntil] = /** @type {Answer} */ (answer || []);
  // What to ask again of who gave it; nothing for an unknown scope.
  const changed = scope === config[SCOPE] ? [] : config[EARLIER][scope];
  // A clock may run a day behind the server's; further ahead is no date that a server gave.
  const counts = changed && decidedOn <= dayAt(now() + DAY) && validUntil >= dayAt(now());
  /** @type {Partial<Choices>} */
  const answers = {};
  for (const [id] of config[CATEGORIES]) {
    if (counts && !changed.includes(id)) answers[id] = choices[id];
  }
  const isOpen = config[CATEGORIES].some((category) => isAsked(answers, category));
  return [
    !isOpen ? "decided" : counts ? "renewal_needed" : "undecided",
    answers,
    counts ? decidedOn : null,
    counts ? validUntil : null,
    !!answer && !changed,
  ];
}

/**
 * Whether a category still has to be asked about.
 * @param {Partial<Choices>} answers
 * @param {Category} category
 */
export const isAsked = (answers, category) => answers[category[0]] == null;

/**
 * Whether the first layer is due. What the signal refuses needs no question of its own.
 * @param {Partial<Choices>} answers
 */
export const needsBanner = (answers) =>
  config[CATEGORIES].some((category) => isAsked(answers, category) && !isSignalled(category));

/**
 * The answer for every category that pressing a control stands for. On the banner, controls speak
 * for what is asked, and the rest keeps its answer; only withdrawing speaks for all.
 * @param {Partial<Choices>} answers
 * @param {Control} control
 * @param {Layer} layer
 * @param {string[]} wanted what is switched on in the dialog, or the categories of an embed
 */
export const choicesFor = (answers, control, layer, wanted) =>
  forCategories(
    (category) =>
      wanted.includes(category[0]) ||
      (layer === "dialog" || isAsked(answers, category)
        ? control === "accept_all" && !isSignalled(category)
        : control !== "withdraw_all" && !!answers[category[0]]),
  );
