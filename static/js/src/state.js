// Decides, without touching the page, what an answer is worth today and what an act would say.

/** @import { Answer, Category, Choices, Config, Control, Layer, Standing } from "./types.d.ts" */

export const DAY = 864e5;

/**
 * @param {number} now milliseconds since 1970
 * @returns {string} YYYY-MM-DD, UTC
 */
export const dayAt = (now) => new Date(now).toISOString().slice(0, 10);

/**
 * How far the browser's clock is off, in milliseconds to add: our copy of the configuration is at
 * most eight days old, so that a clock before its day or behind that is wrong.
 * @param {Pick<Config, "day">} config
 * @param {number} now
 */
export function driftOf({ day }, now) {
  const served = Date.parse(day);
  return Math.min(Math.max(now, served), served + 8 * DAY) - now || 0;
}

/** @returns {Standing} */
export const nothingKnown = () => ({
  status: "undecided",
  answers: {},
  decidedOn: null,
  validUntil: null,
});

/**
 * What an answer is worth today under the notice in force.
 * @param {Pick<Config, "categories" | "scope" | "earlier">} config
 * @param {Answer | null} answer
 * @param {number} now milliseconds since 1970
 * @returns {Standing}
 */
export function standingOf(config, answer, now) {
  const standing = nothingKnown();
  // A clock may run a day behind the server's; further ahead is no date that a server gave.
  if (answer && answer.decidedOn <= dayAt(now + DAY) && answer.validUntil >= dayAt(now)) {
    const changed = changedSince(config, answer);
    if (changed) {
      standing.status = "renewal_needed";
      standing.decidedOn = answer.decidedOn;
      standing.validUntil = answer.validUntil;
      for (const { id } of config.categories) {
        if (!changed.includes(id)) standing.answers[id] = answer.choices[id];
      }
    }
  }
  if (!config.categories.some((category) => isAsked(standing, category))) standing.status = "decided";
  return standing;
}

/**
 * The categories to ask again of somebody who gave an answer; nothing for an unknown scope.
 * @param {Pick<Config, "scope" | "earlier">} config
 * @param {Answer} answer
 */
export const changedSince = (config, answer) =>
  answer.scope === config.scope ? [] : config.earlier[answer.scope];

/**
 * Whether a category still has to be asked about.
 * @param {Standing} standing
 * @param {Category} category
 */
export const isAsked = (standing, category) => standing.answers[category.id] == null;

/**
 * The configuration as this browser meets it: `gpc` is left on a category only where the browser
 * sends a signal, and then means that the signal refuses it. Addresses are whole ones: a <base> of
 * the page would lead paths elsewhere.
 * @param {Config} config
 * @param {boolean} isSent
 * @param {string} origin
 */
export function adapted(config, isSent, origin) {
  for (const category of config.categories) category.gpc = category.gpc && isSent;
  for (const key of /** @type {const} */ (["api", "preferences", "policy", "privacy"])) {
    config[key] = config[key].replace(/^\//, origin + "/");
  }
  return config;
}

/**
 * Whether the first layer is due. What the signal refuses needs no question of its own.
 * @param {Pick<Config, "categories">} config
 * @param {Standing} standing
 */
export const needsBanner = (config, standing) =>
  config.categories.some((category) => isAsked(standing, category) && !category.gpc);

/**
 * The answer for every category that pressing a control stands for.
 *
 * On the banner, accepting and refusing all speak for what is asked; the rest keeps its answer.
 * `wanted` has the switches of the dialog, or the categories of an embed.
 * @param {Pick<Config, "categories">} config
 * @param {Standing} standing
 * @param {Control} control
 * @param {Layer} layer
 * @param {Choices} wanted
 * @returns {Choices}
 */
export function choicesFor(config, standing, control, layer, wanted) {
  /** @type {Choices} */
  const choices = {};
  for (const category of config.categories) {
    const before = standing.answers[category.id];
    let choice = wanted[category.id];
    if (control === "embed") choice = choice || before;
    else if (control === "withdraw_all") choice = false;
    else if (layer === "banner" && !isAsked(standing, category)) choice = before;
    else if (control !== "save") choice = control === "accept_all" && !category.gpc;
    choices[category.id] = !!choice;
  }
  return choices;
}
