// One visit to one page: what holds now, what an act changes, and how it reaches the service.
// Other modules read `config` and `standing`; only this one changes them.

/** @import { Act, Change, Choices, Config, Control, Layer, Outcome } from "./types.d.ts" */

import { deleteCookie } from "./cleanup.js";
import { choiceCookieLine, cookiesNamed, findChoiceCookie, parseChoiceCookie } from "./cookie.js";
import { adapted, changedSince, choicesFor, driftOf, nothingKnown, standingOf } from "./state.js";
import { fill } from "./text.js";
import { fetchConfig, sendAct } from "./transport.js";
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

/** @type {Config} */
export let config;
export let standing = nothingKnown();
/** Whether the browser asks for privacy: only these exact values do. */
export const gpc = navigator.globalPrivacyControl === true || navigator.doNotTrack === "1";
/**
 * What had our name before the line that the service puts before us: another script of ours, or an
 * element or frame of the page, of which nothing is believed.
 */
const { was } = /** @type {{ was: any }} */ (window.consent);
export const earlier = was && Object.getPrototypeOf(was) === Object.prototype ? was : {};
/** Categories of which a tag runs on this page. @type {Set<string>} */
export const released = earlier.released || new Set();

/** The last act of this page or an unsent one of an earlier page, while nothing is newer. */
let act = loadAct();
/** The act on its way to the service; they go one after the other. @type {Act | null} */
let inFlight = null;
let sending = Promise.resolve(/** @type {Outcome} */ ("saved"));
/** @type {string | undefined} */
let pageGroup;
/** @type {(change: Change) => void} */
let tell;

/** @param {Config} given */
export function configure(given) {
  config = adapted(given, gpc, self.origin);
}

/**
 * @param {string | undefined} group
 * @param {(change: Change) => void} listener is told how it begins and of every change
 */
export function begin(group, listener) {
  pageGroup = group;
  tell = listener;
  const newest = currentCookie();
  // Hosts that share a choice may have kept one each from before they did: one stays.
  if (newest && cookiesNamed(document.cookie, config.cookie)[1] != null) {
    deleteCookie(config.cookie, "/");
    document.cookie = choiceCookieLine(config, newest, Date.now());
  }
  update("load");
  if (act) deliver(act);
}

/** @param {string} category */
export const allows = (category) => standing.answers[category] === true;

/**
 * What is allowed now: undecided counts as refused.
 * @returns {Choices}
 */
export const effectiveChoices = () =>
  Object.fromEntries(config.categories.map((category) => [category.id, allows(category.id)]));

/**
 * A text, filled in; "" where there is none.
 * @param {number} place one of texts.js
 * @param {Record<string, string>} [values]
 */
export const text = (place, values = {}) => fill(config.texts[place], values);

const currentCookie = () => findChoiceCookie(document.cookie, config.cookie);

/** @param {Change["source"]} source */
function update(source) {
  const before = standing.answers;
  const cookie = currentCookie();
  const now = Date.now();
  if (act && !isStanding(act, cookie, now)) {
    // A later choice made elsewhere wins.
    dropAct(act);
    act = null;
  }
  const answer = act ? answerOf(act, config, now) : parseChoiceCookie(cookie);
  standing = standingOf(config, answer, now + driftOf(config, now));
  const changed = Object.keys(effectiveChoices()).filter((id) => standing.answers[id] !== before[id]);
  if (changed.length || source === "load") tell({ choices: effectiveChoices(), changed, source });
}

/** Look again: another tab, or the page we come back to, may have changed the choice. */
export function sync() {
  act = loadAct() || act;
  update("elsewhere");
}

/**
 * Take the configuration as the service has it now.
 * @param {string} language
 */
export async function refresh(language) {
  configure(await fetchConfig(config, language));
  update("notice");
}

/** Whether the visitor answered a newer notice than the one our copy of the script came with. */
export function isOutdated() {
  const answer = parseChoiceCookie(currentCookie());
  return answer && !changedSince(config, answer);
}

/**
 * Let an act count here and now, and send it.
 * @param {Control} control
 * @param {Layer} layer
 * @param {Choices} wanted
 */
export function record(control, layer, wanted) {
  const before = inFlight || loadAct();
  act = {
    submission_id: randomId(),
    notice_token: config.token,
    control,
    layer,
    choices: choicesFor(config, standing, control, layer, wanted),
    page_group: config.groups.find((group) => group === pageGroup),
    at: Date.now(),
    seen: currentCookie(),
    scope: config.scope,
    replaces: before ? spellChoices(before.choices) : "",
  };
  const isKept = keepAct(act);
  // What takes a grant back has to follow it, though the answer to the grant may have been lost.
  if (before && before !== inFlight && isGranting(before)) deliver(before);
  update(control);
  return { isKept, outcome: deliver(act) };
}

/**
 * Send an act after those before it.
 * @param {Act} sent
 */
function deliver(sent) {
  sending = sending.then(async () => {
    inFlight = sent;
    let outcome = await sendAct(config, sent);
    if (outcome === "rejected") outcome = await sendAnew(sent);
    inFlight = null;
    // A refusal counts here whatever the service makes of it.
    if (outcome === "rejected" && !isGranting(sent)) outcome = "kept";
    if (outcome !== "kept") dropAct(sent);
    // From now on the cookie speaks, unless the browser has refused it.
    const isSettled = currentCookie().includes(`.${spellChoices(sent.choices)}.`);
    if (outcome === "saved" && act === sent && isSettled) act = null;
    return outcome;
  });
  return sending;
}

/**
 * The service refused an act for good, mostly because our copy of the notice is old. Under the
 * same scope a new token makes it acceptable; otherwise the visitor is asked again.
 * @param {Act} sent
 * @returns {Promise<Outcome>}
 */
async function sendAnew(sent) {
  await refresh(config.language);
  if (config.token === sent.notice_token) return "rejected";
  if (config.scope === sent.scope) return sendAct(config, { ...sent, notice_token: config.token });
  dropAct(sent);
  if (act === sent) act = null;
  update("notice");
  return "rejected";
}
