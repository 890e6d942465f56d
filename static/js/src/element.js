// Builds elements by hand, which is what a strict content policy and Trusted Types leave us.

/** @import { Layer } from "./types.d.ts" */

import { BANNER_GPC } from "./texts.js";
import { config, text } from "./visit.js";

/**
 * @typedef {string | number | boolean | null | undefined | ((event: Event) => void)} Property
 * @typedef {Node | string | false | null | undefined} Child
 */

/**
 * An element with attributes, listeners (functions) and children. What is empty is left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Property>} properties
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value == "function") node.addEventListener(name, value);
    else if (value) node.setAttribute(name, `${value}`);
  }
  node.append(.../** @type {(Node | string)[]} */ (children.filter(Boolean)));
  return node;
}

/**
 * An outermost element: in our language and direction, and out of reach of the page's styles.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Property>} properties
 * @param {...Child} children
 */
export function root(tag, properties, ...children) {
  const node = element(tag, properties, ...children);
  node.lang = config.language;
  node.dir = config.dir;
  node.classList.add("consent-ui");
  return node;
}

/** @param {...Child} children */
export const paragraph = (...children) => element("p", {}, ...children);

/**
 * @param {string} href
 * @param {string} label
 */
export const link = (href, label) => element("a", { href }, label);

/**
 * @param {string} label
 * @param {() => void} click
 * @param {string} [id]
 */
export const button = (label, click, id) => element("button", { type: "button", click, id }, label);

/**
 * A button with a text of ours and an id that stays.
 * @param {number} label
 * @param {string} id
 * @param {() => void} click
 */
export const ownButton = (label, id, click) => button(text(label), click, "consent-" + id);

/**
 * A layer: a named part of the page with what there is to read above a row of equal buttons.
 * @template {"section" | "dialog"} T
 * @param {T} tag
 * @param {Layer} layer
 * @param {number} name
 * @param {Child[]} content
 * @param {HTMLButtonElement[]} buttons
 */
export function buildLayer(tag, layer, name, content, buttons) {
  const title = text(name);
  return root(
    tag,
    { id: "consent-" + layer, class: "consent-" + config.theme.position, "aria-label": title },
    element(
      "div",
      { class: "consent-text" },
      element("h2", { tabindex: -1 }, title),
      ...content,
    ),
    element("div", { class: "consent-buttons" }, ...buttons),
  );
}

/** Said on both layers while Global Privacy Control keeps a category off. */
export const signalNote = () =>
  config.categories.some((category) => category.gpc) && paragraph(text(BANNER_GPC));
