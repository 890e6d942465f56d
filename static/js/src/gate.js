// Releases tags that wait for consent: scripts in document order, embeds in place of a placeholder.

import { buildPlaceholder } from "./placeholder.js";
import { allows, config, released } from "./visit.js";

/** @type {Map<Element, HTMLElement>} */
const placeholders = new Map();
let queue = /** @type {Promise<unknown>} */ (Promise.resolve());
let showsPlaceholders = false;

/** Release what may be released, now and when tags are added. */
export function watch() {
  new MutationObserver(scan).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", scan);
}

/** From now on blocked embeds say what they are. */
export function showPlaceholders() {
  showsPlaceholders = true;
  scan();
}

export function scan() {
  const tags = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-consent]"));
  for (const tag of tags) {
    if (tag instanceof HTMLScriptElement) {
      // While the page is being parsed, its last inline script may lack the rest of its text.
      if (document.readyState === "loading" && !tag.src && !tag.nextSibling) break;
      if (tag.type === "text/plain" && mayRun(tag)) enqueue(tag);
    } else if (tag.dataset.src || tag.dataset.href) {
      if (mayRun(tag)) {
        release(tag);
        load(tag);
      } else if (showsPlaceholders) {
        hold(tag);
      }
    }
  }
}

/**
 * Start a script after those before it, as the parser would have.
 * @param {HTMLScriptElement} tag
 */
function enqueue(tag) {
  tag.type = "text/queued";
  queue = queue
    .then(() => {
      // Consent may have gone while an earlier script was loading.
      if (!mayRun(tag)) tag.type = "text/plain";
      else if (tag.isConnected) return startScript(tag);
    })
    .catch(console.error);
}

/** @param {HTMLElement} embed */
function hold(embed) {
  const categories = config.categories.filter((category) => categoriesOf(embed).includes(category.id));
  const { width, height } = embed.getBoundingClientRect();
  // Nobody can allow a category that the site does not have; nobody misses a style sheet, a counting
  // pixel, a hidden frame, or what we have hidden already.
  if (!categories.length || height < 2) return;
  const placeholder = buildPlaceholder(embed, categories, () => load(embed));
  placeholder.style.cssText = `max-width:${width}px;min-height:${height}px`;
  placeholders.set(embed, placeholder);
  embed.before(placeholder);
  embed.style.display = "none";
}

/** @param {HTMLElement} tag an embed or a link */
function load(tag) {
  const name = tag.dataset.src ? "src" : "href";
  tag.setAttribute(name, tag.dataset[name] || "");
  delete tag.dataset[name];
  const placeholder = placeholders.get(tag);
  if (placeholder) {
    tag.style.display = "";
    if (placeholder.contains(document.activeElement)) {
      tag.tabIndex = -1;
      tag.focus();
    }
    placeholder.remove();
  }
}

/** @param {HTMLElement} tag */
const categoriesOf = (tag) => (tag.dataset.consent || "").trim().split(/\s+/);

/** @param {HTMLElement} tag */
const mayRun = (tag) => categoriesOf(tag).every(allows);

/** @param {HTMLElement} tag */
const release = (tag) => categoriesOf(tag).forEach((id) => released.add(id));

/** @type {TrustedRules} */
let rules;

/** Our Trusted Types policy, made when the first script needs it. */
function trusted() {
  if (!rules) {
    rules = { createScript: (value) => value, createScriptURL: (value) => value };
    try {
      rules = window.trustedTypes?.createPolicy("consent", rules) || rules;
    } catch {
      // The page does not name our policy. Where Trusted Types are enforced, tags stay blocked.
    }
  }
  return rules;
}

/**
 * Put a script that runs in the place of one that could not. A clone of a tag that came with
 * `innerHTML` would be as inert as the tag.
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
  tag.replaceWith(script);
  if (script.src && !script.async) {
    return new Promise((resolve) => {
      for (const event of ["load", "error"]) script.addEventListener(event, resolve);
    });
  }
}
