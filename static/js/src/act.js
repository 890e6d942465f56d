// What pressing a control does beside being recorded: saying so, and stopping what is refused.

/** @import { Control, Layer } from "./types.d.ts" */

import { CATEGORIES, config, isSignalled } from "./config.js";
import { byId } from "./element.js";
import { needsBanner } from "./state.js";
import { announce } from "./status.js";
import { KEPT, SAVED, within } from "./transport.js";
import {
  ANNOUNCE_FAILED,
  ANNOUNCE_KEPT,
  ANNOUNCE_RELOAD,
  ANNOUNCE_SAVED,
  ANNOUNCE_SAVED_GPC,
  ANNOUNCE_WITHDRAWN,
} from "./texts.js";
import { allows, answers, record, released, sending } from "./visit.js";

const PATIENCE = 2000;

/** Whether the page's policy holds something that the newest act allows. */
let isHeld = false;

/** Take back everything, in one click. */
export const withdraw = () => choose("withdraw_all", "banner");

/** Whether a tag runs here whose category is refused now: only loading the page again stops it. */
export const runsRefused = () => [...released].some((id) => answers[id] === false);

/**
 * @param {Control} control
 * @param {Layer} layer
 * @param {string[]} [wanted]
 */
export async function choose(control, layer, wanted = []) {
  const dialog = byId("dialog");
  /** @type {HTMLDialogElement | null} */ (dialog)?.close();
  const isKept = record(control, layer, wanted);
  isHeld = false;
  // A policy that goes by the choice holds what the page was not loaded for. Once the answer to the
  // newest act is in the cookie the page is loaded again, at most once for an act.
  document.addEventListener(
    "securitypolicyviolation",
    async ({ disposition }) => {
      if (isHeld || disposition !== "enforce" || !released.size || !isKept) return;
      isHeld = true;
      if ((await sending) !== SAVED) return;
      announce(ANNOUNCE_RELOAD);
      location.reload();
    },
    { signal: within(20) },
  );
  const mustReload = runsRefused();
  if (mustReload) announce(ANNOUNCE_RELOAD);
  // Nobody waits for a slow server: the act is safe without it.
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE, KEPT));
  const result = await Promise.race([sending, patience]);
  const isSaved = result === SAVED;
  const isSafe = isSaved || (result === KEPT && isKept);
  if (mustReload && isSafe) location.reload();
  // Otherwise the notice had changed, and the banner asks again already.
  else if (!(isHeld && isSaved) && !needsBanner(answers)) {
    const isCut = config[CATEGORIES].some((category) => isSignalled(category) && !allows(category[0]));
    announce(
      !isSafe
        ? ANNOUNCE_FAILED
        : !isSaved
          ? ANNOUNCE_KEPT
          : control === "withdraw_all"
            ? ANNOUNCE_WITHDRAWN
            : control === "accept_all" && isCut
              ? ANNOUNCE_SAVED_GPC
              : ANNOUNCE_SAVED,
    );
  }
}
