// What pressing a control does beside being recorded: saying so, and stopping what is refused.

/** @import { Choices, Control, Layer } from "./types.d.ts" */

import { needsBanner } from "./state.js";
import { announce } from "./status.js";
import {
  ANNOUNCE_FAILED,
  ANNOUNCE_KEPT,
  ANNOUNCE_RELOAD,
  ANNOUNCE_SAVED,
  ANNOUNCE_SAVED_GPC,
  ANNOUNCE_WITHDRAWN,
} from "./texts.js";
import { allows, config, record, released, standing, text } from "./visit.js";

const PATIENCE = 2000;

/** Take back everything, in one click. */
export const withdraw = () => choose("withdraw_all", "banner");

/** Whether a tag runs here whose category is refused now: only loading the page again stops it. */
export const runsRefused = () => [...released].some((id) => standing.answers[id] === false);

/**
 * @param {Control} control
 * @param {Layer} layer
 * @param {Choices} [wanted]
 */
export async function choose(control, layer, wanted = {}) {
  const { isKept, outcome } = record(control, layer, wanted);
  const mustReload = runsRefused();
  if (mustReload) announce(text(ANNOUNCE_RELOAD), true);
  // Nobody waits for a slow server: the act is safe without it.
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE, "kept"));
  const result = await Promise.race([outcome, patience]);
  const isSaved = result === "saved";
  const isSafe = isSaved || (result === "kept" && isKept);
  if (mustReload && isSafe) return location.reload();
  // The notice had changed, and the banner asks again already.
  if (needsBanner(config, standing)) return;
  let said = isSafe ? ANNOUNCE_KEPT : ANNOUNCE_FAILED;
  if (isSaved) said = control === "withdraw_all" ? ANNOUNCE_WITHDRAWN : ANNOUNCE_SAVED;
  const isCut = config.categories.some((category) => category.gpc && !allows(category.id));
  if (isSaved && control === "accept_all" && isCut) said = ANNOUNCE_SAVED_GPC;
  announce(text(said), said !== ANNOUNCE_SAVED);
}
