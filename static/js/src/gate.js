// Releases tags that wait for consent: scripts in document order, embeds in place of a placeholder.

import { buildPlaceholder } from "./placeholder.js";
import { CATEGORIES, config } from "./config.js";
import { allows, released } from "./visit.js";

/** @type {Map<HTMLElement, HTMLElement>} */
const placeholders = new Map();
const QUEUED = "text/queued";
let queue = /** @type {Promise<unknown>} */ (Promise.resolve());
/** Whether there are words and styles, so that blocked embeds can say what they are. */
export let isShown = false;

export function show() {
  isShown = true;
  scan();
}

/** Release what may be released. */
export function scan() {
  for (const [embed, placeholder] of placeholders) if (!embed.isConnected) placeholder.remove();
  const isLoading = document.readyState === "loading";
  const tags = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-consent]"));
  for (const tag of tags) {
    if (tag instanceof HTMLScriptElement) {
      // While the page is being parsed, its last inline script may lack the rest of its text.
      if (isLoading && !tag.src && !tag.nextSibling) break;
      // What is deferred runs after the page is there.
      const isDue = !isLoading || !(tag.defer || tag.dataset.type === "module");
      if (isDue && tag.type === "text/plain" && mayRun(tag)) enqueue(tag);
      // One that waited for any of several categories goes on under those allowed since.
      if (tag.type === QUEUED) release(tag);
      continue;
    }
    const address = addressOf(tag);
    if (address && mayRun(tag)) {
      release(tag);
      load(tag);
    } else if (address && isShown) {
      hold(tag, address);
    }
  }
}

/**
 * Start a script after those before it, as the parser would have.
 * @param {HTMLScriptElement} tag
 */
function enqueue(tag) {
  tag.type = QUEUED;
  queue = queue
    .then(() => {
      // Consent may have gone while an earlier script was loading.
      if (!mayRun(tag)) tag.type = "text/plain";
      else if (tag.isConnected) return startScript(tag);
    })
    .catch(console.error);
}

/**
 * @param {HTMLElement} embed
 * @param {string} address
 */
function hold(embed, address) {
  let placeholder = placeholders.get(embed);
  if (!placeholder) {
    const categories = config[CATEGORIES].filter(([id]) => categoriesOf(embed).includes(id));
    const { width, height } = embed.getBoundingClientRect();
    // Nobody can allow a category that the site does not have; nobody misses a style sheet, a
    // counting pixel or a hidden frame.
    if (!categories[0] || height < 2) return;
    placeholder = buildPlaceholder(embed, address, categories, () => load(embed));
    placeholder.style.cssText = `max-width:${width}px;min-height:${height}px`;
    placeholders.set(embed, placeholder);
    embed.style.display = "none";
  }
  // The page may have moved the embed, or drawn itself anew without our placeholder.
  if (embed.previousSibling !== placeholder) embed.before(placeholder);
}

/** @param {HTMLElement} tag an embed or a link */
function load(tag) {
  for (const part of partsOf(tag)) {
    for (const name of WAITING) {
      const address = part.dataset[name];
      if (address) part.setAttribute(name, address);
      delete part.dataset[name];
    }
  }
  // A video that found no source before does not look again by itself.
  /** @type {Partial<HTMLMediaElement>} */ (tag).load?.();
  const placeholder = placeholders.get(tag);
  if (placeholder) {
    tag.style.display = "";
    if (placeholder.contains(document.activeElement)) {
      tag.tabIndex = -1;
      tag.focus();
    }
    placeholder.remove();
    placeholders.delete(tag);
  }
}

/** Attributes that make a browser fetch; they wait with `data-` before their names. */
const WAITING = ["src", "href", "srcset", "poster"];

/**
 * What waits with a tag: itself, and the sources within a video or picture. A form may have a field
 * that is called `children`.
 * @param {HTMLElement} tag
 */
const partsOf = (tag) =>
  /** @type {HTMLElement[]} */ ([tag, ...Array.from(tag.children)]).filter(
    (part) => part === tag || !part.dataset.consent,
  );

/**
 * The first address that waits; "" where none does (any more).
 * @param {HTMLElement} tag
 */
const addressOf = (tag) =>
  partsOf(tag)
    .flatMap((part) => WAITING.map((name) => part.dataset[name]))
    .find(Boolean)
    // Of a `srcset` the first.
    ?.split(" ")[0];

/** @param {HTMLElement} tag */
const categoriesOf = (tag) => /** @type {string} */ (tag.dataset.consent).split(/[\s|]+/);

/**
 * A tag waits for each of its categories; for one of those joined by `|`.
 * @param {HTMLElement} tag
 */
const mayRun = (tag) =>
  tag.dataset.consent?.match(/\S+/g)?.every((some) => some.split("|").some(allows));

/** @param {HTMLElement} tag */
function release(tag) {
  for (const id of categoriesOf(tag)) if (allows(id)) released.add(id);
}

/** @type {TrustedRules} */
let rules;

/** Our Trusted Types policy, made when the first script needs it. */
function trusted() {
  if (!rules) {
    rules = { createScript: String, createScriptURL: String };
    try {
      // @ts-expect-error there may be none
      rules = trustedTypes.createPolicy("consent", rules);
    } catch {
      // Or the page does not name our policy: where Trusted Types are enforced, tags stay blocked.
    }
  }
  return rules;
}

/**
 * Put a script that runs beside one that could not. A clone of a tag that came with `innerHTML`
 * would be as inert as the tag; the tag itself stays, since a page that draws itself anew may look
 * for it.
 * @param {HTMLScriptElement} tag
 * @returns {Promise<unknown> | void} settles when it has run, for one that others wait for
 */
function startScript(tag) {
  release(tag);
  const script = document.createElement("script");
  // Scripts made by script are asynchronous unless told otherwise.
  script.async = false;
  for (const { name, value } of tag.attributes) {
    const target = name.replace(/^data-(src|type)$/, "$1");
    if (target === "src") script.src = trusted().createScriptURL(value);
    else if (name !== "type") script.setAttribute(target, value);
  }
  // Browsers hide the nonce from attributes.
  script.nonce = tag.nonce;
  if (!script.src) script.text = trusted().createScript(tag.text);
  tag.removeAttribute("id");
  tag.before(script);
  if (script.src && !script.async) {
    return new Promise((resolve) => {
      for (const event of ["load", "error"]) script.addEventListener(event, resolve);
    });
  }
}
