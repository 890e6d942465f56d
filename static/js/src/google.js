// Tells Google's tags what is allowed (Consent Mode v2), through the data layer that they read.

import { GOOGLE, config } from "./config.js";
import { allows } from "./visit.js";

/**
 * Google's tags tell a command from data by its being an `arguments` object.
 * @type {(...command: unknown[]) => void}
 */
function gtag() {
  (window.dataLayer = window.dataLayer || []).push(arguments);
}

/**
 * Say all of Google's signals. Which categories each needs comes from the site's configuration; a
 * site that says nothing of Google has none.
 * @param {"default" | "update"} command the default is what holds while nothing is known
 */
export function tellGoogle(command) {
  if (!config[GOOGLE]) return;
  const isDefault = command === "default";
  /** @type {Record<string, string | number>} */
  const signals = {};
  for (const [signal, categories] of config[GOOGLE]) {
    signals[signal] = categories.every(allows) ? "granted" : "denied";
  }
  if (isDefault) signals.wait_for_update = 500;
  gtag("consent", command, signals);
  gtag("set", "ads_data_redaction", signals.ad_storage === "denied");
  if (isDefault) gtag("set", "url_passthrough", false);
}
