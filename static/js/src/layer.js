// What both layers are made of.

/** @import { Child } from "./element.js" */
/** @import { Layer } from "./types.d.ts" */

import { choose } from "./act.js";
import { CATEGORIES, config, isSignalled } from "./config.js";
import { element, ownButton, panel, paragraph } from "./element.js";
import { BANNER_GPC, BUTTON_ACCEPT_ALL, BUTTON_REFUSE_ALL } from "./texts.js";
import { text } from "./visit.js";

/**
 * A layer: a named part of the page, in which refusing and accepting are equal by construction.
 * @template {"section" | "dialog"} T
 * @param {T} tag
 * @param {Layer} layer
 * @param {"" | "dialog-"} prefix of the buttons' ids
 * @param {number} name
 * @param {Child[]} content
 * @param {HTMLButtonElement} last
 */
export function buildLayer(tag, layer, prefix, name, content, last) {
  const title = text(name);
  return panel(
    tag,
    { id: "consent-" + layer, "aria-label": title },
    [element("h2", { tabindex: -1 }, title), ...content],
    [
      ownButton(BUTTON_REFUSE_ALL, prefix + "refuse-all", () => choose("refuse_all", layer)),
      ownButton(BUTTON_ACCEPT_ALL, prefix + "accept-all", () => choose("accept_all", layer)),
      last,
    ],
  );
}

/** Said on both layers while Global Privacy Control keeps a category off. */
export const signalNote = () =>
  config[CATEGORIES].some(isSignalled) && paragraph(text(BANNER_GPC));
