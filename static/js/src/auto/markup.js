// Holds tags in markup that scripts write: in strings, before the browser reads them.

import { NAMES, asideOf, isFrame, waitingFor } from "./elements.js";
import { wrap } from "./patch.js";
import { trustedMarkup } from "./trusted.js";

const VALUE = `=\\s*(?:"[^"]*"|'[^']*'|[^\\s"'>][^\\s>]*)`;
const TAG = RegExp(`<([a-z]+)([\\s/](?:${VALUE}|[^>])*)`, "gi");
const ATTRIBUTE = RegExp(`([^\\s/=]+)(\\s*${VALUE})`, "g");

const WRITING =
  "innerHTML outerHTML insertAdjacentHTML setHTMLUnsafe write writeln createContextualFragment";

/** @param {string} markup */
const held = (markup) =>
  markup.replace(TAG, (_, kind, attributes) => {
    const tag = { localName: kind.toLowerCase() };
    /** @type {(whole: string, given: string, rest: string) => string} */
    const judge = (whole, given, rest) => {
      const name = given.toLowerCase();
      if (!NAMES.includes(name)) return whole;
      const value = rest
        .replace(/^[\s=]+["']?|["']$/g, "")
        .replace(/&(?:amp|#(\w+));?/g, (_, code = "x26") => String.fromCharCode(+`0${code}`));
      const categories = waitingFor(tag, name, value);
      if (!categories.length) return whole;
      const claim = isFrame(tag) ? `data-consent="${categories.join(" ")}" ` : "";
      // The blank stands for the one that may be missing after a quote.
      return " " + claim + asideOf(tag, name) + rest;
    };
    return "<" + kind + attributes.replace(ATTRIBUTE, judge);
  });

/**
 * The same value where nothing waits, so that a trusted one stays trusted.
 * @param {unknown} given
 */
function judged(given) {
  const changed = held(`${given}`);
  if (changed === `${given}`) return given;
  return typeof given === "string" ? changed : trustedMarkup(changed);
}

export function guardMarkup() {
  for (const owner of [Element, self.ShadowRoot, Document, Range]) {
    wrap(owner, WRITING, (native, args) => native(...args.map(judged)));
  }
}
