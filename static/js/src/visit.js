// One visit to one page: what holds now, what an act changes, and how it reaches the service.
// Other modules read what is exported here; only this one changes it.

/** @import { Act, Change, Choices, Config, Control, Layer, Outcome, Standing } from "./types.d.ts" */

import { COOKIE, GROUPS, LANGUAGE, SCOPE, TEXTS, TOKEN, config } from "./config.js";
import { cookiesNamed, currentCookie, deleteCookie, keepChoice, parseChoiceCookie } from "./cookie.js";
import { choicesFor, forCategories, now, standingOf } from "./state.js";
import { KEPT, REJECTED, SAVED, refresh, sendAct } from "./transport.js";
import {
  answerOf,
  dropAct,
  isGranting,
  isStanding,
  keepAct,
  loadAct,
  randomId,
  spellChoices,
} from "./unsent.js";

/** What holds now. */
export let [status, answers, decidedOn, validUntil, isOutdated] = /** @type {Standing} */ (["undecided", {}, null, null]);
/**
 * What had our name before the line that the service puts before us: another script of ours, or an
 * element or frame of the page, of which nothing is believed.
 */
export const { was, config: given } = /** @type {{ was: any, config: Config }} */ (window.consent);
export const earlier = was && Object.getPrototypeOf(was) === Object.prototype ? was : {};
/** Categories of which a tag runs on this page. @type {Set<string>} */
export const released = earlier.released || new Set();

/** The last act of this page or an unsent one of an earlier page, while nothing is newer. */
let act = /** @type {Act | undefined} */ (loadAct());
/** The act on its way to the service; they go one after the other. @type {Act | undefined} */
let inFlight;
export let sending = Promise.resolve(/** @type {Outcome} */ (SAVED));
/** @type {string | undefined} */
let pageGroup;
/** @type {(change: Change) => void} */
let tell;

/**
 * @param {string | undefined} group
 * @param {(change: Change) => void} listener is told how it begins and of every change
 */
export function begin(group, listener) {
  pageGroup = group;
  tell = listener;
  const newest = currentCookie();
  // Hosts that share a choice may have kept one each from before they did: one stays.
  if (newest && cookiesNamed(config[COOKIE]).length > 1) {
    deleteCookie(config[COOKIE], "/");
    keepChoice(newest);
  }
  update("load");
  if (act) deliver(act);
}

/** @param {string} category */
export const allows = (category) => answers[category] === true;

/**
 * What is allowed now: undecided counts as refused.
 * @returns {Choices}
 */
export const effectiveChoices = () =>
  forCategories(([id]) => allows(id));

/**
 * A text with its {placeholders} filled; an unknown one stays as it is, so that it is noticed.
 * @param {number} place one of texts.js
 * @param {Record<string, string>} [values]
 */
export const text = (place, values = {}) =>
  config[TEXTS][place]?.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);

/** @param {Change["source"]} source */
export function update(source) {
  const before = answers;
  const cookie = currentCookie();
  // A later choice made elsewhere wins.
  if (act && !isStanding(act, cookie)) forget(act);
  [status, answers, decidedOn, validUntil, isOutdated] = standingOf(
    act ? answerOf(act) : parseChoiceCookie(cookie),
  );
  const choices = effectiveChoices();
  const changed = Object.keys(choices).filter((id) => answers[id] !== before[id]);
  if (changed[0] || source === "load") tell({ choices, changed, source });
}

/** @param {Act} done */
function forget(done) {
  dropAct(done);
  if (act === done) act = undefined;
}

/** Look again: another tab, or the page we come back to, may have changed the choice. */
export function sync() {
  act = loadAct() || act;
  update("elsewhere");
}

/**
 * Let an act count here and now, and send it.
 * @param {Control} control
 * @param {Layer} layer
 * @param {string[]} wanted
 * @returns {boolean} whether the browser let us keep it; `sending` tells what becomes of it
 */
export function record(control, layer, wanted) {
  const before = inFlight || loadAct();
  act = {
    submission_id: randomId(),
    notice_token: config[TOKEN],
    control,
    layer,
    choices: choicesFor(answers, control, layer, wanted),
    page_group: config[GROUPS].find((group) => group === pageGroup),
    at: now(),
    seen: currentCookie(),
    scope: config[SCOPE],
    replaces: before && spellChoices(before.choices),
  };
  const isKept = keepAct(act);
  // What takes a grant back has to follow it, though the answer to the grant may have been lost.
  if (before && !inFlight && isGranting(before.choices)) deliver(before);
  update(control);
  deliver(act);
  return isKept;
}

/**
 * Send an act after those before it.
 * @param {Act} sent
 */
function deliver(sent) {
  sending = sending.then(async () => {
    inFlight = sent;
    let outcome = await sendAct(sent);
    if (outcome === REJECTED) {
      // Mostly because our copy of the notice is old. Under the same scope a new token makes the act
      // acceptable; otherwise the visitor is asked again.
      await refresh(config[LANGUAGE]);
      if (config[SCOPE] !== sent.scope) forget(sent);
      else if (config[TOKEN] !== sent.notice_token) {
        outcome = await sendAct({ ...sent, notice_token: config[TOKEN] });
      }
      update("notice");
    }
    inFlight = undefined;
    // A refusal counts here whatever the service makes of it.
    if (outcome === REJECTED && !isGranting(sent.choices)) outcome = KEPT;
    if (outcome !== KEPT) dropAct(sent);
    // From now on the cookie speaks, unless the browser has refused it.
    const spelt = `.${spellChoices(sent.choices)}.`;
    if (outcome === SAVED && act === sent && currentCookie().includes(spelt)) act = undefined;
    return outcome;
  });
}
